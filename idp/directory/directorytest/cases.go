// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// aCase is a case with all that one can have, not added yet.
func (w *world) aCase(kind directory.CaseKind, unit directory.CollectiveName, about, by directory.PersonID) directory.Case {
	return directory.Case{
		ID: directory.CaseID(uuid.NewString()), Kind: kind, Collective: unit, Person: about, By: by,
		Words: "Perquè sí.\nI perquè \"toca\"", Reason: "Soroll", Until: asked.AddDate(0, 1, 0),
		Dialogue: []directory.Line{{By: by, At: asked, Text: "Qui ets?"}, {At: asked.Add(time.Hour), Text: "La Marta <3"}},
		Settings: &directory.Settings{LapseDays: 7}, Agreed: []directory.PersonID{by},
		Created: asked, Expires: asked.AddDate(0, 0, 14),
	}
}

func caseLife(w *world) {
	unit, other := w.collective("ateneu"), w.collective("forn")
	p, manager := w.person("pau"), w.manager("marta", unit.Name)
	c := w.aCase(directory.CaseSuspend, unit.Name, p.ID, manager.ID)
	w.ok(w.AddCase(w.ctx, directory.System(), c))
	got, err := w.Case(w.ctx, unit.Name, c.ID)
	w.ok(err)
	same(w, anyVersion(w, got), c)
	for _, missing := range []struct {
		name directory.CollectiveName
		id   directory.CaseID
	}{{other.Name, c.ID}, {unit.Name, "x"}, {unit.Name, ""}, {"", c.ID}, {unit.Name, "*"}, {unit.Name, directory.CaseID(strings.ToUpper(string(c.ID)))}} {
		_, err := w.Case(w.ctx, missing.name, missing.id)
		w.is(err, directory.ErrNotFound)
		w.is(w.ChangeCase(w.ctx, directory.System(), missing.name, missing.id, directory.CaseChange{Expires: &asked}), directory.ErrNotFound)
		w.ok(w.RemoveCase(w.ctx, directory.System(), missing.name, missing.id))
	}
	twin := c
	twin.ID = directory.CaseID(uuid.NewString())
	w.is(w.AddCase(w.ctx, directory.System(), twin), directory.ErrExists)
	twin.Collective = other.Name
	w.ok(w.AddCase(w.ctx, directory.System(), twin))
	another := w.aCase(directory.CaseAppoint, unit.Name, p.ID, manager.ID)
	w.ok(w.AddCase(w.ctx, directory.System(), another))

	w.ok(w.RemoveCase(w.ctx, directory.System(), unit.Name, c.ID))
	w.ok(w.RemoveCase(w.ctx, directory.System(), unit.Name, c.ID))
	w.ok(w.AddCase(w.ctx, directory.System(), c)) // it can be opened anew
	is, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, is, p)
}

func caseChanged(w *world) {
	unit := w.collective("ateneu")
	p, one, two := w.person("pau"), w.manager("marta", unit.Name), w.manager("laia", unit.Name)
	c := w.aCase(directory.CaseJoin, unit.Name, p.ID, p.ID)
	c.Agreed, c.Dialogue, c.Settings, c.Reason, c.Until = nil, nil, nil, "", time.Time{}
	w.ok(w.AddCase(w.ctx, directory.System(), c))
	read := func() directory.Case {
		w.Helper()
		got, err := w.Case(w.ctx, unit.Name, c.ID)
		w.ok(err)
		return got
	}
	first := read()
	c.Dialogue = []directory.Line{{By: one.ID, At: asked, Text: "Qui ets?"}}
	c.Expires = asked.AddDate(0, 0, 20)
	change := directory.CaseChange{Dialogue: &c.Dialogue, Expires: &c.Expires, Version: first.Version}
	w.ok(w.ChangeCase(w.ctx, directory.System(), unit.Name, c.ID, change))
	same(w, anyVersion(w, read()), c)
	w.is(w.ChangeCase(w.ctx, directory.System(), unit.Name, c.ID, change), directory.ErrConflict)

	c.Agreed = []directory.PersonID{two.ID, one.ID} // in the order in which they agreed
	for i := range c.Agreed {
		voices := c.Agreed[:i+1]
		w.ok(w.ChangeCase(w.ctx, directory.System(), unit.Name, c.ID, directory.CaseChange{Agreed: &voices, Version: read().Version}))
		same(w, read().Agreed, voices)
	}
	c.Agreed = nil
	w.ok(w.ChangeCase(w.ctx, directory.System(), unit.Name, c.ID, directory.CaseChange{Agreed: &c.Agreed}))
	same(w, anyVersion(w, read()), c)
	endless := tooLong()
	w.is(w.ChangeCase(w.ctx, directory.System(), unit.Name, c.ID, directory.CaseChange{Dialogue: &endless}), directory.ErrInvalid)
	w.is(w.ChangeCase(w.ctx, directory.Actor{}, unit.Name, c.ID, directory.CaseChange{Expires: &asked}), directory.ErrRefused)

	version := read().Version
	w.oneWinnerOf(directory.ErrConflict, func(i string) error {
		lines := []directory.Line{{At: asked, Text: i}}
		return w.ChangeCase(w.ctx, directory.System(), unit.Name, c.ID, directory.CaseChange{Dialogue: &lines, Version: version})
	})
}

