// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

func TestWhatNobodyProvesIsGoneInTwoDays(t *testing.T) {
	w := newTown(t)
	a, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	l := w.letters.last(t, letter.ProveAddress)
	w.clock.pass(proveFor - time.Second)
	w.must(w.room.Sweep(w.ctx()))
	_, err = w.room.Unproven(w.ctx(), ticketIn(t, l))
	is(t, err, nil)
	w.clock.pass(time.Second)
	_, err = w.room.Prove(w.ctx(), ticketIn(t, l))
	is(t, err, ErrTicket)
	is(t, w.types(a.Ticket, l.Code), ErrTicket)
	w.clock.pass(lateness)
	w.must(w.room.Sweep(w.ctx()))
	if len(w.ledger.cases) != 0 || len(w.ledger.people) != 5 {
		t.Errorf("left: %v", w.ledger.cases)
	}
	if e := w.events(audit.CaseLapsed); len(e) != 1 || e[0].Actor != audit.System {
		t.Errorf("events: %+v", e)
	}
	if w.letters.count(letter.Lapsed) != 0 {
		t.Error("a letter to an address that is perhaps nobody's")
	}
}

func TestWhatNobodyDecidesLapses(t *testing.T) {
	w := newTown(t)
	settings := directory.Settings{LapseDays: 3}
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), ateneu, directory.CollectiveChange{Settings: &settings}))
	follow, id := w.applied(marta(ateneu))
	w.clock.pass(3*24*time.Hour - time.Second)
	w.must(w.room.Sweep(w.ctx()))
	if len(w.ledger.cases) != 1 {
		t.Fatal("too early")
	}
	w.clock.pass(time.Second)
	_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	is(t, err, ErrNotThere) // over is over, swept or not
	_, err = w.room.Application(w.ctx(), follow)
	is(t, err, ErrTicket)
	if list, err := w.room.Waiting(w.ctx(), manages("anna", ateneu)); err != nil || len(list) != 0 {
		t.Errorf("waiting: %+v, %v", list, err)
	}
	w.clock.pass(lateness)
	w.must(w.room.Sweep(w.ctx()))
	w.must(w.room.Sweep(w.ctx()))
	if len(w.ledger.cases) != 0 || w.letters.count(letter.Lapsed) != 1 {
		t.Errorf("left: %v, letters: %d", w.ledger.cases, w.letters.count(letter.Lapsed))
	}
}

// However an approval is cut off, the sweep finishes it, once.
func TestAnApprovalThatIsCutOffIsFinished(t *testing.T) {
	for after := 1; after <= 5; after++ {
		t.Run(fmt.Sprint("before write ", after), func(t *testing.T) {
			w := newTown(t)
			_, id := w.applied(marta(ateneu))
			w.ledger.breaksAfter = after
			_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
			is(t, err, directory.ErrUnavailable)
			w.ledger.breaksAfter = 0
			if after <= 2 { // nobody knows that it was decided but the case itself
				_, err = w.room.Accept(w.ctx(), manages("anna", ateneu), id)
				w.must(err)
			}
			w.clock.pass(claimFor + lateness)
			w.must(w.room.Sweep(w.ctx()))
			w.must(w.room.Sweep(w.ctx()))
			p, err := w.dir.Person(w.ctx(), directory.PersonID(id))
			w.must(err)
			if p.State != directory.Active || p.ValidatedBy != "anna" || w.letters.count(letter.Accepted) != 1 || len(w.events(audit.CaseAccepted)) != 1 {
				t.Errorf("%+v, %d letters", p, w.letters.count(letter.Accepted))
			}
		})
	}
}

func TestASuspensionEndsByItself(t *testing.T) {
	w := newTown(t)
	pau := w.settle("pau", ateneu)
	until := w.clock.Now().Add(time.Hour)
	w.must(w.dir.ChangePerson(w.ctx(), directory.System(), pau,
		directory.PersonChange{State: new(directory.Suspended), Reason: new("soroll"), Until: &until}))
	w.must(w.room.Sweep(w.ctx()))
	if p, _ := w.dir.Person(w.ctx(), pau); p.State != directory.Suspended {
		t.Fatal("too early")
	}
	w.clock.pass(time.Hour)
	w.must(w.room.Sweep(w.ctx()))
	p, _ := w.dir.Person(w.ctx(), pau)
	if p.State != directory.Active || p.Reason != "" || !p.Until.IsZero() || w.letters.count(letter.Restored) != 1 || len(w.events(audit.PersonRestored)) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestInvitationsEnd(t *testing.T) {
	w := newTown(t)
	w.must(w.dir.AddInvitation(w.ctx(), directory.As("anna"), directory.Invitation{
		ID: "i1", Collective: ateneu, By: "anna", Digest: "d", Uses: 1, Created: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour),
	}))
	w.must(w.room.Sweep(w.ctx()))
	w.clock.pass(time.Hour)
	w.must(w.room.Sweep(w.ctx()))
	if len(w.ledger.invitations) != 0 || len(w.events(audit.InvitationRemoved)) != 1 {
		t.Errorf("left: %v", w.ledger.invitations)
	}
}

