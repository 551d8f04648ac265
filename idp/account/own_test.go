// SPDX-License-Identifier: AGPL-3.0-or-later

package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/idptest"
)

func TestAnAddressCountsOnceItIsProven(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	anna.asks("new@exemple.coop", "wrong").answers(http.StatusUnprocessableEntity).Sees("current password is not right")
	anna.asks("no address", idptest.Password).answers(http.StatusUnprocessableEntity).Sees("does not look like")
	anna.asks("anna@EXEMPLE.coop", idptest.Password).Sees("your address already")
	anna.asks("new@exemple.coop", idptest.Password).Sees("We have written to you", "new@exemple.coop")
	if p := anna.now(); p.Mail != "anna@exemple.coop" || len(p.Verified) != 1 {
		t.Fatalf("%s and %v before the proof", p.Mail, p.Verified)
	}
	link := anna.link("new@exemple.coop", 1, "/account/address/prove")
	elsewhere := stranger(t, clau) // mail is read on a telephone
	for range 3 {
		elsewhere.Open(link)
		elsewhere.answers(http.StatusOK).Sees("new@exemple.coop")
	}
	if p := anna.now(); p.Mail != "anna@exemple.coop" {
		t.Fatal("looking at the link changed the address")
	}
	elsewhere.Press("#prove")
	elsewhere.Sees("Done")
	if p := anna.now(); p.Mail != "new@exemple.coop" || len(p.Verified) != 1 || p.Pending != "" {
		t.Fatalf("%s, %v, %q after the proof", p.Mail, p.Verified, p.Pending)
	}
	if old := anna.letters("anna@exemple.coop", 1)[0]; !strings.Contains(old.Text, "no longer has this address") {
		t.Errorf("the old address was told:\n%s", old.Text)
	}
	if !recorded(clau, audit.AddressChanged, anna.id) {
		t.Error("nothing in the audit")
	}
	elsewhere.Open(link)
	elsewhere.answers(http.StatusGone).Sees("no longer works")
}

// asks that an address be the visitor's.
func (v visitor) asks(address, password string) visitor {
	v.t.Helper()
	v.Open(v.clau.Issuer + "/account/address")
	v.Fill("#mail", address)
	v.Fill("#current", password)
	v.Press("#save")
	return v
}

// What the directory could not keep is said on the page, whatever it is.
func TestAnAddressThatCannotBeKeptIsToldAtTheForm(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	for _, odd := range []string{"àlex@exemple.coop", "alex@exèmple.coop", "al\u200bex@exemple.coop", "alex@localhost", "a, b@exemple.coop"} {
		anna.asks(odd, idptest.Password).answers(http.StatusUnprocessableEntity)
	}
}

func TestAnAddressIsProvenByACodeToo(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	anna.asks("new@exemple.coop", idptest.Password)
	code := typed(t, anna.letters("new@exemple.coop", 1)[0])
	anna.proves("0000 0000").answers(http.StatusUnprocessableEntity).Sees("code is not right")
	clau.Clock.Advance(5 * time.Hour)
	anna.proves(code).answers(http.StatusOK).Sees("the new address counts now")
	if p := anna.now(); p.Mail != "new@exemple.coop" {
		t.Errorf("the address is %s", p.Mail)
	}
}

func (v visitor) proves(code string) visitor {
	v.t.Helper()
	v.Open(v.clau.Issuer + "/account/address")
	v.Fill("#code", code)
	v.Press("#prove")
	return v
}

func TestCodesOfAnAddressCannotBeGuessed(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	anna.asks("new@exemple.coop", idptest.Password)
	code := typed(t, anna.letters("new@exemple.coop", 1)[0])
	for range 10 {
		anna.proves("12345678")
	}
	anna.proves(code).answers(http.StatusTooManyRequests)
	if p := anna.now(); p.Mail != "anna@exemple.coop" {
		t.Error("proven after too many tries")
	}
}

func TestALaterAddressOvertakesAnEarlierOne(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	anna.asks("one@exemple.coop", idptest.Password)
	first := anna.link("one@exemple.coop", 1, "/account/address/prove")
	anna.asks("two@exemple.coop", idptest.Password)
	stranger(t, clau).opens(first).answers(http.StatusGone)
	second := anna.link("two@exemple.coop", 1, "/account/address/prove")
	anna.Open(clau.Issuer + "/account/address")
	anna.Press("#forget")
	stranger(t, clau).opens(second).answers(http.StatusGone)
	if p := anna.now(); p.Mail != "anna@exemple.coop" || p.Pending != "" {
		t.Errorf("%s, %q", p.Mail, p.Pending)
	}
}