func tooLong() []directory.Line {
	return []directory.Line{{At: asked, Text: strings.Repeat("x", 64<<10)}}
}

func caseInvalid(w *world) {
	unit := w.collective("ateneu")
	p := w.person("pau")
	for name, spoil := range map[string]func(*directory.Case){
		"no id":               func(c *directory.Case) { c.ID = "" },
		"an id that is none":  func(c *directory.Case) { c.ID = "a,ou=system" },
		"no kind":             func(c *directory.Case) { c.Kind = "" },
		"an unknown kind":     func(c *directory.Case) { c.Kind = "dance" },
		"a registration":      func(c *directory.Case) { c.Kind = directory.CaseRegister },
		"about nobody":        func(c *directory.Case) { c.Person = "" },
		"by nobody":           func(c *directory.Case) { c.By = "" },
		"no collective":       func(c *directory.Case) { c.Collective = "" },
		"no time":             func(c *directory.Case) { c.Created = time.Time{} },
		"an endless dialogue": func(c *directory.Case) { c.Dialogue = tooLong() },
		"reason beyond UTF-8": func(c *directory.Case) { c.Reason = "\xff\xfe" },
	} {
		c := w.aCase(directory.CaseSuspend, unit.Name, p.ID, p.ID)
		spoil(&c)
		w.Log(name)
		w.is(w.AddCase(w.ctx, directory.System(), c), directory.ErrInvalid)
	}
	w.is(w.AddCase(w.ctx, directory.System(), w.aCase(directory.CaseJoin, "no-such-unit", p.ID, p.ID)), directory.ErrNotFound)
	w.is(w.AddCase(w.ctx, directory.System(), w.aCase(directory.CaseJoin, unit.Name, "nobody", p.ID)), directory.ErrNotFound)
	w.is(w.AddCase(w.ctx, directory.Actor{}, w.aCase(directory.CaseJoin, unit.Name, p.ID, p.ID)), directory.ErrRefused)
	w.oneWinner(func() error {
		return w.AddCase(w.ctx, directory.System(), w.aCase(directory.CaseJoin, unit.Name, p.ID, p.ID))
	})
}

// caseList: the oldest first within a collective, and whose time is over by an
// index.
func caseList(w *world) {
	one, two := w.collective("ateneu"), w.collective("forn")
	p, other := w.person("pau"), w.person("marta")
	add := func(kind directory.CaseKind, unit directory.CollectiveName, about directory.PersonID, hours int) directory.CaseID {
		w.Helper()
		c := w.aCase(kind, unit, about, about)
		c.Created, c.Expires = asked.Add(time.Duration(hours)*time.Hour), asked.AddDate(0, 0, hours)
		w.ok(w.AddCase(w.ctx, directory.System(), c))
		return c.ID
	}
	young := add(directory.CaseJoin, one.Name, p.ID, 3)
	old := add(directory.CaseJoin, one.Name, other.ID, 1)
	elsewhere := add(directory.CaseHome, two.Name, p.ID, 2)
	fresh, c := w.applicant("nil", one.Name)
	c.Created, c.Expires = asked.Add(2*time.Hour), asked.AddDate(0, 0, 2)
	fresh.Created = c.Created
	w.ok(w.Register(w.ctx, fresh, c))
	for i, f := range []struct {
		filter directory.CaseFilter
		want   []directory.CaseID
	}{
		{directory.CaseFilter{Collective: one.Name}, []directory.CaseID{old, c.ID, young}},
		{directory.CaseFilter{Person: p.ID}, []directory.CaseID{young, elsewhere}},
		{directory.CaseFilter{Person: fresh.ID}, []directory.CaseID{c.ID}},
		{directory.CaseFilter{Person: p.ID, Collective: two.Name}, []directory.CaseID{elsewhere}},
		{directory.CaseFilter{Collective: one.Name, Kind: directory.CaseRegister}, []directory.CaseID{c.ID}},
		{directory.CaseFilter{Collective: one.Name, Due: asked.AddDate(0, 0, 2)}, []directory.CaseID{old, c.ID}},
		{directory.CaseFilter{Collective: one.Name, Due: asked.AddDate(0, 0, 2).Add(-time.Second)}, []directory.CaseID{old}},
		{directory.CaseFilter{Person: p.ID, Due: asked}, nil},
		{directory.CaseFilter{Collective: "no-such-unit"}, nil},
	} {
		var got []directory.CaseID
		for _, c := range collect(w, w.ListCases(w.ctx, f.filter)) {
			got = append(got, c.ID)
		}
		w.Log(fmt.Sprint(i))
		same(w, got, f.want)
	}
}

