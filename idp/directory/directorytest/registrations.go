// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// asked is when whatever waits was asked for.
var asked = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

// applicant is somebody who wants to join, with an address to prove, and the
// case about them; not registered yet.
func (w *world) applicant(name string, unit directory.CollectiveName) (directory.Person, directory.Case) {
	p := w.somebody(name)
	p.State, p.Primary, p.Pending = directory.PendingConfirmation, unit, p.Mail
	p.Mail, p.Verified, p.ValidatedBy, p.ValidatedAt = "", nil, "", time.Time{}
	p.Created, p.Expires = asked, asked.AddDate(0, 0, 2)
	return p, directory.Case{
		ID: directory.CaseID(p.ID), Kind: directory.CaseRegister, Collective: unit, Person: p.ID, By: p.ID,
		Words: "Hola!\nSóc de la colla: <b>*)(uid=*", Created: asked, Expires: p.Expires,
	}
}

// registered is an applicant whose address is proven.
func (w *world) registered(name string, unit directory.CollectiveName) directory.Person {
	w.Helper()
	p, c := w.applicant(name, unit)
	w.ok(w.Register(w.ctx, p, c))
	w.ok(w.ProveAddress(w.ctx, p.ID, p.Pending))
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	return got
}

// manager is a person who manages the collective, which is also their own.
func (w *world) manager(name string, unit directory.CollectiveName) directory.Person {
	w.Helper()
	p := w.person(name)
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Primary: &unit}))
	w.ok(w.AddManager(w.ctx, directory.System(), unit, p.ID))
	p.Primary = unit
	return p
}

// registration: somebody registers, proves the address and is taken in.
func registration(w *world) {
	unit, other := w.collective("ateneu"), w.collective("forn")
	manager, stranger := w.manager("marta", unit.Name), w.manager("laia", other.Name)
	p, c := w.applicant("pau", unit.Name)
	w.ok(w.Register(w.ctx, p, c))
	w.is(w.Register(w.ctx, p, c), directory.ErrExists)
	w.waits(p, c)
	decided := time.Date(2026, 11, 4, 10, 0, 0, 0, time.UTC)
	approve := func(by directory.Actor, name directory.CollectiveName) error {
		return w.Approve(w.ctx, by, name, p.ID, decided)
	}
	w.is(approve(directory.As(manager.ID), unit.Name), directory.ErrConflict) // the address is not proven
	w.is(w.ProveAddress(w.ctx, p.ID, "altra@example.org"), directory.ErrConflict)
	w.is(w.ProveAddress(w.ctx, p.ID, ""), directory.ErrConflict)
	w.ok(w.ProveAddress(w.ctx, p.ID, p.Pending))
	w.is(w.ProveAddress(w.ctx, p.ID, p.Pending), directory.ErrConflict)
	p.State, p.Mail, p.Verified, p.Pending = directory.PendingApproval, p.Pending, []string{p.Pending}, ""
	w.waits(p, c)

	w.is(approve(directory.Actor{}, unit.Name), directory.ErrRefused)
	w.is(approve(directory.As(stranger.ID), unit.Name), directory.ErrRefused)
	w.is(approve(directory.As(stranger.ID), other.Name), directory.ErrConflict)
	w.is(approve(directory.System(), ""), directory.ErrConflict)
	w.is(w.Approve(w.ctx, directory.System(), unit.Name, "nobody", decided), directory.ErrNotFound)
	w.waits(p, c)
	w.members(unit.Name, manager.ID)

	w.ok(approve(directory.As(manager.ID), unit.Name))
	w.ok(approve(directory.As(manager.ID), unit.Name)) // the answer may have been lost
	w.is(approve(directory.As(stranger.ID), unit.Name), directory.ErrConflict)
	p.State, p.Expires, p.ValidatedBy, p.ValidatedAt = directory.Active, time.Time{}, manager.ID, decided
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
	w.members(unit.Name, manager.ID, p.ID)
	w.members(other.Name, stranger.ID)
	_, err = w.Case(w.ctx, unit.Name, c.ID)
	w.is(err, directory.ErrNotFound)
	same(w, len(collect(w, w.ListCases(w.ctx, directory.CaseFilter{Collective: unit.Name}))), 0)

	// What was said at the door is forgotten: it would be found again.
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{State: ptr(directory.PendingApproval)}))
	_, err = w.Case(w.ctx, unit.Name, c.ID)
	w.is(err, directory.ErrNotFound)
}

