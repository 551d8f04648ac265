// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

const (
	martas   = "marta@correu.example"
	password = "quatre paraules molt tranquilles"
)

// Marta opens /join in Catalan, on an old telephone. Programs look at each link
// of her letters before she does.
func TestMartaJoinsInCatalan(t *testing.T) {
	c := build(t)
	marta := c.newcomer("ca")
	marta.Open(c.Issuer + "/join")
	marta.Sees("Tria el teu col·lectiu", "Ateneu Popular", "Som gent del barri.", "Horta Viva")
	marta.Press("Ateneu Popular")
	marta.Sees("Uneix-te al col·lectiu Ateneu Popular", "I després, què?", "14 dies", "Quin animal és a la porta?")
	marta.fill(map[string]string{
		"handle": " Marta.Puig ", "mail": martas, "name": "Marta Puig", "words": "Soc la veïna del segon.", "answer": "GAT",
	})
	marta.sends()
	marta.Sees("Confirma l’adreça", martas, "marta.puig")

	c.scanned(c.link(c.last(martas), "/join/prove"))
	marta.Fill("#code", c.code(c.last(martas)))
	marta.Press("#prove-code")
	marta.Sees("Gràcies, hem confirmat l’adreça", "El col·lectiu té la sol·licitud", "Espera des del")

	request := c.waiting("anna", idptest.Ateneu)
	if request.Words != "Soc la veïna del segon." || request.About.Name != "Marta Puig" || request.About.Language != "ca" {
		t.Errorf("the managers see %q of %q, in %q", request.Words, request.About.Name, request.About.Language)
	}
	c.must(c.members.AskBack(context.Background(), c.by("anna", idptest.Ateneu), request.ID, "De quin segon?\nN’hi ha <b>dos</b>."))
	question := c.link(c.last(martas), "/join/application")
	c.scanned(question)
	marta.Open(question)
	marta.Sees("Et pregunten una cosa", "N’hi ha <b>dos</b>.")
	marta.Press("#send-reply")
	marta.answers(http.StatusUnprocessableEntity)
	marta.Sees("Escriu la resposta.")
	marta.Fill("#reply", "Del segon primera.")
	marta.Press("#send-reply")
	marta.Sees("Hem fet arribar la teva resposta.", "Del segon primera.")

	c.accepts()
	marta.Open(question)
	marta.Sees("T’han dit que sí", "T’hem enviat un correu")
	accepted := c.link(c.last(martas), "/join/password")
	c.scanned(accepted)
	marta.Open(accepted)
	marta.Sees("Tria la teva contrasenya", "Ateneu Popular t’ha dit que sí.", "marta.puig")
	marta.fill(map[string]string{"password": password, "password-again": password})
	marta.Press("#set-password")
	if marta.Plain.Address() != c.Issuer+"/" {
		t.Fatalf("she lands at %s:\n%s", marta.Plain.Address(), marta.Plain.Text())
	}
	marta.Sees("Marta Puig", "Els teus serveis")

	marta.Open(accepted)
	marta.answers(http.StatusGone)
	marta.Sees("Aquest enllaç ja no serveix")
	marta.Open(question)
	marta.Sees("Ja hi ets")
	for _, secret := range []string{accepted, question} {
		_, secret, _ = strings.Cut(secret, "t=")
		c.Logs.Hides(t, map[string]string{"a ticket": secret, "an address": martas})
	}
}

// Somebody joins whom the collective knows, and no form.
func TestSomebodyJoinsWithoutNameOrAddress(t *testing.T) {
	c := build(t)
	someone := c.newcomer("es")
	someone.Open(c.Issuer + "/join/ateneu")
	someone.Press("#other-way")
	if someone.Has("#name") || someone.Has("#mail") {
		t.Error("a name or an address is asked for")
	}
	someone.fill(map[string]string{"handle": "oliba", "answer": "gat"})
	someone.sends()
	someone.Sees("Apunta este código", "oliba", c.Issuer+"/join/return")
	code := someone.Value("#paper-code")
	ticketOf := someone.form("/join/application/noted").Get("t")

	someone.Press("#go-on") // before it is written down
	someone.answers(http.StatusUnprocessableEntity)
	someone.Sees("Marca la casilla")
	if got := someone.Value("#paper-code"); got != code {
		t.Fatalf("the code is shown again as %q", got)
	}
	someone.Tick("#noted")
	someone.Press("#go-on")
	someone.Sees("El colectivo tiene la solicitud")
	someone.SeesNot(code)
	c.Logs.Hides(t, map[string]string{"the code": code, "the code without dashes": strings.ReplaceAll(code, "-", ""), "a ticket": ticketOf})

	c.accepts()
	later := c.newcomer("es")
	later.Open(c.Issuer + "/join/return")
	later.fill(map[string]string{"handle": "Oliba", "code": strings.ToLower(strings.ReplaceAll(code, "-", " "))})
	later.Press("#return")
	later.Sees("Elige tu contraseña")
	later.fill(map[string]string{"password": password, "password-again": password + "!"})
	later.Press("#set-password")
	later.answers(http.StatusUnprocessableEntity)
	later.Sees("no son iguales")
	later.fill(map[string]string{"password": password, "password-again": password})
	later.Press("#set-password")
	later.Sees("oliba")
	if later.Plain.Address() != c.Issuer+"/" {
		t.Errorf("they land at %s", later.Plain.Address())
	}
	p, err := c.Directory.PersonByLogin(context.Background(), "oliba")
	c.must(err)
	if !p.Anonymous || p.Mail != "" || p.Name != "oliba" || p.State != directory.Active {
		t.Errorf("%+v", p)
	}
}