// caseMoved: another collective decides anew.
func caseMoved(w *world) {
	unit, other := w.collective("ateneu"), w.collective("forn")
	manager := w.manager("marta", unit.Name)
	p := w.registered("pau", unit.Name)
	id := directory.CaseID(p.ID)
	w.ok(w.ChangeCase(w.ctx, directory.System(), unit.Name, id, directory.CaseChange{Agreed: &[]directory.PersonID{manager.ID}}))
	w.is(w.MoveCase(w.ctx, unit.Name, id, "no-such-unit"), directory.ErrNotFound)
	w.is(w.MoveCase(w.ctx, other.Name, id, unit.Name), directory.ErrNotFound)
	w.ok(w.MoveCase(w.ctx, unit.Name, id, other.Name))
	_, err := w.Case(w.ctx, unit.Name, id)
	w.is(err, directory.ErrNotFound)
	got, err := w.Case(w.ctx, other.Name, id)
	w.ok(err)
	same(w, []any{got.Collective, got.Person, len(got.Agreed), got.Words != ""}, []any{other.Name, p.ID, 0, true})
	is, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	p.Primary = other.Name
	same(w, is, p)
	w.is(w.Approve(w.ctx, directory.As(manager.ID), unit.Name, p.ID, asked), directory.ErrConflict)
	w.ok(w.Approve(w.ctx, directory.System(), other.Name, p.ID, asked))

	c := w.aCase(directory.CaseJoin, unit.Name, p.ID, p.ID)
	w.ok(w.AddCase(w.ctx, directory.System(), c))
	c.Collective = other.Name
	twin := c
	twin.ID = directory.CaseID(uuid.NewString())
	w.ok(w.AddCase(w.ctx, directory.System(), twin))
	w.is(w.MoveCase(w.ctx, unit.Name, c.ID, other.Name), directory.ErrExists)
	got, err = w.Case(w.ctx, unit.Name, c.ID)
	w.ok(err)
	c.Collective = unit.Name
	same(w, anyVersion(w, got), c) // with the voices that it had
	c.Collective = other.Name
	w.ok(w.RemoveCase(w.ctx, directory.System(), other.Name, twin.ID))
	w.ok(w.MoveCase(w.ctx, unit.Name, c.ID, other.Name))
	got, err = w.Case(w.ctx, other.Name, c.ID)
	w.ok(err)
	c.Agreed = nil
	same(w, anyVersion(w, got), c)
	stays := w.aCase(directory.CaseAppoint, unit.Name, p.ID, manager.ID)
	w.ok(w.AddCase(w.ctx, directory.System(), stays))
	w.is(w.MoveCase(w.ctx, unit.Name, stays.ID, other.Name), directory.ErrInvalid)
}

// registrationRemoved: of who is refused nothing remains, also of handle and
// address.
func registrationRemoved(w *world) {
	unit := w.collective("ateneu")
	manager := w.manager("marta", unit.Name)
	p := w.registered("pau", unit.Name)
	w.ok(w.RemoveCase(w.ctx, directory.As(manager.ID), unit.Name, directory.CaseID(p.ID)))
	_, err := w.Person(w.ctx, p.ID)
	w.is(err, directory.ErrNotFound)
	taken, err := w.Taken(w.ctx, p.Handle, p.Mail)
	w.ok(err)
	same(w, len(taken), 0)
	p.State = directory.Active
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	w.ok(w.RemoveCase(w.ctx, directory.System(), unit.Name, directory.CaseID(p.ID))) // is no case any more
	_, err = w.Person(w.ctx, p.ID)
	w.ok(err)
}
