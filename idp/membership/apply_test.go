// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// Marta applies, proves her address, is accepted and sets a password.
func TestMartaJoins(t *testing.T) {
	w := newTown(t)
	a, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	if !a.Prove || a.Code != "" {
		t.Errorf("applied: %+v", a)
	}
	l := w.letters.last(t, letter.ProveAddress)
	if l.Address != "marta@example.coop" || l.To.Mail != "" {
		t.Errorf("the letter goes to %q", l.Address)
	}
	if waiting, err := w.room.Waiting(w.ctx(), manages("anna", ateneu)); err != nil || len(waiting) != 0 {
		t.Errorf("an unproven application is nobody's to see: %v, %v", waiting, err)
	}
	follow, err := w.room.Prove(w.ctx(), ticketIn(t, l))
	w.must(err)
	if n := w.letters.count(letter.Waiting); n != 2 {
		t.Errorf("%d managers heard at once of the first, want 2", n)
	}
	list, err := w.room.Waiting(w.ctx(), manages("anna", ateneu))
	w.must(err)
	if len(list) != 1 || list[0].About.Mail != "marta@example.coop" || list[0].Words != "Hola!" || list[0].Mine {
		t.Fatalf("waiting: %+v", list)
	}
	if list[0].About.Seed != nil || list[0].About.Verified != nil {
		t.Error("managers see more than they need")
	}
	result, err := w.room.Accept(w.ctx(), manages("anna", ateneu), list[0].ID)
	w.must(err)
	if result != Done {
		t.Errorf("result %q", result)
	}
	mine, err := w.room.Application(w.ctx(), follow)
	if err != nil || !mine.Accepted || mine.InUse {
		t.Errorf("application: %+v, %v", mine, err)
	}
	link := ticketIn(t, w.letters.last(t, letter.Accepted))
	_, err = w.room.FirstPassword(w.ctx(), link, "curt")
	is(t, err, ErrWeak)
	p, err := w.room.FirstPassword(w.ctx(), link, "una contrasenya llarga")
	w.must(err)
	if p.Epoch != 1 || !p.MayEnter(w.clock.Now()) || p.ValidatedBy != "anna" || p.Primary != ateneu || !p.Expires.IsZero() {
		t.Errorf("the account: %+v", p)
	}
	_, err = w.room.FirstPassword(w.ctx(), link, "una altra ben llarga")
	is(t, err, ErrTicket)
	mine, err = w.room.Application(w.ctx(), follow)
	if err != nil || !mine.InUse || mine.Person.Mail != "" {
		t.Errorf("application of an account in use: %+v, %v", mine, err)
	}
	for _, kind := range []audit.Kind{audit.Applied, audit.AddressProved, audit.CaseAccepted, audit.PasswordSet} {
		if n := len(w.events(kind)); n != 1 {
			t.Errorf("%d events %q", n, kind)
		}
	}
	if e := w.events(audit.CaseAccepted)[0]; e.Actor != "anna" || e.Person != p.ID || e.Collective != ateneu || e.Reason != "register" {
		t.Errorf("event: %+v", e)
	}
}

