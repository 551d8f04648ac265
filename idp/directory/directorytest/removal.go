// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"errors"

	"commonscloud.coop/clau/idp/directory"
)

func personRemoved(w *world) {
	unit := w.collective("ateneu")
	s := w.aService("nuvol", unit.Name)
	p, stays := w.person("marta"), w.person("pau")
	s.Managers = []directory.PersonID{p.ID, stays.ID}
	w.ok(w.AddService(w.ctx, directory.System(), s))
	for _, id := range s.Managers {
		w.ok(w.AddManager(w.ctx, directory.System(), unit.Name, id))
		w.ok(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: unit.Name, Service: s.ID, Role: "admin"}, id))
	}
	w.ok(w.RemovePerson(w.ctx, directory.System(), p.ID))
	is, err := w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, is, directory.Standing{})
	got, err := w.Collective(w.ctx, unit.Name)
	w.ok(err)
	same(w, got.Managers, []directory.PersonID{stays.ID})
	left, err := w.Service(w.ctx, s.ID)
	w.ok(err)
	same(w, left.Managers, []directory.PersonID{stays.ID})
	is, err = w.Standing(w.ctx, stays.ID)
	w.ok(err)
	same(w, []int{len(is.Memberships), len(is.Access)}, []int{1, 1})
}

// managerRemoved: with a manager go their voices, and what they proposed and
// whom they invited; what others opened stays.
func managerRemoved(w *world) {
	unit := w.collective("ateneu")
	manager, colleague, p := w.manager("marta", unit.Name), w.manager("laia", unit.Name), w.person("pau")
	comes := caseOf(w.registered("nil", unit.Name))
	wish := w.aCase(directory.CaseJoin, unit.Name, p.ID, p.ID)
	theirs := w.aCase(directory.CaseAppoint, unit.Name, p.ID, manager.ID)
	about := w.aCase(directory.CaseDismiss, unit.Name, manager.ID, colleague.ID)
	for _, c := range []directory.Case{wish, theirs, about} {
		w.ok(w.AddCase(w.ctx, directory.System(), c))
	}
	voices := []directory.PersonID{manager.ID, colleague.ID}
	for _, id := range []directory.CaseID{comes.ID, wish.ID} {
		w.ok(w.ChangeCase(w.ctx, directory.System(), unit.Name, id, directory.CaseChange{Agreed: &voices}))
	}
	gone, stays := w.anInvitation(unit.Name, manager.ID, 1), w.anInvitation(unit.Name, colleague.ID, 1)
	for _, i := range []directory.Invitation{gone, stays} {
		w.ok(w.AddInvitation(w.ctx, directory.System(), i))
	}
	w.ok(w.RemovePerson(w.ctx, directory.System(), manager.ID))
	left := make(map[directory.CaseID][]directory.PersonID)
	for _, c := range collect(w, w.ListCases(w.ctx, directory.CaseFilter{Collective: unit.Name})) {
		left[c.ID] = c.Agreed
	}
	same(w, left, map[directory.CaseID][]directory.PersonID{comes.ID: {colleague.ID}, wish.ID: {colleague.ID}})
	same(w, collect(w, w.ListInvitations(w.ctx, directory.InvitationFilter{Collective: unit.Name})), []directory.Invitation{stays})
}

// personRetired: the handle is never somebody else's, the address may be.
func personRetired(w *world) {
	p := w.person("marta")
	c := w.put("sector", w.aConsent(p.ID, w.serviceID()))
	w.ok(w.SetPassword(w.ctx, directory.System(), p.ID, good))
	w.ok(w.RemovePerson(w.ctx, directory.System(), p.ID))
	for what, login := range map[string]string{"handle": string(p.Handle), "address": p.Mail} {
		if _, err := w.PersonByLogin(w.ctx, login); !errors.Is(err, directory.ErrNotFound) {
			w.Errorf("the %s is still somebody's: %v", what, err)
		}
	}
	_, err := w.Authenticate(w.ctx, p.ID, good)
	w.is(err, directory.ErrPassword)
	_, err = w.Consent(w.ctx, p.ID, c.Service)
	w.is(err, directory.ErrNotFound)
	same(w, len(collect(w, w.ListConsents(w.ctx, p.ID))), 0)
	same(w, len(collect(w, w.ListPeople(w.ctx, directory.PersonFilter{Text: w.mark}))), 0)
	same(w, len(collect(w, w.ListPeople(w.ctx, directory.PersonFilter{State: directory.Deleted, Text: w.mark}))), 0)

	heir := w.somebody("nova")
	heir.Verified, heir.Mail = p.Verified, p.Mail
	w.is(w.AddPerson(w.ctx, directory.System(), w.withHandle(heir, p.Handle)), directory.ErrExists)
	w.ok(w.AddPerson(w.ctx, directory.System(), heir))
	w.is(w.PutConsent(w.ctx, "sector", directory.Consent{
		Person: heir.ID, Service: c.Service, State: directory.Active, Decided: c.Decided, Handle: c.Handle,
	}), directory.ErrExists)
	w.registrationForgotten()
}

// registrationForgotten: who was never accepted was nobody to any service.
func (w *world) registrationForgotten() {
	w.Helper()
	unit := w.collective("forn")
	p := w.somebody("nil")
	p.State, p.Primary = directory.PendingApproval, unit.Name
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	w.ok(w.RemovePerson(w.ctx, directory.System(), p.ID))
	p.Primary = "" // waits among the people
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	w.ok(w.RemovePerson(w.ctx, directory.System(), p.ID))
	p.State = directory.Active
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
}
