// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

func personLife(w *world) {
	unit := w.collective("ateneu")
	p := w.somebody("marta")
	p.Primary = unit.Name
	p.Expires = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := w.Person(w.ctx, p.ID)
	w.is(err, directory.ErrNotFound)
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
	w.is(w.AddPerson(w.ctx, directory.System(), p), directory.ErrExists)
	w.ok(w.RemovePerson(w.ctx, directory.System(), p.ID))
	_, err = w.Person(w.ctx, p.ID)
	w.is(err, directory.ErrNotFound)
	w.is(w.RemovePerson(w.ctx, directory.System(), p.ID), directory.ErrNotFound)
	w.is(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Name: ptr("Marta")}), directory.ErrNotFound)
}

func anonymousPerson(w *world) {
	p := directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle("garsa." + w.mark), State: directory.Active,
		Anonymous: true, Name: "garsa", Seed: []byte("seed"),
	}
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
	found, err := w.PersonByLogin(w.ctx, string(p.Handle))
	w.ok(err)
	same(w, found, p)
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Name: ptr("puput")}))
	got, err = w.Person(w.ctx, p.ID)
	w.ok(err)
	p.Name = "puput"
	same(w, got, p)
}

func registrationAccepted(w *world) {
	unit := w.collective("forn")
	p := w.somebody("nil")
	p.State, p.Primary, p.Pending = directory.PendingConfirmation, unit.Name, "nou."+w.mark+"@example.org"
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
	waiting := directory.PersonFilter{Collective: unit.Name, State: directory.PendingConfirmation}
	same(w, collect(w, w.ListPeople(w.ctx, waiting)), []directory.Person{p})
	w.is(w.RemoveCollective(w.ctx, directory.System(), unit.Name), directory.ErrConflict)

	w.ok(w.AddMember(w.ctx, directory.System(), unit.Name, p.ID))
	w.ok(w.SetPassword(w.ctx, directory.System(), p.ID, "gat amb botes"))
	change := directory.PersonChange{State: ptr(directory.Active), Pending: ptr(""), Verified: ptr(append(p.Verified, p.Pending))}
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, change))
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, change)) // repeating does no harm
	got, err = w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, []any{got.ID, got.Seed, got.State, got.Pending, len(got.Verified)}, []any{p.ID, p.Seed, directory.Active, "", 2})
	_, err = w.Authenticate(w.ctx, p.ID, "gat amb botes")
	w.ok(err)
	same(w, len(collect(w, w.ListPeople(w.ctx, waiting))), 0)
	same(w, len(collect(w, w.ListPeople(w.ctx, directory.PersonFilter{Collective: unit.Name}))), 1)
	is, err := w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, is.MemberOf(unit.Name), true)
}

func registrationDenied(w *world) {
	unit := w.collective("forn")
	p := w.somebody("nil")
	p.State, p.Primary = directory.PendingApproval, unit.Name
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	w.is(w.AddPerson(w.ctx, directory.System(), w.withHandle(w.somebody("un-altre"), p.Handle)), directory.ErrExists)
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{State: ptr(directory.Denied)}))
	got, err := w.PersonByLogin(w.ctx, string(p.Handle))
	w.ok(err)
	same(w, got.State, directory.Denied)
	w.ok(w.RemovePerson(w.ctx, directory.System(), p.ID))
	w.ok(w.RemoveCollective(w.ctx, directory.System(), unit.Name))
}

func (w *world) withHandle(p directory.Person, h directory.Handle) directory.Person {
	p.Handle = h
	return p
}

func personInvalid(w *world) {
	for name, spoil := range map[string]func(*directory.Person){
		"no id":                   func(p *directory.Person) { p.ID = "" },
		"no name":                 func(p *directory.Person) { p.Name = "" },
		"no state":                func(p *directory.Person) { p.State = "" },
		"unknown state":           func(p *directory.Person) { p.State = "happy" },
		"no handle":               func(p *directory.Person) { p.Handle = "" },
		"handle with capital":     func(p *directory.Person) { p.Handle = "Marta" },
		"handle like an address":  func(p *directory.Person) { p.Handle = "marta@example.org" },
		"reserved handle":         func(p *directory.Person) { p.Handle = "root" },
		"handle too long":         func(p *directory.Person) { p.Handle = directory.Handle(strings.Repeat("a", 31)) },
		"address beyond ASCII":    func(p *directory.Person) { p.Mail, p.Verified = "", []string{"martà@example.org"} },
		"mail not verified":       func(p *directory.Person) { p.Mail = "altra@example.org" },
		"anonymous with mail":     func(p *directory.Person) { p.Anonymous, p.GivenName, p.FamilyName = true, "", "" },
		"anonymous with a name":   func(p *directory.Person) { p.Anonymous, p.Mail = true, "" },
		"id that is no identifer": func(p *directory.Person) { p.ID = "a,ou=system" },
	} {
		p := w.somebody("marta")
		spoil(&p)
		if err := w.AddPerson(w.ctx, directory.System(), p); err == nil {
			w.Errorf("%s: accepted", name)
		} else {
			w.is(err, directory.ErrInvalid)
		}
	}
	p := w.person("marta")
	w.is(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{State: ptr(directory.State("happy"))}), directory.ErrInvalid)
	w.is(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{State: ptr(directory.State(""))}), directory.ErrInvalid)
	w.is(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Name: ptr("")}), directory.ErrInvalid)
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
}