func (v visitor) opens(address string) visitor {
	v.t.Helper()
	v.Open(address)
	return v
}

// Somebody else's address is asked for like any other: only who reads its mail
// learns that it has an account.
func TestAskingForAnAddressDoesNotTellWhoHasIt(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna, bernat := comes(t, clau, "anna"), comes(t, clau, "bernat")
	anna.asks("dolors@exemple.coop", idptest.Password)
	bernat.asks("nobody@exemple.coop", idptest.Password)
	words := func(v visitor, own, wanted string) string {
		return strings.NewReplacer(own, "OWN", wanted, "WANTED", "Anna Ferrer i Puig", "NAME", "Bernat Soler", "NAME").Replace(v.Text())
	}
	if a, b := words(anna, "anna@exemple.coop", "dolors@exemple.coop"), words(bernat, "bernat@exemple.coop", "nobody@exemple.coop"); a != b {
		t.Errorf("a known address:\n%s\nan unknown one:\n%s", a, b)
	}
	link := anna.link("dolors@exemple.coop", 1, "/account/address/prove")
	dolors := stranger(t, clau).opens(link)
	dolors.Press("#prove")
	dolors.answers(http.StatusConflict).Sees("another account")
	if p := anna.now(); p.Mail != "anna@exemple.coop" {
		t.Errorf("the address is %s", p.Mail)
	}
}

func TestAPasswordIsChangedByWhoKnowsTheOldOne(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	other, anna := comes(t, clau, "anna"), comes(t, clau, "anna")
	change := func(old, one, again string) visitor {
		anna.Open(clau.Issuer + "/account/password")
		anna.Fill("#current", old)
		anna.Fill("#password", one)
		anna.Fill("#password-again", again)
		anna.Press("#change")
		return anna
	}
	change("wrong", fresh, fresh).answers(http.StatusUnprocessableEntity).Sees("current password is not right")
	change(idptest.Password, fresh, fresh+"x").answers(http.StatusUnprocessableEntity).Sees("not the same")
	change(idptest.Password, idptest.Password, idptest.Password).answers(http.StatusUnprocessableEntity).Sees("different from the old one")
	change(idptest.Password, "short", "short").answers(http.StatusUnprocessableEntity).Sees("too easy")
	change(idptest.Password, fresh, fresh).answers(http.StatusOK).Sees("Your password is changed")
	other.Open(clau.Issuer + "/account")
	other.SeesElement("#username")
	other.LogsIn("anna", fresh)
	other.Sees("Your account")
	if n := len(anna.letters("anna@exemple.coop", 1)); n != 1 {
		t.Errorf("%d letters", n)
	}
}

// A borrowed browser must not become a way to try passwords.
func TestTheOldPasswordCannotBeGuessed(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	for i := range 9 {
		anna.Open(clau.Issuer + "/account/password")
		anna.Fill("#current", "guess"+string(rune('0'+i)))
		anna.Fill("#password", fresh)
		anna.Fill("#password-again", fresh)
		anna.Press("#change")
	}
	anna.answers(http.StatusTooManyRequests)
}

func TestOneSessionEndsOrAllTheOthers(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	home, phone, library := comes(t, clau, "anna"), comes(t, clau, "anna"), comes(t, clau, "anna")
	bernat := comes(t, clau, "bernat")
	home.Open(clau.Issuer + "/account/sessions")
	form := home.browser.Values(home.browser.Forms()[0])
	if form.Get("session") == "" {
		t.Fatalf("no session to end in %v", form)
	}
	bernat.Open(clau.Issuer + "/account/sessions")
	bernat.SeesNot("End it")
	stolen := url.Values{"session": {form.Get("session")}, "token": {bernat.formToken("/account/password")}}
	if status := bernat.post(clau.Issuer+"/account/sessions/end", stolen); status != http.StatusNotFound {
		t.Errorf("somebody else's session: %d", status)
	}
	home.Open(clau.Issuer + "/account/sessions")
	home.Press("#end-others")
	home.Sees("The session has ended.")
	for _, v := range []visitor{phone, library} {
		v.Open(clau.Issuer + "/account")
		v.SeesElement("#username")
	}
	home.Open(clau.Issuer + "/account")
	home.Sees("Your account")
	bernat.Open(clau.Issuer + "/account")
	bernat.Sees("Your account")
}

