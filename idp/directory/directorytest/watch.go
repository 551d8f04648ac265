// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// soon is how long a change may take to be reported.
const soon = 5 * time.Second

// watching: each kind of write is reported, from whoever it comes.
func watching(w *world) {
	unit := w.collective("ateneu")
	p := w.person("marta")
	ctx, cancel := context.WithCancel(w.ctx)
	changes := make(chan directory.Change, 1024)
	ended := make(chan error, 1)
	go func() { ended <- w.Watch(ctx, func(c directory.Change) { changes <- c }) }()
	w.await(changes, directory.Change{Kind: directory.ChangedAll}) // it stands

	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Name: ptr("Marta V.")}))
	w.await(changes, directory.Change{Kind: directory.ChangedPerson, Person: p.ID})
	w.ok(w.AddMember(w.ctx, directory.System(), unit.Name, p.ID))
	w.await(changes, directory.Change{Kind: directory.ChangedStanding})
	w.ok(w.AddManager(w.ctx, directory.System(), unit.Name, p.ID))
	w.await(changes, directory.Change{Kind: directory.ChangedCollective})
	w.await(changes, directory.Change{Kind: directory.ChangedStanding})
	s := w.service("nuvol", unit.Name)
	w.await(changes, directory.Change{Kind: directory.ChangedService})
	w.ok(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: unit.Name, Service: s.ID}, p.ID))
	w.await(changes, directory.Change{Kind: directory.ChangedStanding})
	w.ok(w.RemoveService(w.ctx, directory.System(), s.ID))
	w.await(changes, directory.Change{Kind: directory.ChangedService})
	key := directory.Key{ID: directory.KeyID(uuid.NewString()), Algorithm: "ES256", State: directory.Active, Public: []byte("{}")}
	w.ok(w.AddKey(w.ctx, key))
	w.await(changes, directory.Change{Kind: directory.ChangedKey})
	w.ok(w.RemoveKey(w.ctx, key.ID))
	w.await(changes, directory.Change{Kind: directory.ChangedKey})
	w.registrationWatched(changes, unit.Name)
	w.consentWatched(changes, p.ID)

	cancel()
	select {
	case err := <-ended:
		w.is(err, context.Canceled)
	case <-time.After(soon):
		w.Fatal("the watch goes on")
	}
}

func (w *world) registrationWatched(changes <-chan directory.Change, unit directory.CollectiveName) {
	w.Helper()
	heard := func(p directory.Person) directory.Change {
		return directory.Change{Kind: directory.ChangedPerson, Person: p.ID}
	}
	p, c := w.applicant("nil", unit)
	w.ok(w.Register(w.ctx, p, c))
	w.await(changes, heard(p))
	w.ok(w.ProveAddress(w.ctx, p.ID, p.Pending))
	w.await(changes, heard(p))
	w.ok(w.SwapCode(w.ctx, p.ID, "", "digest"))
	w.await(changes, heard(p))
	w.ok(w.Approve(w.ctx, directory.System(), unit, p.ID, asked))
	w.await(changes, directory.Change{Kind: directory.ChangedStanding})
	w.await(changes, heard(p)) // moved
	w.await(changes, heard(p)) // active
	p, c = w.applicant("pau", unit)
	w.ok(w.Register(w.ctx, p, c))
	w.await(changes, heard(p))
	w.ok(w.ChangeCase(w.ctx, directory.System(), unit, c.ID, directory.CaseChange{Expires: &asked}))
	w.await(changes, heard(p))
	w.ok(w.RemoveCase(w.ctx, directory.System(), unit, c.ID))
	w.await(changes, heard(p))
}

// consentWatched: also of a person who is removed, each consent is named.
func (w *world) consentWatched(changes <-chan directory.Change, id directory.PersonID) {
	w.Helper()
	c := w.aConsent(id, w.serviceID())
	heard := directory.Change{Kind: directory.ChangedConsent, Person: id, Service: c.Service}
	w.ok(w.PutConsent(w.ctx, "sector", c))
	w.await(changes, heard)
	w.ok(w.StopConsent(w.ctx, directory.As(id), id, c.Service))
	w.await(changes, heard)
	w.ok(w.RemovePerson(w.ctx, directory.System(), id))
	w.await(changes, heard)
	w.await(changes, directory.Change{Kind: directory.ChangedPerson, Person: id})
}

// await reads changes until the one wanted comes; [directory.ChangedAll] says
// as much of everything.
func (w *world) await(changes <-chan directory.Change, want directory.Change) {
	w.Helper()
	late := time.After(soon)
	for {
		select {
		case got := <-changes:
			if got == want || got.Kind == directory.ChangedAll {
				return
			}
		case <-late:
			w.Fatalf("no change %+v", want)
		}
	}
}
