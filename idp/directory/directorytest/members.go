// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

func sorted(ids []directory.PersonID) []directory.PersonID {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func memberIDs(w *world) {
	unit, empty := w.collective("ateneu"), w.collective("forn")
	var want []directory.PersonID
	for i := range 5 {
		p := w.person(fmt.Sprintf("p%d", i))
		want = append(want, p.ID)
		w.ok(w.AddMember(w.ctx, directory.System(), unit.Name, p.ID))
	}
	w.members(unit.Name, want...)
	w.members(empty.Name)
	for _, name := range []directory.CollectiveName{"", "no-such-unit", "*"} {
		_, err := w.MemberIDs(w.ctx, name)
		w.is(err, directory.ErrNotFound)
	}
}

func peopleByID(w *world) {
	unit := w.collective("ateneu")
	one, two, waiting := w.person("marta"), w.person("pau"), w.registered("nil", unit.Name)
	other := directory.PersonID(strings.ToUpper(string(w.person("jan").ID)))
	ids := []directory.PersonID{one.ID, "nobody", other, two.ID, "", "*", "x)(uid=*", one.ID, waiting.ID}
	got, err := w.PeopleByID(w.ctx, ids)
	w.ok(err)
	want := []directory.Person{one, two, waiting}
	for _, list := range [][]directory.Person{got, want} {
		slices.SortFunc(list, func(x, y directory.Person) int { return cmp.Compare(x.ID, y.ID) })
	}
	same(w, got, want)
	got, err = w.PeopleByID(w.ctx, nil)
	w.ok(err)
	same(w, len(got), 0)
	_, err = w.PeopleByID(w.ctx, make([]directory.PersonID, directory.PageMax+1))
	w.is(err, directory.ErrInvalid)
	w.ok(w.RemovePerson(w.ctx, directory.System(), one.ID))
	got, err = w.PeopleByID(w.ctx, []directory.PersonID{one.ID})
	w.ok(err)
	same(w, len(got), 0)
}

func holders(w *world) {
	unit, guest := w.collective("ateneu"), w.collective("forn")
	s, other := w.aService("nuvol", unit.Name), w.service("agora", unit.Name)
	s.Guests = []directory.CollectiveName{guest.Name}
	w.ok(w.AddService(w.ctx, directory.System(), s))
	one, two := w.person("marta"), w.person("pau")
	grant := func(name directory.CollectiveName, service directory.ServiceID, role string, id directory.PersonID) {
		w.Helper()
		w.ok(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: name, Service: service, Role: role}, id))
	}
	grant(unit.Name, s.ID, "", one.ID)
	grant(unit.Name, s.ID, "editora", one.ID)
	grant(unit.Name, s.ID, "", two.ID)
	grant(guest.Name, s.ID, "convidada", two.ID)
	grant(unit.Name, other.ID, "", two.ID)
	want := []directory.Holder{{Person: one.ID}, {Person: one.ID, Role: "editora"}, {Person: two.ID}}
	slices.SortStableFunc(want, func(x, y directory.Holder) int { return cmp.Compare(x.Person, y.Person) })
	got, err := w.Holders(w.ctx, unit.Name, s.ID)
	w.ok(err)
	same(w, got, want)
	got, err = w.Holders(w.ctx, guest.Name, s.ID)
	w.ok(err)
	same(w, got, []directory.Holder{{Person: two.ID, Role: "convidada"}})
	for _, id := range []directory.ServiceID{"x", "*"} {
		got, err = w.Holders(w.ctx, unit.Name, id)
		w.ok(err)
		same(w, len(got), 0)
	}
}

// peopleDue: those for whom something is to be done.
func peopleDue(w *world) {
	ends, suspended, lasting := w.somebody("marta"), w.somebody("pau"), w.somebody("nil")
	ends.Expires = asked
	suspended.State, suspended.Reason, suspended.Until = directory.Suspended, "Soroll.\nMolt (*)", asked.Add(time.Hour)
	lasting.State, lasting.Reason = directory.Suspended, "Per sempre"
	for _, p := range []directory.Person{ends, suspended, lasting} {
		w.ok(w.AddPerson(w.ctx, directory.System(), p))
		got, err := w.Person(w.ctx, p.ID)
		w.ok(err)
		same(w, got, p)
	}
	due := func(f directory.PersonFilter) (handles []directory.Handle) {
		f.Text = w.mark
		for _, p := range collect(w, w.ListPeople(w.ctx, f)) {
			handles = append(handles, p.Handle)
		}
		slices.Sort(handles)
		return handles
	}
	same(w, due(directory.PersonFilter{Due: asked.Add(-time.Second)}), nil)
	same(w, due(directory.PersonFilter{Due: asked}), []directory.Handle{ends.Handle})
	same(w, due(directory.PersonFilter{Due: asked.Add(time.Hour)}), []directory.Handle{ends.Handle, suspended.Handle})
	same(w, due(directory.PersonFilter{Due: asked.Add(time.Hour), State: directory.Suspended}), []directory.Handle{suspended.Handle})
	w.ok(w.ChangePerson(w.ctx, directory.System(), suspended.ID, directory.PersonChange{
		State: ptr(directory.Active), Reason: ptr(""), Until: &time.Time{},
	}))
	same(w, due(directory.PersonFilter{Due: asked.Add(time.Hour)}), []directory.Handle{ends.Handle})
	got, err := w.Person(w.ctx, suspended.ID)
	w.ok(err)
	suspended.State, suspended.Reason, suspended.Until = directory.Active, "", time.Time{}
	same(w, got, suspended)
}