// Whoever is decided about within the hour was told of once; what comes while
// the hour lasts is told together when it is over.
func TestManagersHearAtOnceAndThenOnceAnHour(t *testing.T) {
	w := newTown(t)
	anonymous := func(i int) {
		_, err := w.room.Apply(w.ctx(), Application{Collective: horta, Handle: directory.Handle(fmt.Sprintf("p%d", i)), Anonymous: true}, homeNetwork)
		w.must(err)
	}
	anonymous(1)
	if n := w.letters.count(letter.Waiting); n != 1 {
		t.Fatalf("%d letters at once", n)
	}
	for i := range 5 {
		anonymous(2 + i)
		w.clock.pass(time.Minute)
		w.must(w.room.Sweep(w.ctx()))
	}
	if n := w.letters.count(letter.Waiting); n != 1 {
		t.Fatalf("%d letters within the hour", n)
	}
	w.clock.pass(time.Hour)
	w.must(w.room.Sweep(w.ctx()))
	if l := w.letters.last(t, letter.Waiting); w.letters.count(letter.Waiting) != 2 || l.Count != 6 || l.To.ID != "emma" || !strings.HasPrefix(l.Path, "/collectives/horta/") {
		t.Fatalf("%d letters, the last %+v", w.letters.count(letter.Waiting), l)
	}
	w.clock.pass(3 * time.Hour)
	w.must(w.room.Sweep(w.ctx()))
	if n := w.letters.count(letter.Waiting); n != 2 {
		t.Errorf("%d letters, although nothing new came", n)
	}
	w.shelf.kept = map[string]keptItem{} // the store is lost
	anonymous(7)
	if n := w.letters.count(letter.Waiting); n > 3 {
		t.Errorf("%d letters after the store was lost", n)
	}
}

// Ten thousand attempts in five hours cost a search and a trip each, and the
// managers five letters; when their time is over nothing is left of them. All
// with one address cost more, since each lets an older one go, and no more than
// twenty are ever there.
func TestAFlood(t *testing.T) {
	const attempts, hours = 10_000, 5
	for name, form := range map[string]func(i int) Application{
		"addresses": func(i int) Application {
			return Application{Collective: horta, Handle: handleOf(i), Mail: fmt.Sprintf("a%d@example.net", i)}
		},
		"anonymous": func(i int) Application { return Application{Collective: horta, Handle: handleOf(i), Anonymous: true} },
		"one address": func(i int) Application {
			return Application{Collective: horta, Handle: handleOf(i), Mail: "marta@example.coop"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			count := &searches{ledger: w.ledger}
			w.room.c.Source = count
			w.shelf.trips = 0
			for i := range attempts {
				_, err := w.room.Apply(w.ctx(), form(i), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
				if err != nil && !sameError(err, ErrSlow) {
					t.Fatal(err)
				}
				if i%(attempts/hours/60) == 0 {
					w.clock.pass(time.Minute)
				}
			}
			t.Logf("%d searches, %d further reads, %d trips, %d writes", count.taken, count.other, w.shelf.trips, w.ledger.writes)
			reads, trips, writes := 0, 1, 1
			if name == "one address" {
				reads, trips, writes = 2, 2, 3
			}
			// Telling the managers costs a few reads and trips an hour more.
			if count.taken > attempts || count.other > reads*attempts+10*(hours+1) || w.shelf.trips > trips*attempts+5*(hours+1) || w.ledger.writes > writes*attempts {
				t.Error("an attempt costs more than a search, an entry and a trip to the store")
			}
			if n := len(w.ledger.cases); name != "addresses" && n > anonymousMax {
				t.Errorf("%d wait", n)
			}
			for range hours * 60 {
				w.must(w.room.Sweep(w.ctx()))
				w.clock.pass(time.Minute)
			}
			if n := w.letters.count(letter.Waiting); n > 2*hours+1 {
				t.Errorf("%d letters to the manager in %d hours", n, 2*hours)
			}
			w.clock.pass(15 * 24 * time.Hour)
			w.must(w.room.Sweep(w.ctx()))
			w.clock.pass(8 * 24 * time.Hour)
			if n, m, keys := len(w.ledger.cases), len(w.ledger.people), w.shelf.keys(); n != 0 || m != 5 || len(keys) != 0 {
				t.Errorf("left: %d cases, %d people, keys %v", n, m, keys)
			}
		})
	}
}

func handleOf(i int) directory.Handle { return directory.Handle(fmt.Sprintf("p%d", i)) }

// searches counts what an attempt asks of the directory itself.
type searches struct {
	*ledger
	taken, other int
}

func (s *searches) Taken(ctx context.Context, h directory.Handle, address string) ([]directory.Person, error) {
	s.taken++
	return s.ledger.Taken(ctx, h, address)
}

func (s *searches) Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error) {
	s.other++
	return s.ledger.Collective(ctx, name)
}

func (s *searches) Person(ctx context.Context, id directory.PersonID) (directory.Person, error) {
	s.other++
	return s.ledger.Person(ctx, id)
}
