// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// ofCase are attempts on cases.
type ofCase struct{ *world }

func (w ofCase) add(kind directory.CaseKind, unit directory.CollectiveName, about, opener directory.PersonID) func(directory.Actor) error {
	return func(by directory.Actor) error {
		c := w.aCase(kind, unit, about, opener)
		c.Agreed, c.Dialogue, c.Settings = nil, nil, nil
		if about == opener { // a wish, and nothing but words
			c.Reason, c.Until = "", time.Time{}
		}
		return w.AddCase(w.ctx, by, c)
	}
}

func (w ofCase) change(c directory.Case, change directory.CaseChange) func(directory.Actor) error {
	return func(by directory.Actor) error {
		now, err := w.Case(w.ctx, c.Collective, c.ID)
		w.ok(err)
		change.Version = now.Version
		return w.ChangeCase(w.ctx, by, c.Collective, c.ID, change)
	}
}

func (w ofCase) agree(c directory.Case, voices ...directory.PersonID) func(directory.Actor) error {
	return w.change(c, directory.CaseChange{Agreed: &voices})
}

func (w ofCase) remove(c directory.Case) func(directory.Actor) error {
	return func(by directory.Actor) error { return w.RemoveCase(w.ctx, by, c.Collective, c.ID) }
}

func (w ofCase) approve(p directory.Person) func(directory.Actor) error {
	return func(by directory.Actor) error { return w.Approve(w.ctx, by, p.Primary, p.ID, asked) }
}

// opened is a case that somebody has opened about themselves.
func (w ofCase) opened(kind directory.CaseKind, unit directory.CollectiveName, about directory.PersonID) directory.Case {
	w.Helper()
	c := w.aCase(kind, unit, about, about)
	c.Agreed = nil
	w.ok(w.AddCase(w.ctx, directory.System(), c))
	return c
}

func aLine() *[]directory.Line { return &[]directory.Line{{At: asked, Text: "Qui ets?"}} }

// managerDecides: on what waits for the own collective, in the own name, and on
// nothing else.
func managerDecides(w *world) {
	own, foreign := w.collective("propi"), w.collective("alie")
	manager, colleague := w.manager("marta", own.Name), w.manager("laia", own.Name)
	p, of, no := w.person("pau"), ofCase{w}, directory.ErrRefused
	joins, theirs := of.opened(directory.CaseJoin, own.Name, p.ID), of.opened(directory.CaseJoin, foreign.Name, p.ID)
	comes, refused := w.registered("nil", own.Name), w.registered("jan", own.Name)
	elsewhere := w.registered("ona", foreign.Name)
	w.ok(of.agree(joins, colleague.ID)(directory.System()))
	w.try(directory.As(manager.ID), []attempt{
		{"propose", of.add(directory.CaseAppoint, own.Name, p.ID, manager.ID), nil},
		{"propose in a colleague's name", of.add(directory.CaseDismiss, own.Name, p.ID, colleague.ID), no},
		{"propose elsewhere", of.add(directory.CaseAppoint, foreign.Name, p.ID, manager.ID), no},
		{"ask", of.change(joins, directory.CaseChange{Dialogue: aLine()}), nil},
		{"ask elsewhere", of.change(theirs, directory.CaseChange{Dialogue: aLine()}), no},
		{"agree", of.agree(joins, colleague.ID, manager.ID), nil},
		{"take back a colleague's voice", of.agree(joins, manager.ID), no},
		{"agree in a colleague's name", of.agree(caseOf(comes), colleague.ID), no},
		{"agree to a registration", of.agree(caseOf(comes), manager.ID), nil},
		{"agree elsewhere", of.agree(theirs, manager.ID), no},
		{"agree to a registration elsewhere", of.agree(caseOf(elsewhere), manager.ID), no},
		{"refuse", of.remove(joins), nil},
		{"refuse elsewhere", of.remove(theirs), no},
		{"refuse a registration", of.remove(caseOf(refused)), nil},
		{"refuse a registration elsewhere", of.remove(caseOf(elsewhere)), no},
		{"accept", of.approve(comes), nil},
		{"accept elsewhere", of.approve(elsewhere), no},
	})
	w.ok(w.RemoveManager(w.ctx, directory.System(), own.Name, manager.ID))
	late := w.registered("mar", own.Name)
	w.try(directory.As(manager.ID), []attempt{
		{"accept, as manager no longer", of.approve(late), no},
		{"refuse, as manager no longer", of.remove(caseOf(late)), no},
	})
}