// formToken is the token of the forms of a page.
func (v visitor) formToken(path string) string {
	v.t.Helper()
	v.Open(v.clau.Issuer + path)
	for _, form := range v.browser.Forms() {
		if token := v.browser.Values(form).Get("token"); token != "" {
			return token
		}
	}
	v.t.Fatalf("no form at %s has a token", path)
	return ""
}

func TestAProfileIsChangedAndShownAsAServiceSeesIt(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna").enters(forum)
	anna.Open(clau.Issuer + "/account/profile")
	anna.Fill("#name", "  Anna   Ferrer ")
	anna.Fill("#language", "en")
	anna.Press("#save")
	anna.Sees("Your changes are saved.")
	if p := anna.now(); p.Name != "Anna Ferrer" {
		t.Errorf("called %q", p.Name)
	}
	anna.Press("Service forum")
	anna.Sees("What Service forum sees", "Anna Ferrer")
	for _, name := range []string{"", strings.Repeat("a", 101), "Anna \u202egnp.exe"} {
		form := url.Values{"name": {name}, "language": {"en"}, "token": {anna.formToken("/account/profile")}}
		if status := anna.post(clau.Issuer+"/account/profile", form); status != http.StatusUnprocessableEntity {
			t.Errorf("%.20q: %d", name, status)
		}
	}
	if anna.now().Handle != "anna" {
		t.Error("the handle changed")
	}
}

func TestAnonymousPeopleHaveANicknameAndAPaperCode(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	falcia := comes(t, clau, "falcia")
	falcia.Open(clau.Issuer + "/account/profile")
	if falcia.Has("#given-name") || falcia.Has("#family-name") {
		t.Error("asked for a civil name")
	}
	form := url.Values{"name": {"Falcia Negra"}, "given-name": {"Maria"}, "language": {"en"}, "token": {falcia.formToken("/account/profile")}}
	falcia.post(clau.Issuer+"/account/profile", form)
	if p := falcia.now(); p.Name != "Falcia Negra" || p.GivenName != "" {
		t.Errorf("%q, %q", p.Name, p.GivenName)
	}
	falcia.opens(clau.Issuer + "/account/address").answers(http.StatusNotFound)
	falcia.Open(clau.Issuer + "/account")
	falcia.Press("#my-code")
	falcia.Fill("#current", idptest.Password)
	falcia.Press("#new-code")
	code := falcia.Value("#code")
	falcia.Open(clau.Issuer + "/account/code")
	falcia.SeesNot(code)
	stranger(t, clau).comesBack("falcia", code, fresh).answers(http.StatusOK)
	comes(t, clau, "anna").opens(clau.Issuer + "/account/code").answers(http.StatusNotFound)
}

func TestALanguageChosenOnAPageLasts(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	v := stranger(t, clau)
	choose := func(site string) {
		r, err := http.NewRequest(http.MethodGet, clau.Issuer+"/recover?ui_locales=es", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", site)
		v.browser.Send(r)
	}
	choose("cross-site") // a service asks for a language, for one visit
	v.Open(clau.Issuer + "/recover")
	if v.browser.Lang() != "en" {
		t.Fatalf("a service chose %s for good", v.browser.Lang())
	}
	choose("same-origin")
	for _, path := range []string{"/recover", "/login", "/join", "/privacy", "/nowhere"} {
		v.Open(clau.Issuer + path)
		if v.browser.Lang() != "es" {
			t.Errorf("%s is in %s", path, v.browser.Lang())
		}
	}
}

// Whoever manages a collective is led to its pages from the first one they see.
func TestThePortalLeadsManagersToTheirPages(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	anna.Open(clau.Issuer + "/?ui_locales=ca")
	anna.Press("Gestiones el col·lectiu Ateneu Popular")
	anna.IsAt(clau.Issuer + "/collectives/ateneu")
	bernat := comes(t, clau, "bernat")
	bernat.Open(clau.Issuer + "/?ui_locales=ca")
	bernat.SeesNot("Gestiones el col·lectiu")
}
