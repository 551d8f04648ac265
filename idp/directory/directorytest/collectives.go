// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

func collectiveLife(w *world) {
	c := w.collective("ateneu")
	w.isCollective(c)
	w.is(w.AddCollective(w.ctx, directory.System(), c), directory.ErrExists)
	w.ok(w.ChangeCollective(w.ctx, directory.System(), c.Name, directory.CollectiveChange{
		State: ptr(directory.Suspended), Title: ptr("Ateneu Nou"), Description: ptr(""), Mail: ptr("nou@example.org"),
		URL: ptr("https://nou.example.org/"), Language: ptr("es"),
	}))
	c.State, c.Title, c.Description, c.Mail = directory.Suspended, "Ateneu Nou", "", "nou@example.org"
	c.URL, c.Language = "https://nou.example.org/", "es"
	w.isCollective(c)
	listed := collect(w, w.ListCollectives(w.ctx))
	if !slices.ContainsFunc(listed, func(each directory.Collective) bool { return each.ID == c.ID && each.Title == c.Title }) {
		w.Fatal("not listed")
	}
	w.is(w.ChangeCollective(w.ctx, directory.System(), c.Name, directory.CollectiveChange{Title: ptr("")}), directory.ErrInvalid)
	w.is(w.ChangeCollective(w.ctx, directory.System(), "no-such-unit", directory.CollectiveChange{Title: ptr("x")}), directory.ErrNotFound)
	_, err := w.Collective(w.ctx, "no-such-unit")
	w.is(err, directory.ErrNotFound)
	for _, name := range []directory.CollectiveName{"", "x", "Ateneu", "a,ou=system", "admin", "a+b", "a--b"} {
		bad := directory.Collective{ID: uuid.NewString(), Name: name, State: directory.Active, Title: "x"}
		w.is(w.AddCollective(w.ctx, directory.System(), bad), directory.ErrInvalid)
	}
}

// collectivePolicy: kept as it is, octet by octet, and no larger than allowed.
func collectivePolicy(w *world) {
	c := w.collective("ateneu")
	policy := []byte("{ \"intro\": {\"ca\": \"Hola <b>, \\u0000 (*) \u202e\"} }\n")
	set := func(policy []byte) error {
		return w.ChangeCollective(w.ctx, directory.System(), c.Name, directory.CollectiveChange{Policy: &policy})
	}
	check := func(want []byte) {
		w.Helper()
		got, err := w.Collective(w.ctx, c.Name)
		w.ok(err)
		same(w, got.Policy, want)
	}
	check(nil)
	w.ok(set(policy))
	check(policy)
	largest := []byte(`"` + strings.Repeat("x", directory.PolicyMax-2) + `"`)
	w.ok(set(largest))
	for _, bad := range [][]byte{append(largest, ' '), []byte("{"), []byte("{} {}"), []byte("remember_days = 3"), {0xff}} {
		w.is(set(bad), directory.ErrInvalid)
	}
	check(largest)
	w.ok(set(nil))
	check(nil)
	w.is(w.ChangeCollective(w.ctx, directory.System(), "no-such-unit", directory.CollectiveChange{Policy: &policy}), directory.ErrNotFound)
	made := directory.Collective{ID: uuid.NewString(), Name: "nou-" + c.Name, State: directory.Active, Title: "x", Policy: []byte("{")}
	w.is(w.AddCollective(w.ctx, directory.System(), made), directory.ErrInvalid)
	made.Policy = policy
	w.ok(w.AddCollective(w.ctx, directory.System(), made))
	w.isCollective(made)
}

// isCollective reads a collective as it was made, in whatever version.
func (w *world) isCollective(want directory.Collective) {
	w.Helper()
	got, err := w.Collective(w.ctx, want.Name)
	w.ok(err)
	if got.Version == "" {
		w.Fatal("a collective without a version")
	}
	got.Version = ""
	same(w, got, want)
}

