// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// attempt is one write in somebody's name.
type attempt struct {
	name string
	do   func(by directory.Actor) error
	want error // nil: done
}

func (w *world) try(by directory.Actor, attempts []attempt) {
	w.Helper()
	for _, a := range attempts {
		err := a.do(by)
		if a.want == nil && err != nil {
			w.Errorf("%s: %v", a.name, err)
		}
		if a.want != nil {
			w.Log(a.name)
			w.is(err, a.want)
		}
	}
}

// noActor: whoever forgets to say in whose name gets nothing done.
func noActor(w *world) {
	c := w.collective("ateneu")
	s := w.service("nuvol", c.Name)
	p := w.person("marta")
	open := directory.Access{Collective: c.Name, Service: s.ID}
	nobody := directory.ErrRefused
	w.try(directory.Actor{}, []attempt{
		{"AddPerson", func(by directory.Actor) error { return w.AddPerson(w.ctx, by, w.somebody("nova")) }, nobody},
		{"ChangePerson", func(by directory.Actor) error {
			return w.ChangePerson(w.ctx, by, p.ID, directory.PersonChange{Name: ptr("x")})
		}, nobody},
		{"RemovePerson", func(by directory.Actor) error { return w.RemovePerson(w.ctx, by, p.ID) }, nobody},
		{"SetPassword", func(by directory.Actor) error { return w.SetPassword(w.ctx, by, p.ID, good) }, nobody},
		{"AddCollective", func(by directory.Actor) error {
			return w.AddCollective(w.ctx, by, directory.Collective{ID: uuid.NewString(), Name: "nou-" + c.Name, State: directory.Active, Title: "x"})
		}, nobody},
		{"ChangeCollective", func(by directory.Actor) error {
			return w.ChangeCollective(w.ctx, by, c.Name, directory.CollectiveChange{Title: ptr("x")})
		}, nobody},
		{"RemoveCollective", func(by directory.Actor) error { return w.RemoveCollective(w.ctx, by, c.Name) }, nobody},
		{"AddMember", func(by directory.Actor) error { return w.AddMember(w.ctx, by, c.Name, p.ID) }, nobody},
		{"RemoveMember", func(by directory.Actor) error { return w.RemoveMember(w.ctx, by, c.Name, p.ID) }, nobody},
		{"AddManager", func(by directory.Actor) error { return w.AddManager(w.ctx, by, c.Name, p.ID) }, nobody},
		{"RemoveManager", func(by directory.Actor) error { return w.RemoveManager(w.ctx, by, c.Name, p.ID) }, nobody},
		{"Approve", func(by directory.Actor) error { return w.Approve(w.ctx, by, c.Name, p.ID, asked) }, nobody},
		{"AddCase", func(by directory.Actor) error {
			return w.AddCase(w.ctx, by, w.aCase(directory.CaseJoin, c.Name, p.ID, p.ID))
		}, nobody},
		{"ChangeCase", func(by directory.Actor) error {
			return w.ChangeCase(w.ctx, by, c.Name, "x", directory.CaseChange{Expires: &asked})
		}, nobody},
		{"RemoveCase", func(by directory.Actor) error { return w.RemoveCase(w.ctx, by, c.Name, "x") }, nobody},
		{"AddInvitation", func(by directory.Actor) error {
			return w.AddInvitation(w.ctx, by, w.anInvitation(c.Name, p.ID, 1))
		}, nobody},
		{"RemoveInvitation", func(by directory.Actor) error { return w.RemoveInvitation(w.ctx, by, c.Name, "x") }, nobody},
		{"GrantAccess", func(by directory.Actor) error { return w.GrantAccess(w.ctx, by, open, p.ID) }, nobody},
		{"RevokeAccess", func(by directory.Actor) error { return w.RevokeAccess(w.ctx, by, open, p.ID) }, nobody},
		{"AddService", func(by directory.Actor) error { return w.AddService(w.ctx, by, w.aService("nou", c.Name)) }, nobody},
		{"ReplaceService", func(by directory.Actor) error { return w.ReplaceService(w.ctx, by, s) }, nobody},
		{"RemoveService", func(by directory.Actor) error { return w.RemoveService(w.ctx, by, s.ID) }, nobody},
	})
	w.try(directory.As(""), []attempt{
		{"As nobody", func(by directory.Actor) error { return w.AddMember(w.ctx, by, c.Name, p.ID) }, nobody},
	})
}