// waits checks person and case as they wait.
func (w *world) waits(p directory.Person, c directory.Case) {
	w.Helper()
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
	read, err := w.Case(w.ctx, c.Collective, c.ID)
	w.ok(err)
	same(w, anyVersion(w, read), c)
	listed := collect(w, w.ListCases(w.ctx, directory.CaseFilter{Collective: c.Collective}))
	same(w, listed, []directory.Case{read})
	people, err := w.PeopleByID(w.ctx, []directory.PersonID{p.ID})
	w.ok(err)
	same(w, people, []directory.Person{p})
}

func anyVersion(w *world, c directory.Case) directory.Case {
	w.Helper()
	if c.Version == "" {
		w.Fatal("a case without a version")
	}
	c.Version = ""
	return c
}

// members checks who belongs, in the order of their ids.
func (w *world) members(name directory.CollectiveName, want ...directory.PersonID) {
	w.Helper()
	got, err := w.MemberIDs(w.ctx, name)
	w.ok(err)
	same(w, got, sorted(want))
}

func registrationInvalid(w *world) {
	unit := w.collective("ateneu")
	for name, spoil := range map[string]func(*directory.Person, *directory.Case){
		"another's case":      func(p *directory.Person, c *directory.Case) { c.Person = "nobody" },
		"a case of its own":   func(p *directory.Person, c *directory.Case) { c.ID = "x" },
		"of another kind":     func(p *directory.Person, c *directory.Case) { c.Kind = directory.CaseJoin },
		"no collective":       func(p *directory.Person, c *directory.Case) { c.Collective = "" },
		"active already":      func(p *directory.Person, c *directory.Case) { p.State = directory.Active },
		"a bad handle":        func(p *directory.Person, c *directory.Case) { p.Handle = "root" },
		"words beyond UTF-8":  func(p *directory.Person, c *directory.Case) { c.Words = "\xff" },
		"an endless dialogue": func(p *directory.Person, c *directory.Case) { c.Dialogue = tooLong() },
	} {
		p, c := w.applicant("pau", unit.Name)
		spoil(&p, &c)
		w.Log(name)
		w.is(w.Register(w.ctx, p, c), directory.ErrInvalid)
	}
	p, c := w.applicant("pau", "no-such-unit")
	w.is(w.Register(w.ctx, p, c), directory.ErrNotFound)
	taken := w.person("marta")
	p, c = w.applicant("pau", unit.Name)
	p.Handle = taken.Handle
	w.is(w.Register(w.ctx, p, c), directory.ErrExists)
	same(w, len(collect(w, w.ListCases(w.ctx, directory.CaseFilter{Collective: unit.Name}))), 0)
}