func collectiveSettings(w *world) {
	c := w.collective("ateneu")
	manager := w.manager("marta", c.Name)
	c.Managers = []directory.PersonID{manager.ID}
	change := func(change directory.CollectiveChange) error {
		return w.ChangeCollective(w.ctx, directory.System(), c.Name, change)
	}
	c.Settings = directory.Settings{
		Colour: "#aa0033", Languages: []string{"ca", "es"}, Words: map[string]string{"ca": "Som \"<b>\"\n(*) \u202e"},
		Closed: true, LapseDays: 30, Together: []directory.Matter{directory.MatterAccepting},
		Question: map[string]string{"ca": "Quin riu?"}, Answers: []string{"Besòs"},
	}
	c.Logo = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0, 0xff}, directory.LogoMax/2-4)...)
	w.ok(change(directory.CollectiveChange{Settings: &c.Settings, Logo: &c.Logo}))
	w.isCollective(c)
	for listed := range w.ListCollectives(w.ctx) {
		same(w, len(listed.Logo), 0)
	}
	w.is(change(directory.CollectiveChange{Logo: ptr(append(c.Logo, 0))}), directory.ErrInvalid)
	endless := directory.Settings{Colour: strings.Repeat("x", 64<<10)}
	w.is(change(directory.CollectiveChange{Settings: &endless}), directory.ErrInvalid)
	w.isCollective(c)

	before, err := w.Collective(w.ctx, c.Name)
	w.ok(err)
	w.ok(change(directory.CollectiveChange{Title: ptr("U"), Version: before.Version}))
	w.is(change(directory.CollectiveChange{Title: ptr("Dos"), Version: before.Version}), directory.ErrConflict)
	w.is(change(directory.CollectiveChange{Version: before.Version}), directory.ErrConflict)
	now, err := w.Collective(w.ctx, c.Name)
	w.ok(err)
	w.oneWinnerOf(directory.ErrConflict, func(own string) error {
		return change(directory.CollectiveChange{Title: &own, Version: now.Version})
	})
	w.ok(change(directory.CollectiveChange{Title: &c.Title, Settings: &directory.Settings{}, Logo: &[]byte{}}))
	c.Settings, c.Logo = directory.Settings{}, nil
	w.isCollective(c)

	made := directory.Collective{ID: uuid.NewString(), Name: "nou-" + c.Name, State: directory.Active, Title: "x", Settings: endless}
	w.is(w.AddCollective(w.ctx, directory.System(), made), directory.ErrInvalid)
	made.Settings, made.Logo = directory.Settings{Closed: true}, []byte("\xff\xd8\xff\xd9")
	w.ok(w.AddCollective(w.ctx, directory.System(), made))
	w.isCollective(made)
}

// collectiveRegistrars: tokens that register services are written by who means
// them. Settings that know nothing of them, such as those that were proposed
// some days ago, neither end one nor bring one back.
func collectiveRegistrars(w *world) {
	c := w.collective("ateneu")
	manager := w.manager("marta", c.Name)
	c.Managers = []directory.PersonID{manager.ID}
	change := func(by directory.Actor, s directory.Settings) error {
		return w.ChangeCollective(w.ctx, by, c.Name, directory.CollectiveChange{Settings: &s})
	}
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	token := directory.Registrar{ID: "r1", SHA256: strings.Repeat("a", 43), Label: "Màquina", By: manager.ID, Created: at, Expires: at.AddDate(0, 1, 0), Limit: 3, Waits: true}
	c.Settings = directory.Settings{LapseDays: 7, Registrars: []directory.Registrar{token, {ID: "r2", SHA256: strings.Repeat("b", 43), Created: at, Expires: at}}}
	w.ok(change(directory.As(manager.ID), c.Settings))
	w.isCollective(c)
	for listed, err := range w.ListCollectives(w.ctx) {
		w.ok(err)
		if listed.Name == c.Name {
			same(w, listed.Settings, c.Settings)
		}
	}

	maker := w.person("joana")
	c.Settings.Registrars[1].By = maker.ID
	w.ok(change(directory.System(), c.Settings))
	w.isCollective(c)
	w.ok(w.RemovePerson(w.ctx, directory.System(), maker.ID))
	c.Settings.Registrars[1].By = ""
	w.isCollective(c)

	proposed := directory.Settings{LapseDays: 9}
	w.ok(change(directory.System(), proposed))
	c.Settings.LapseDays = 9
	w.isCollective(c)
	c.Settings.Registrars = c.Settings.Registrars[:1]
	w.ok(change(directory.System(), c.Settings))
	w.isCollective(c)
	c.Settings.Registrars = c.Settings.Registrars[:0]
	w.ok(change(directory.System(), c.Settings))
	c.Settings.Registrars = nil
	w.isCollective(c)

	many := directory.Settings{Registrars: []directory.Registrar{{Label: strings.Repeat("x", 64<<10)}}}
	w.is(change(directory.System(), many), directory.ErrInvalid)
	member := w.person("pau")
	w.ok(w.AddMember(w.ctx, directory.System(), c.Name, member.ID))
	w.is(change(directory.As(member.ID), directory.Settings{Registrars: []directory.Registrar{token}}), directory.ErrRefused)
	w.isCollective(c)
}