// managerMay: a manager decides on members and access of her own collective,
// and on nothing else.
func managerMay(w *world) {
	own, foreign := w.collective("propi"), w.collective("alie")
	ours, theirs := w.service("nuvol", own.Name), w.service("agora", foreign.Name)
	manager, colleague, p := w.person("marta"), w.person("laia"), w.person("pau")
	w.ok(w.AddManager(w.ctx, directory.System(), own.Name, manager.ID))
	w.ok(w.AddManager(w.ctx, directory.System(), own.Name, colleague.ID))
	w.ok(w.AddMember(w.ctx, directory.System(), foreign.Name, colleague.ID))
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Primary: &own.Name}))
	no := directory.ErrRefused
	open := directory.Access{Collective: own.Name, Service: ours.ID, Role: "editora"}
	w.try(directory.As(manager.ID), []attempt{
		{"admit a member", func(by directory.Actor) error { return w.AddMember(w.ctx, by, own.Name, p.ID) }, nil},
		{"open a service", func(by directory.Actor) error { return w.GrantAccess(w.ctx, by, open, p.ID) }, nil},
		{"open it again", func(by directory.Actor) error { return w.GrantAccess(w.ctx, by, open, colleague.ID) }, nil},
		{"close it", func(by directory.Actor) error { return w.RevokeAccess(w.ctx, by, open, p.ID) }, nil},
		{"dismiss a member", func(by directory.Actor) error { return w.RemoveMember(w.ctx, by, own.Name, p.ID) }, nil},
		{"present the collective", func(by directory.Actor) error {
			return w.ChangeCollective(w.ctx, by, own.Name, directory.CollectiveChange{Title: ptr("El nostre"), Description: ptr("…")})
		}, nil},
		{"write its policy", func(by directory.Actor) error {
			return w.ChangeCollective(w.ctx, by, own.Name, directory.CollectiveChange{Policy: ptr([]byte("{}"))})
		}, nil},
		{"write another's policy", func(by directory.Actor) error {
			return w.ChangeCollective(w.ctx, by, foreign.Name, directory.CollectiveChange{Policy: ptr([]byte("{}"))})
		}, no},
		{"suspend the collective", func(by directory.Actor) error {
			return w.ChangeCollective(w.ctx, by, own.Name, directory.CollectiveChange{State: ptr(directory.Suspended)})
		}, no},
		{"appoint a manager", func(by directory.Actor) error { return w.AddManager(w.ctx, by, own.Name, p.ID) }, no},
		{"dismiss a manager", func(by directory.Actor) error { return w.RemoveManager(w.ctx, by, own.Name, colleague.ID) }, no},
		{"expel a manager", func(by directory.Actor) error { return w.RemoveMember(w.ctx, by, own.Name, colleague.ID) }, no},
		{"admit elsewhere", func(by directory.Actor) error { return w.AddMember(w.ctx, by, foreign.Name, p.ID) }, no},
		{"dismiss elsewhere", func(by directory.Actor) error { return w.RemoveMember(w.ctx, by, foreign.Name, colleague.ID) }, no},
		{"become manager elsewhere", func(by directory.Actor) error { return w.AddManager(w.ctx, by, foreign.Name, manager.ID) }, no},
		{"present another", func(by directory.Actor) error {
			return w.ChangeCollective(w.ctx, by, foreign.Name, directory.CollectiveChange{Title: ptr("x")})
		}, no},
		{"open another's service", func(by directory.Actor) error {
			return w.GrantAccess(w.ctx, by, directory.Access{Collective: foreign.Name, Service: theirs.ID}, p.ID)
		}, no},
		{"open another's service at home", func(by directory.Actor) error {
			return w.GrantAccess(w.ctx, by, directory.Access{Collective: own.Name, Service: theirs.ID}, p.ID)
		}, no},
		{"redirect a service", func(by directory.Actor) error {
			s := ours
			client := *ours.OIDC
			client.RedirectURIs = []string{"https://evil.example/"}
			s.OIDC = &client
			return w.ReplaceService(w.ctx, by, s)
		}, no},
		{"add a service", func(by directory.Actor) error { return w.AddService(w.ctx, by, w.aService("nou", own.Name)) }, no},
		{"remove a service", func(by directory.Actor) error { return w.RemoveService(w.ctx, by, ours.ID) }, no},
		{"rename a member", func(by directory.Actor) error {
			return w.ChangePerson(w.ctx, by, p.ID, directory.PersonChange{Name: ptr("x")})
		}, no},
		{"move a member's mail", func(by directory.Actor) error {
			return w.ChangePerson(w.ctx, by, p.ID, directory.PersonChange{Verified: &[]string{p.Mail, "evil@example.org"}})
		}, no},
		{"set a member's password", func(by directory.Actor) error { return w.SetPassword(w.ctx, by, p.ID, good) }, no},
		{"remove a member's account", func(by directory.Actor) error { return w.RemovePerson(w.ctx, by, p.ID) }, no},
		{"add an account", func(by directory.Actor) error { return w.AddPerson(w.ctx, by, w.somebody("nova")) }, no},
		{"remove the collective", func(by directory.Actor) error { return w.RemoveCollective(w.ctx, by, own.Name) }, no},
	})
	w.ok(w.RemoveManager(w.ctx, directory.System(), own.Name, manager.ID))
	w.is(w.AddMember(w.ctx, directory.As(manager.ID), own.Name, p.ID), no) // no longer
}