// The link of the letter proves as well as the code, by a button: opening it
// proves nothing.
func TestAnAddressIsProvenByAButton(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	link := c.link(c.last(martas), "/join/prove")
	c.scanned(link)
	if p := c.person("marta"); p.State != directory.PendingConfirmation {
		t.Fatalf("a program proved the address: %s", p.State)
	}
	other := c.newcomer("en") // the letter is read elsewhere
	other.Open(link)
	other.Sees("Is this address yours?", martas)
	other.Press("#prove")
	other.Sees("The collective has your request")
	if p := c.person("marta"); p.State != directory.PendingApproval {
		t.Errorf("the person is %s", p.State)
	}
	c.scanned(link)
	other.Open(link) // once more, by mistake
	other.Press("#prove")
	other.Sees("The collective has your request")
}

func TestAnApplicationIsTakenBack(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	here := marta.Plain.Address()
	marta.Press("#withdraw")
	marta.answers(http.StatusUnprocessableEntity)
	marta.Sees("tick the box")
	marta.Tick("#confirm")
	marta.Press("#withdraw")
	marta.Sees("You took your request back", "Choose your collective")
	found, err := c.Directory.Taken(context.Background(), "marta", martas)
	c.must(err)
	if len(found) != 0 {
		t.Error("something is left of it")
	}
	marta.Open(here)
	marta.answers(http.StatusGone)
	marta.Sees("This request is no longer there")
}

func TestTheLetterIsSentAgain(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	before := len(c.Mail.To(martas))
	marta.Press("#send-again")
	marta.Sees("we wrote to it again")
	if got := len(c.Mail.To(martas)); got != before+1 {
		t.Errorf("%d letters, then %d", before, got)
	}
	for range 5 {
		marta.Press("#send-again")
	}
	marta.answers(http.StatusTooManyRequests)
	marta.Sees("too many tries")
}

// Whoever guesses the code has few tries, and is told so on the same page.
func TestCodesAreNotGuessed(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	for range 10 {
		marta.Fill("#code", "00000000")
		marta.Press("#prove-code")
		marta.answers(http.StatusUnprocessableEntity)
		marta.Sees("This code is not right")
	}
	marta.Fill("#code", c.code(c.last(martas)))
	marta.Press("#prove-code")
	marta.answers(http.StatusTooManyRequests)
	marta.Open(c.link(c.last(martas), "/join/prove")) // the link still does
	marta.Press("#prove")
	marta.Sees("The collective has your request")
}

// Somebody else who was logged in on the telephone is not, once the new account
// begins.
func TestTheFirstPasswordEndsAnothersSession(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	marta.Fill("#code", c.code(c.last(martas)))
	marta.Press("#prove-code")
	c.accepts()
	family := c.newcomer("en")
	family.Open(c.Issuer + "/login")
	family.LogsIn("bernat", idptest.Password)
	family.Sees("Bernat Soler")
	before := family.Cookies(c.Issuer)
	family.Open(c.link(c.last(martas), "/join/password"))
	family.fill(map[string]string{"password": password, "password-again": password})
	family.Press("#set-password")
	family.Sees("marta")
	family.SeesNot("Bernat Soler")
	again := c.newcomer("en")
	u := family.Resolve("/account")
	r, err := http.NewRequest(http.MethodGet, u, nil)
	c.must(err)
	for _, cookie := range before {
		r.AddCookie(cookie)
	}
	again.Send(r)
	again.SeesNot("Bernat Soler")
}

// A weak password is told, and does not use the link up.
func TestAWeakPasswordIsRefused(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	marta.Fill("#code", c.code(c.last(martas)))
	marta.Press("#prove-code")
	c.accepts()
	marta.Open(c.link(c.last(martas), "/join/password"))
	for words, typed := range map[string][2]string{
		"too easy to guess":      {"abc", "abc"},
		"are not the same":       {password, password + "!"},
		"the new password twice": {"", ""},
	} {
		marta.fill(map[string]string{"password": typed[0], "password-again": typed[1]})
		marta.Press("#set-password")
		marta.answers(http.StatusUnprocessableEntity)
		marta.Sees(words)
	}
	marta.fill(map[string]string{"password": password, "password-again": password})
	marta.Press("#set-password")
	if marta.Plain.Address() != c.Issuer+"/" {
		t.Errorf("at %s:\n%s", marta.Plain.Address(), marta.Plain.Text())
	}
}

// What nobody decides about lapses, and its page says so.
func TestALapsedApplicationIsGone(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	here := marta.Plain.Address()
	c.Clock.Advance(49 * time.Hour)
	c.must(c.members.Sweep(context.Background()))
	marta.Open(here)
	marta.answers(http.StatusGone)
}

// person is who waits under a handle.
func (c *town) person(handle string) directory.Person {
	c.t.Helper()
	found, err := c.Directory.Taken(context.Background(), directory.Handle(handle), "")
	c.must(err)
	if len(found) != 1 {
		c.t.Fatalf("%d people are called %s", len(found), handle)
	}
	return found[0]
}