func collectiveRemoved(w *world) {
	c := w.collective("ateneu")
	p := w.person("marta")
	w.ok(w.AddMember(w.ctx, directory.System(), c.Name, p.ID))
	w.is(w.RemoveCollective(w.ctx, directory.System(), c.Name), directory.ErrConflict)
	w.ok(w.RemoveMember(w.ctx, directory.System(), c.Name, p.ID))
	s := w.service("nuvol", c.Name)
	w.is(w.RemoveCollective(w.ctx, directory.System(), c.Name), directory.ErrConflict)
	w.ok(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: c.Name, Service: s.ID}, p.ID))
	w.ok(w.RemoveService(w.ctx, directory.System(), s.ID))
	w.ok(w.RemoveCollective(w.ctx, directory.System(), c.Name))
	w.is(w.RemoveCollective(w.ctx, directory.System(), c.Name), directory.ErrNotFound)
	_, err := w.Collective(w.ctx, c.Name)
	w.is(err, directory.ErrNotFound)
	w.ok(w.AddCollective(w.ctx, directory.System(), c))
}

func membersAndManagers(w *world) {
	c := w.collective("ateneu")
	p := w.person("marta")
	check := func(member, manager bool) {
		w.Helper()
		is, err := w.Standing(w.ctx, p.ID)
		w.ok(err)
		same(w, []bool{is.MemberOf(c.Name), is.Manages(c.Name)}, []bool{member, manager})
	}
	for range 2 { // twice: all four are idempotent
		w.ok(w.AddMember(w.ctx, directory.System(), c.Name, p.ID))
	}
	check(true, false)
	for range 2 {
		w.ok(w.AddManager(w.ctx, directory.System(), c.Name, p.ID))
	}
	check(true, true)
	got, err := w.Collective(w.ctx, c.Name)
	w.ok(err)
	same(w, got.Managers, []directory.PersonID{p.ID})
	for range 2 {
		w.ok(w.RemoveManager(w.ctx, directory.System(), c.Name, p.ID))
	}
	check(true, false)
	w.ok(w.AddManager(w.ctx, directory.System(), c.Name, p.ID))
	for range 2 {
		w.ok(w.RemoveMember(w.ctx, directory.System(), c.Name, p.ID))
	}
	check(false, false)
	w.ok(w.AddManager(w.ctx, directory.System(), c.Name, p.ID))
	check(true, true) // a manager is a member

	w.is(w.AddMember(w.ctx, directory.System(), "no-such-unit", p.ID), directory.ErrNotFound)
	w.is(w.RemoveMember(w.ctx, directory.System(), "no-such-unit", p.ID), directory.ErrNotFound)
	w.is(w.AddManager(w.ctx, directory.System(), "no-such-unit", p.ID), directory.ErrNotFound)
	w.is(w.RemoveManager(w.ctx, directory.System(), "no-such-unit", p.ID), directory.ErrNotFound)
	w.is(w.AddMember(w.ctx, directory.System(), c.Name, directory.PersonID(uuid.NewString())), directory.ErrNotFound)
	w.is(w.AddManager(w.ctx, directory.System(), c.Name, directory.PersonID(uuid.NewString())), directory.ErrNotFound)
}