func personUnique(w *world) {
	p := w.person("marta")
	other := w.somebody("pau")
	for _, twin := range []func(*directory.Person){
		func(q *directory.Person) { q.ID = p.ID },
		func(q *directory.Person) { q.Handle = p.Handle },
		func(q *directory.Person) { q.Verified, q.Mail = p.Verified, p.Mail },
		func(q *directory.Person) { q.Verified, q.Mail = []string{strings.ToUpper(p.Mail)}, "" },
	} {
		q := other
		twin(&q)
		w.is(w.AddPerson(w.ctx, directory.System(), q), directory.ErrExists)
	}
	w.ok(w.AddPerson(w.ctx, directory.System(), other))
	steal := directory.PersonChange{Verified: ptr([]string{other.Mail, p.Mail})}
	w.is(w.ChangePerson(w.ctx, directory.System(), other.ID, steal), directory.ErrExists)
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{State: ptr(directory.Deleted)}))
	w.is(w.AddPerson(w.ctx, directory.System(), w.withHandle(w.somebody("nova"), p.Handle)), directory.ErrExists)
}

func personChange(w *world) {
	unit := w.collective("ateneu")
	p := w.person("marta")
	second := "segona." + w.mark + "@example.org"
	expires := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{
		State: ptr(directory.Suspended), Name: ptr("Marta Vila"), GivenName: ptr("Martona"), FamilyName: ptr("Vila"),
		Verified: ptr([]string{p.Mail, second}), Mail: &second, Pending: ptr("tercera@example.org"), Language: ptr("es"),
		Primary: &unit.Name, Seed: ptr([]byte("nova")), Expires: &expires, MustChange: ptr(true),
	}))
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	want := p
	want.State, want.Name, want.GivenName, want.FamilyName = directory.Suspended, "Marta Vila", "Martona", "Vila"
	want.Verified, want.Mail, want.Pending, want.Language = []string{p.Mail, second}, second, "tercera@example.org", "es"
	want.Primary, want.Seed, want.Expires, want.MustChange = unit.Name, []byte("nova"), expires, true
	slices.Sort(got.Verified)
	same(w, got, want)

	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{
		GivenName: ptr(""), FamilyName: ptr(""), Mail: ptr(""), Pending: ptr(""), Language: ptr(""),
		Primary: ptr(directory.CollectiveName("")), Seed: ptr([]byte{}), Expires: &time.Time{}, MustChange: ptr(false),
		Verified: &[]string{},
	}))
	got, err = w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, directory.Person{
		ID: p.ID, Handle: p.Handle, State: directory.Suspended, Name: "Marta Vila", Epoch: p.Epoch,
		Created: p.Created, ValidatedBy: p.ValidatedBy, ValidatedAt: p.ValidatedAt,
	})
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{})) // nothing to do
}

func personNames(w *world) {
	p := w.somebody("marta")
	p.GivenName, p.FamilyName = "", ""
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	check := func(name, family string) {
		w.Helper()
		got, err := w.Person(w.ctx, p.ID)
		w.ok(err)
		same(w, []string{got.Name, got.FamilyName}, []string{name, family})
	}
	check(p.Name, "")
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Name: ptr("Мария 🔑 \u202e")}))
	check("Мария 🔑 \u202e", "")
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{FamilyName: ptr("Soler")}))
	check("Мария 🔑 \u202e", "Soler")
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Name: ptr("Maria")}))
	check("Maria", "Soler")
}

func mailVerified(w *world) {
	p := w.person("marta")
	w.is(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Mail: ptr("altra@example.org")}), directory.ErrInvalid)
	w.is(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Verified: &[]string{}}), directory.ErrInvalid)
	w.is(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{
		Mail: ptr("altra@example.org"), Verified: &[]string{p.Mail},
	}), directory.ErrInvalid)
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Mail: ptr("")}))
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Mail: &p.Mail}))
	got, err = w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got, p)
}

func personEpoch(w *world) {
	p := w.person("marta")
	for range 3 {
		w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{RaiseEpoch: true}))
	}
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got.Epoch, p.Epoch+3)
}