func TestFaultsAreAllToldAtOnce(t *testing.T) {
	w := newTown(t)
	long := strings.Repeat("à", 501)
	for name, test := range map[string]struct {
		change func(*Application)
		want   Faults
	}{
		"nothing typed":          {func(a *Application) { *a = Application{Collective: ateneu} }, Faults{{"handle", "empty"}, {"mail", "empty"}}},
		"capitals are no fault":  {func(a *Application) { a.Handle = " Marta " }, nil},
		"reserved":               {func(a *Application) { a.Handle = "admin" }, Faults{{"handle", "taken"}}},
		"taken":                  {func(a *Application) { a.Handle = "anna" }, Faults{{"handle", "taken"}}},
		"handle with a space":    {func(a *Application) { a.Handle = "mar ta" }, Faults{{"handle", "malformed"}}},
		"a long handle":          {func(a *Application) { a.Handle = directory.Handle(long[:31]) }, Faults{{"handle", "too-long"}}},
		"two addresses":          {func(a *Application) { a.Mail = "a@example.coop, b@example.coop" }, Faults{{"mail", "malformed"}}},
		"a header in an address": {func(a *Application) { a.Mail = "a@example.coop\r\nBcc: b@example.coop" }, Faults{{"mail", "malformed"}}},
		"a name in an address":   {func(a *Application) { a.Mail = "Marta <a@example.coop>" }, Faults{{"mail", "malformed"}}},
		"no address at all":      {func(a *Application) { a.Mail = "marta" }, Faults{{"mail", "malformed"}}},
		"a long address":         {func(a *Application) { a.Mail = strings.Repeat("a", 250) + "@example.coop" }, Faults{{"mail", "too-long"}}},
		"a long line and name":   {func(a *Application) { a.Words, a.Name = long, long }, Faults{{"name", "too-long"}, {"words", "too-long"}}},
		"500 characters":         {func(a *Application) { a.Words = strings.Repeat("à", 500) }, nil},
		"words turned around":    {func(a *Application) { a.Name = "x\u202egpj.exe" }, Faults{{"name", "malformed"}}},
		"a bell":                 {func(a *Application) { a.Words = "ding\a" }, Faults{{"words", "malformed"}}},
		"two lines":              {func(a *Application) { a.Words = "una\r\ndues" }, nil},
		"anonymous with address": {func(a *Application) { a.Anonymous = true }, Faults{{"mail", "malformed"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			a := marta(ateneu)
			test.change(&a)
			_, err := w.room.Apply(w.ctx(), a, homeNetwork)
			if test.want == nil {
				is(t, err, nil)
				return
			}
			is(t, err, test.want)
			if w.ledger.writes != 0 || len(w.letters.all()) != 0 {
				t.Error("something was done with it")
			}
		})
	}
	_, err := w.room.Apply(w.ctx(), marta("nowhere"), homeNetwork)
	is(t, err, ErrNotThere)
}

func TestTheCollectivesQuestion(t *testing.T) {
	w := newTown(t)
	settings := directory.Settings{Question: map[string]string{"ca": "De quin color és la façana?"}, Answers: []string{"Vermella", "roja"}}
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), ateneu, directory.CollectiveChange{Settings: &settings}))
	a := marta(ateneu)
	for _, wrong := range []string{"", "blava", strings.Repeat("x", 1<<20)} {
		a.Answer = wrong
		_, err := w.room.Apply(w.ctx(), a, homeNetwork)
		is(t, err, Faults{{"answer", "wrong"}})
	}
	a.Answer = "  VERMÉLLA "
	_, err := w.room.Apply(w.ctx(), a, homeNetwork)
	is(t, err, nil)
}

func TestClosedAndAnonymousAreTheCollectivesToSay(t *testing.T) {
	w := newTown(t)
	nobody := Application{Collective: forn, Handle: "ombra", Anonymous: true}
	no := []byte(`{"anonymous": false}`)
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), forn, directory.CollectiveChange{Policy: &no}))
	_, err := w.room.Apply(w.ctx(), nobody, homeNetwork)
	is(t, err, ErrClosed)
	closed := directory.Settings{Closed: true}
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), horta, directory.CollectiveChange{Settings: &closed}))
	_, err = w.room.Apply(w.ctx(), marta(horta), homeNetwork)
	is(t, err, ErrClosed)
	open, err := w.room.Open(w.ctx())
	w.must(err)
	if len(open) != 2 || open[0].Name != ateneu || !TakesAnonymous(open[0]) || TakesAnonymous(open[1]) {
		t.Errorf("open: %+v", open)
	}
}

// Somebody without an address comes back by a code on paper, sets a password
// with nothing else, and nobody else's code does.
func TestAnonymousAppliesAndReturns(t *testing.T) {
	w := newTown(t)
	a, err := w.room.Apply(w.ctx(), Application{Collective: ateneu, Handle: "ombra", Anonymous: true}, homeNetwork)
	w.must(err)
	if a.Prove || len(a.Code) != 19 {
		t.Fatalf("applied: %+v", a)
	}
	list, err := w.room.Waiting(w.ctx(), manages("biel", ateneu))
	w.must(err)
	if len(list) != 1 || !list[0].About.Anonymous || list[0].About.Name != "ombra" {
		t.Fatalf("waiting: %+v", list)
	}
	_, err = w.room.FirstPassword(w.ctx(), a.Ticket, "una contrasenya llarga")
	is(t, err, ErrTicket)
	_, err = w.room.Accept(w.ctx(), manages("biel", ateneu), list[0].ID)
	w.must(err)
	_, err = w.room.Return(w.ctx(), "ombra", "0000-0000-0000-0000", homeNetwork)
	is(t, err, ErrTicket)
	back, err := w.room.Return(w.ctx(), " Ombra", strings.ToLower(strings.ReplaceAll(a.Code, "-", " ")), homeNetwork)
	w.must(err)
	mine, err := w.room.Application(w.ctx(), back)
	if err != nil || !mine.Accepted {
		t.Errorf("application: %+v, %v", mine, err)
	}
	_, err = w.room.FirstPassword(w.ctx(), back, "una contrasenya llarga")
	w.must(err)
	_, err = w.room.FirstPassword(w.ctx(), a.Ticket, "d'un altre, molt llarga")
	is(t, err, ErrTicket)
}