func standing(w *world) {
	b, a := w.collective("bcn"), w.collective("alella")
	p := w.person("marta")
	is, err := w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, is, directory.Standing{})
	s := w.service("nuvol", a.Name)
	w.ok(w.AddMember(w.ctx, directory.System(), b.Name, p.ID))
	w.ok(w.AddManager(w.ctx, directory.System(), a.Name, p.ID))
	for _, role := range []string{"zelador", "", "admin"} {
		w.ok(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: a.Name, Service: s.ID, Role: role}, p.ID))
	}
	is, err = w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, is, directory.Standing{
		Memberships: []directory.Membership{{Collective: a.Name, Manager: true}, {Collective: b.Name}},
		Access: []directory.Access{
			{Collective: a.Name, Service: s.ID}, {Collective: a.Name, Service: s.ID, Role: "admin"},
			{Collective: a.Name, Service: s.ID, Role: "zelador"},
		},
	})
}

func accessGranted(w *world) {
	c := w.collective("ateneu")
	s := w.service("nuvol", c.Name)
	admin := w.service("nuvol-admin", c.Name)
	p, other := w.person("marta"), w.person("pau")
	plain := directory.Access{Collective: c.Name, Service: s.ID}
	role := directory.Access{Collective: c.Name, Service: s.ID, Role: `Comptable, "1a" <+>; #\*`}
	clash := directory.Access{Collective: c.Name, Service: s.ID, Role: "admin-" + w.mark}
	for _, a := range []directory.Access{plain, role, clash, {Collective: c.Name, Service: admin.ID}} {
		for range 2 {
			w.ok(w.GrantAccess(w.ctx, directory.System(), a, p.ID))
		}
		w.ok(w.GrantAccess(w.ctx, directory.System(), a, other.ID))
	}
	is, err := w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, len(is.Access), 4)
	same(w, slices.Contains(is.Access, role), true)
	for range 2 {
		w.ok(w.RevokeAccess(w.ctx, directory.System(), plain, p.ID))
	}
	is, err = w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, []bool{len(is.Access) == 3, slices.Contains(is.Access, plain), slices.Contains(is.Access, role)}, []bool{true, false, true})
	is, err = w.Standing(w.ctx, other.ID)
	w.ok(err)
	same(w, len(is.Access), 4)

	w.is(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: c.Name, Service: "no-such"}, p.ID), directory.ErrNotFound)
	w.is(w.GrantAccess(w.ctx, directory.System(), plain, directory.PersonID(uuid.NewString())), directory.ErrNotFound)
	w.ok(w.RemoveService(w.ctx, directory.System(), s.ID))
	is, err = w.Standing(w.ctx, other.ID)
	w.ok(err)
	same(w, is.Access, []directory.Access{{Collective: c.Name, Service: admin.ID}})
}

// accessOfGuests: a collective opens what it runs or was invited to. Could it
// open anything else, its manager would be master of every service.
func accessOfGuests(w *world) {
	host, guest, stranger := w.collective("amfitrio"), w.collective("convidat"), w.collective("estrany")
	s := w.aService("nuvol", host.Name)
	s.Guests, s.Access = []directory.CollectiveName{guest.Name}, directory.AccessGroup
	w.ok(w.AddService(w.ctx, directory.System(), s))
	p := w.person("marta")
	w.ok(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: guest.Name, Service: s.ID}, p.ID))
	w.is(w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: stranger.Name, Service: s.ID}, p.ID), directory.ErrRefused)
	is, err := w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, is.Access, []directory.Access{{Collective: guest.Name, Service: s.ID}})
	same(w, s.Open(is), true)
}