func caseOf(p directory.Person) directory.Case {
	return directory.Case{ID: directory.CaseID(p.ID), Collective: p.Primary}
}

// managerInvites: to the own collective.
func managerInvites(w *world) {
	own, foreign := w.collective("propi"), w.collective("alie")
	manager, no := w.manager("marta", own.Name), directory.ErrRefused
	ours, theirs := w.anInvitation(own.Name, manager.ID, 1), w.anInvitation(foreign.Name, manager.ID, 1)
	w.ok(w.AddInvitation(w.ctx, directory.System(), theirs))
	invite := func(i directory.Invitation) func(directory.Actor) error {
		return func(by directory.Actor) error { return w.AddInvitation(w.ctx, by, i) }
	}
	withdraw := func(i directory.Invitation) func(directory.Actor) error {
		return func(by directory.Actor) error { return w.RemoveInvitation(w.ctx, by, i.Collective, i.ID) }
	}
	another := theirs
	another.ID = uuid.NewString()
	w.try(directory.As(manager.ID), []attempt{
		{"invite", invite(ours), nil},
		{"withdraw", withdraw(ours), nil},
		{"invite elsewhere", invite(another), no},
		{"withdraw elsewhere", withdraw(theirs), no},
	})
	w.ok(w.AddInvitation(w.ctx, directory.System(), ours))
	w.try(directory.As(w.person("pau").ID), []attempt{
		{"invite as nobody's manager", invite(w.anInvitation(own.Name, manager.ID, 1)), no},
		{"withdraw as nobody's manager", withdraw(ours), no},
	})
}

// managerSuspends: whose primary collective is the own one, and lets them back.
func managerSuspends(w *world) {
	own, foreign := w.collective("propi"), w.collective("alie")
	manager, no := w.manager("marta", own.Name), directory.ErrRefused
	p, guest := w.person("pau"), w.person("nil")
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Primary: &own.Name}))
	w.ok(w.ChangePerson(w.ctx, directory.System(), guest.ID, directory.PersonChange{Primary: &foreign.Name}))
	w.ok(w.AddMember(w.ctx, directory.System(), own.Name, guest.ID))
	change := func(id directory.PersonID, c directory.PersonChange) func(directory.Actor) error {
		return func(by directory.Actor) error { return w.ChangePerson(w.ctx, by, id, c) }
	}
	suspended := directory.PersonChange{State: ptr(directory.Suspended), Reason: ptr("Soroll"), Until: &asked, RaiseEpoch: true}
	w.try(directory.As(manager.ID), []attempt{
		{"suspend", change(p.ID, suspended), nil},
		{"restore", change(p.ID, directory.PersonChange{State: ptr(directory.Active), Reason: ptr(""), Until: &time.Time{}}), nil},
		{"suspend another's", change(guest.ID, suspended), no},
		{"suspend oneself", change(manager.ID, suspended), no},
		{"delete", change(p.ID, directory.PersonChange{State: ptr(directory.Deleted)}), no},
		{"retire", change(p.ID, directory.PersonChange{State: ptr(directory.Retired)}), no},
	})
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{State: ptr(directory.Locked)}))
	w.try(directory.As(manager.ID), []attempt{
		{"unlock", change(p.ID, directory.PersonChange{State: ptr(directory.Active)}), no},
	})
	w.try(directory.As(p.ID), []attempt{
		{"restore oneself", change(p.ID, directory.PersonChange{State: ptr(directory.Active)}), no},
		{"reason with oneself", change(p.ID, directory.PersonChange{Reason: ptr("cap")}), no},
	})
}