// personMay: everybody writes the own profile and password, and nothing that
// others rely on.
func personMay(w *world) {
	c := w.collective("ateneu")
	s := w.service("nuvol", c.Name)
	p, other := w.person("marta"), w.person("pau")
	w.ok(w.AddMember(w.ctx, directory.System(), c.Name, p.ID))
	no := directory.ErrRefused
	change := func(id directory.PersonID, c directory.PersonChange) func(directory.Actor) error {
		return func(by directory.Actor) error { return w.ChangePerson(w.ctx, by, id, c) }
	}
	w.try(directory.As(p.ID), []attempt{
		{"own name", change(p.ID, directory.PersonChange{Name: ptr("Marta S."), GivenName: ptr("M."), Language: ptr("es")}), nil},
		{"own password", func(by directory.Actor) error { return w.SetPassword(w.ctx, by, p.ID, good) }, nil},
		{"own mail", change(p.ID, directory.PersonChange{Mail: ptr("")}), no},
		{"own addresses", change(p.ID, directory.PersonChange{Verified: &[]string{p.Mail, "evil@example.org"}}), no},
		{"own state", change(p.ID, directory.PersonChange{State: ptr(directory.Active)}), no},
		{"own collective", change(p.ID, directory.PersonChange{Primary: &c.Name}), no},
		{"own seed", change(p.ID, directory.PersonChange{Seed: ptr(other.Seed)}), no},
		{"own expiry", change(p.ID, directory.PersonChange{Expires: ptr(p.Created)}), no},
		{"own must-change", change(p.ID, directory.PersonChange{MustChange: ptr(true)}), no},
		{"another's name", change(other.ID, directory.PersonChange{Name: ptr("x")}), no},
		{"another's password", func(by directory.Actor) error { return w.SetPassword(w.ctx, by, other.ID, good) }, no},
		{"admit", func(by directory.Actor) error { return w.AddMember(w.ctx, by, c.Name, other.ID) }, no},
		{"manage", func(by directory.Actor) error { return w.AddManager(w.ctx, by, c.Name, p.ID) }, no},
		{"open a service", func(by directory.Actor) error {
			return w.GrantAccess(w.ctx, by, directory.Access{Collective: c.Name, Service: s.ID}, p.ID)
		}, no},
		{"remove another", func(by directory.Actor) error { return w.RemovePerson(w.ctx, by, other.ID) }, no},
	})
	got, err := w.Person(w.ctx, other.ID)
	w.ok(err)
	same(w, got, other)
}