// personStill: whoever writes what follows from a person as they were read
// writes nothing over what somebody decided since.
func personStill(w *world) {
	unit := w.collective("ateneu")
	p := w.person("marta")
	change := func(still directory.Person, c directory.PersonChange) error {
		c.Still = &still
		return w.ChangePerson(w.ctx, directory.System(), p.ID, c)
	}
	until, later := asked.AddDate(0, 1, 0), asked.AddDate(0, 2, 0)
	for _, decided := range []directory.PersonChange{
		{State: ptr(directory.Suspended)}, {Until: &until}, {Until: &later}, {Expires: &later}, {Primary: &unit.Name},
		{Until: ptr(time.Time{})}, {Expires: ptr(time.Time{})}, {Primary: ptr(directory.CollectiveName(""))}, {State: ptr(directory.Active)},
	} {
		read, err := w.Person(w.ctx, p.ID)
		w.ok(err)
		w.ok(change(read, decided))
		w.is(change(read, directory.PersonChange{Language: ptr("ca"), RaiseEpoch: true}), directory.ErrConflict)
	}
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	if got.Epoch != p.Epoch || got.Language != p.Language {
		w.Errorf("%+v", got)
	}
	w.ok(change(got, directory.PersonChange{Language: ptr("ca")}))
}

func listPeople(w *world) {
	unit := w.collective("ateneu")
	marta, pau, iu := w.person("marta"), w.person("pau"), w.person("iu")
	for _, id := range []directory.PersonID{marta.ID, pau.ID} {
		w.ok(w.AddMember(w.ctx, directory.System(), unit.Name, id))
	}
	w.ok(w.ChangePerson(w.ctx, directory.System(), pau.ID, directory.PersonChange{State: ptr(directory.Suspended)}))
	for _, c := range []struct {
		name   string
		filter directory.PersonFilter
		want   []directory.PersonID
	}{
		{"by mark", directory.PersonFilter{Text: w.mark}, []directory.PersonID{marta.ID, pau.ID, iu.ID}},
		{"by mark in capitals", directory.PersonFilter{Text: strings.ToUpper(w.mark)}, []directory.PersonID{marta.ID, pau.ID, iu.ID}},
		{"by address", directory.PersonFilter{Text: w.mark + "@EXAMPLE"}, []directory.PersonID{marta.ID, pau.ID, iu.ID}},
		{"by state", directory.PersonFilter{Text: w.mark, State: directory.Suspended}, []directory.PersonID{pau.ID}},
		{"members", directory.PersonFilter{Collective: unit.Name}, []directory.PersonID{marta.ID, pau.ID}},
		{"active members", directory.PersonFilter{Collective: unit.Name, State: directory.Active}, []directory.PersonID{marta.ID}},
		{"members by text", directory.PersonFilter{Collective: unit.Name, Text: "marta"}, []directory.PersonID{marta.ID}},
		{"a wildcard is text", directory.PersonFilter{Text: "*" + w.mark}, nil},
		{"no collective", directory.PersonFilter{Collective: "no-such-" + unit.Name}, nil},
	} {
		var got []directory.PersonID
		for _, p := range collect(w, w.ListPeople(w.ctx, c.filter)) {
			got = append(got, p.ID)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			w.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// listMany is more than any page, and more than servers answer at once.
func listMany(w *world) {
	unit := w.collective("gran")
	const many = 1200
	for i := range many {
		p := directory.Person{
			ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle(fmt.Sprintf("p%04d.%s", i, w.mark)),
			State: directory.Active, Name: "Persona", Seed: []byte("seed"),
		}
		w.ok(w.AddPerson(w.ctx, directory.System(), p))
		if i%4 == 0 {
			w.ok(w.AddMember(w.ctx, directory.System(), unit.Name, p.ID))
		}
	}
	seen := make(map[directory.PersonID]bool)
	for p, err := range w.ListPeople(w.ctx, directory.PersonFilter{Text: w.mark}) {
		w.ok(err)
		seen[p.ID] = true
	}
	same(w, len(seen), many)
	same(w, len(collect(w, w.ListPeople(w.ctx, directory.PersonFilter{Collective: unit.Name}))), many/4)
	for range w.ListPeople(w.ctx, directory.PersonFilter{Text: w.mark}) {
		break // who stops early leaves nothing behind
	}
	nested := 0
	for p, err := range w.ListPeople(w.ctx, directory.PersonFilter{Text: "p000"}) {
		w.ok(err)
		_, err = w.Person(w.ctx, p.ID)
		w.ok(err)
		nested++
	}
	if nested < 10 {
		w.Fatalf("listed %d", nested)
	}
}