// anonymousRegistration: without an address, with a code on paper.
func anonymousRegistration(w *world) {
	unit := w.collective("ateneu")
	p, c := w.applicant("pau", unit.Name)
	p.Anonymous, p.GivenName, p.FamilyName = true, "", ""
	p.State, p.Pending, p.Code = directory.PendingApproval, "", "digest-0"
	w.ok(w.Register(w.ctx, p, c))
	w.waits(p, c)
	w.is(w.SwapCode(w.ctx, p.ID, "digest-1", "digest-2"), directory.ErrConflict)
	w.is(w.SwapCode(w.ctx, p.ID, "", "digest-2"), directory.ErrConflict)
	w.ok(w.SwapCode(w.ctx, p.ID, "digest-0", "digest-1"))
	w.is(w.SwapCode(w.ctx, p.ID, "digest-0", "digest-2"), directory.ErrConflict)
	w.oneWinnerOf(directory.ErrConflict, func(i string) error { return w.SwapCode(w.ctx, p.ID, "digest-1", i) })
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	w.ok(w.SwapCode(w.ctx, p.ID, got.Code, ""))
	w.oneWinnerOf(directory.ErrConflict, func(i string) error { return w.SwapCode(w.ctx, p.ID, "", i) })
	w.is(w.SwapCode(w.ctx, "nobody", "", "x"), directory.ErrNotFound)
	w.ok(w.Approve(w.ctx, directory.System(), unit.Name, p.ID, asked))
	got, err = w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, []any{got.State, got.Code == "", got.Anonymous}, []any{directory.Active, false, true})
}

// addressProven: by somebody with an account, and by two who want the same.
func addressProven(w *world) {
	unit := w.collective("ateneu")
	p := w.person("marta")
	fresh := "Nova." + w.mark + "@example.org"
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Pending: &fresh}))
	twin, c := w.applicant("pau", unit.Name)
	twin.Pending = "nova." + w.mark + "@example.org"
	w.ok(w.Register(w.ctx, twin, c))
	w.ok(w.ProveAddress(w.ctx, p.ID, twin.Pending)) // letter case is no difference
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	p.Mail, p.Verified = fresh, []string{fresh}
	same(w, got, p)
	w.is(w.ProveAddress(w.ctx, twin.ID, twin.Pending), directory.ErrExists)
	got, err = w.Person(w.ctx, twin.ID)
	w.ok(err)
	same(w, got, twin)
	w.is(w.ProveAddress(w.ctx, "nobody", fresh), directory.ErrNotFound)

	for range 5 {
		next := random(w.T) + "@example.org"
		w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Pending: &next}))
		w.oneWinnerOf(directory.ErrConflict, func(string) error { return w.ProveAddress(w.ctx, p.ID, next) })
	}
}

// approvalRaces: of a manager who accepts and one who refuses, or passes on, at
// the same moment, one decides; nobody is left half a member.
func approvalRaces(w *world) {
	unit, other := w.collective("ateneu"), w.collective("forn")
	manager, colleague := w.manager("marta", unit.Name), w.manager("laia", unit.Name)
	for range 6 {
		p := w.registered("p"+random(w.T), unit.Name)
		id := directory.CaseID(p.ID)
		errs := allAtOnce(
			func() error { return w.Approve(w.ctx, directory.As(manager.ID), unit.Name, p.ID, asked) },
			func() error { return w.Approve(w.ctx, directory.As(colleague.ID), unit.Name, p.ID, asked) },
			func() error { return w.RemoveCase(w.ctx, directory.As(colleague.ID), unit.Name, id) },
			func() error { return w.MoveCase(w.ctx, unit.Name, id, other.Name) },
		)
		w.settled(p, unit.Name, errs)
	}
	for range 6 {
		p := w.registered("p"+random(w.T), unit.Name)
		errs := allAtOnce(
			func() error { return w.Approve(w.ctx, directory.As(manager.ID), unit.Name, p.ID, asked) },
			func() error { return w.Approve(w.ctx, directory.As(colleague.ID), unit.Name, p.ID, asked) },
		)
		got, err := w.Person(w.ctx, p.ID)
		w.ok(err)
		same(w, []any{got.State, (errs[0] == nil) != (errs[1] == nil)}, []any{directory.Active, true})
	}
}

func (w *world) settled(p directory.Person, unit directory.CollectiveName, errs []error) {
	w.Helper()
	w.Log(errs)
	got, err := w.Person(w.ctx, p.ID)
	is, standErr := w.Standing(w.ctx, p.ID)
	w.ok(standErr)
	active := err == nil && got.State == directory.Active
	same(w, is.MemberOf(unit), active)
	same(w, errs[0] == nil || errs[1] == nil, active)
}