// Whether an address has an account is not told by what comes back, nor by the
// work that is done: only its owner reads of it.
func TestAKnownAddressIsToldToItsOwnerAlone(t *testing.T) {
	type work struct{ reads, writes, trips, letters int }
	try := func(address string) (*town, Applied, work) {
		w := newTown(t)
		w.settle("marta", forn)
		a := marta(ateneu)
		a.Handle, a.Mail = "nova", address
		before := work{w.ledger.reads, w.ledger.writes, w.shelf.trips, 0}
		got, err := w.room.Apply(w.ctx(), a, homeNetwork)
		w.must(err)
		return w, got, work{w.ledger.reads - before.reads, w.ledger.writes - before.writes, w.shelf.trips - before.trips, len(w.letters.all())}
	}
	known, a, spentKnown := try("Marta@Example.coop")
	unknown, b, spentUnknown := try("nova@example.coop")
	if spentKnown != spentUnknown {
		t.Errorf("known %+v, unknown %+v", spentKnown, spentUnknown)
	}
	if a.Prove != b.Prove || len(a.Ticket) != len(b.Ticket) || a.Code != b.Code {
		t.Errorf("known %+v, unknown %+v", a, b)
	}
	l := known.letters.last(t, letter.KnownAddress)
	if l.To.ID != "marta" || l.Code != "" || strings.Contains(l.Path, "prove") {
		t.Errorf("the owner reads %+v", l)
	}
	for _, w := range []*town{known, unknown} {
		mine, err := w.room.Application(w.ctx(), map[*town]Applied{known: a, unknown: b}[w].Ticket)
		if err != nil || mine.Person.State != directory.PendingConfirmation || mine.Accepted {
			t.Errorf("application: %+v, %v", mine, err)
		}
		is(t, w.types(map[*town]Applied{known: a, unknown: b}[w].Ticket, "00000000"), ErrTicket)
	}
	is(t, known.room.SendAgain(known.ctx(), a.Ticket), nil)
	is(t, unknown.room.SendAgain(unknown.ctx(), b.Ticket), nil)
	if n := known.letters.count(letter.KnownAddress); n != 2 {
		t.Errorf("%d letters to the owner, want 2", n)
	}
}

// Nobody's mailbox is filled by a form: three letters an hour, whoever asks, and
// then one for each network that does.
func TestAnAddressGetsFewLetters(t *testing.T) {
	w := newTown(t)
	var last Applied
	for i := range 12 {
		a := marta(ateneu)
		a.Handle = directory.Handle("marta" + string(rune('a'+i)))
		var err error
		last, err = w.room.Apply(w.ctx(), a, homeNetwork)
		w.must(err)
	}
	if n := w.letters.count(letter.ProveAddress); n != lettersAnHour+1 {
		t.Errorf("%d letters", n)
	}
	for range 3 {
		is(t, w.room.SendAgain(w.ctx(), last.Ticket), nil)
	}
	is(t, w.room.SendAgain(w.ctx(), last.Ticket), ErrSlow)
	w.clock.pass(2 * time.Hour)
	a := marta(ateneu)
	a.Handle = "martaz"
	_, err := w.room.Apply(w.ctx(), a, homeNetwork)
	w.must(err)
	if n := w.letters.count(letter.ProveAddress); n != lettersAnHour+1+3+1 {
		t.Errorf("%d letters after two hours", n)
	}
}

func TestANetworkIsBraked(t *testing.T) {
	w := newTown(t)
	apply := func(from string) error {
		_, err := w.room.Apply(w.ctx(), marta("nowhere"), mustAddr(from))
		return err
	}
	for range 30 {
		is(t, apply("2001:db8:1:2::1"), ErrNotThere)
	}
	is(t, apply("2001:db8:1:2::1"), ErrSlow)
	is(t, apply("2001:db8:1:ff:1:2:3:4"), ErrSlow) // the same household
	is(t, apply("2001:db8:2::1"), ErrNotThere)
	is(t, apply("192.0.2.1"), ErrNotThere)
	w.clock.pass(time.Minute)
	is(t, apply("2001:db8:1:2::1"), ErrNotThere)
	is(t, apply("2001:db8:1:2::1"), ErrSlow)
}