// managerConfigures: how the own collective presents itself and decides.
func managerConfigures(w *world) {
	own, foreign := w.collective("propi"), w.collective("alie")
	manager := w.manager("marta", own.Name)
	configure := func(name directory.CollectiveName) func(directory.Actor) error {
		return func(by directory.Actor) error {
			now, err := w.Collective(w.ctx, name)
			w.ok(err)
			return w.ChangeCollective(w.ctx, by, name, directory.CollectiveChange{
				Settings: &directory.Settings{Closed: true}, Logo: ptr([]byte("\xff\xd8\xff\xd9")), Version: now.Version,
			})
		}
	}
	w.try(directory.As(manager.ID), []attempt{
		{"configure", configure(own.Name), nil},
		{"configure another", configure(foreign.Name), directory.ErrRefused},
	})
	w.try(directory.As(w.person("pau").ID), []attempt{{"configure as nobody's manager", configure(own.Name), directory.ErrRefused}})
}

// personAsks: about oneself, and answers; whoever else it concerns.
func personAsks(w *world) {
	unit := w.collective("ateneu")
	p, other, of, no := w.person("pau"), w.person("marta"), ofCase{w}, directory.ErrRefused
	mine, theirs := of.opened(directory.CaseHome, unit.Name, p.ID), of.opened(directory.CaseHome, unit.Name, other.ID)
	comes := w.registered("nil", unit.Name)
	w.try(directory.As(p.ID), []attempt{
		{"ask to join", of.add(directory.CaseJoin, unit.Name, p.ID, p.ID), nil},
		{"ask for another", of.add(directory.CaseJoin, unit.Name, other.ID, other.ID), no},
		{"answer", of.change(mine, directory.CaseChange{Dialogue: aLine()}), nil},
		{"answer for another", of.change(theirs, directory.CaseChange{Dialogue: aLine()}), no},
		{"agree to oneself", of.agree(mine, p.ID), no},
		{"agree to another", of.agree(theirs, p.ID), no},
		{"give oneself time", of.change(mine, directory.CaseChange{Expires: ptr(asked.AddDate(1, 0, 0))}), no},
		{"take back", of.remove(mine), nil},
		{"take back another's", of.remove(theirs), no},
		{"accept somebody", of.approve(comes), no},
		{"refuse somebody", of.remove(caseOf(comes)), no},
	})
}

// adminAdmits: to the own service, where its own collective opens it.
func adminAdmits(w *world) {
	unit, guest := w.collective("ateneu"), w.collective("forn")
	admin, p := w.person("marta"), w.person("pau")
	s, other := w.aService("nuvol", unit.Name), w.service("agora", unit.Name)
	s.Managers, s.Guests = []directory.PersonID{admin.ID}, []directory.CollectiveName{guest.Name}
	w.ok(w.AddService(w.ctx, directory.System(), s))
	grant := func(name directory.CollectiveName, id directory.ServiceID) func(directory.Actor) error {
		return func(by directory.Actor) error {
			return w.GrantAccess(w.ctx, by, directory.Access{Collective: name, Service: id}, p.ID)
		}
	}
	revoke := func(by directory.Actor) error {
		return w.RevokeAccess(w.ctx, by, directory.Access{Collective: unit.Name, Service: s.ID}, p.ID)
	}
	w.try(directory.As(admin.ID), []attempt{
		{"admit", grant(unit.Name, s.ID), nil},
		{"shut", revoke, nil},
		{"admit in a guest's name", grant(guest.Name, s.ID), directory.ErrRefused},
		{"admit to another service", grant(unit.Name, other.ID), directory.ErrRefused},
	})
	holders, err := w.Holders(w.ctx, unit.Name, other.ID)
	w.ok(err)
	same(w, len(holders), 0)
}
