// SPDX-License-Identifier: AGPL-3.0-or-later

package account_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/ticket"
)

const fresh = "una altra clau per entrar 9"

// forgets asks for a link as somebody called name.
func (v visitor) forgets(name string) visitor {
	v.t.Helper()
	v.Open(v.clau.Issuer + "/recover")
	v.Fill("#username", name)
	v.Press("#send")
	return v
}

// chooses a new password on the page that is open.
func (v visitor) chooses(password string) visitor {
	v.t.Helper()
	v.Fill("#password", password)
	v.Fill("#password-again", password)
	v.Press("#change")
	return v
}

// inEnglish lets a person's letters be read by this test.
func inEnglish(t *testing.T, clau *idptest.Clau, handles ...string) {
	t.Helper()
	lang := "en"
	for _, handle := range handles {
		err := clau.Directory.ChangePerson(context.Background(), directory.System(), clau.People[handle].ID, directory.PersonChange{Language: &lang})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAForgottenPasswordIsSetByALinkAndEverySessionEnds(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	elsewhere := comes(t, clau, "anna")
	anna := stranger(t, clau)
	anna.Open(clau.Issuer + "/login")
	anna.Press("#forgotten")
	anna.Fill("#username", "Anna@exemple.coop")
	anna.Press("#send")
	anna.answers(http.StatusOK).Sees("we have sent a link there")

	link := anna.link("anna@exemple.coop", 1, "/recover/password")
	for range 3 { // a program looks after the mail
		stranger(t, clau).Open(link)
	}
	anna.Open(link)
	anna.Sees("anna")
	anna.chooses("short").answers(http.StatusUnprocessableEntity).Sees("too easy to guess")
	anna.Open(link)
	anna.chooses(fresh).answers(http.StatusOK).Sees("Your new password is set")
	anna.SeesNot("Anna Ferrer") // nobody is logged in by it

	elsewhere.Open(clau.Issuer + "/account")
	elsewhere.SeesElement("#username")
	anna.Press("#enter")
	anna.LogsIn("anna", idptest.Password)
	anna.Sees("is not right")
	anna.LogsIn("anna", fresh)
	anna.SeesNot("is not right")
	if subject := anna.letters("anna@exemple.coop", 2)[1].Subject; !strings.Contains(subject, "has changed") {
		t.Errorf("the notice is %q", subject)
	}
	for _, kind := range []audit.Kind{audit.ResetSent, audit.PasswordChanged} {
		if !recorded(clau, kind, clau.People["anna"].ID) {
			t.Errorf("no %s in the audit", kind)
		}
	}
}

func TestALinkWorksOnce(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	inEnglish(t, clau, "anna")
	anna := stranger(t, clau).forgets("anna")
	link := anna.link("anna@exemple.coop", 1, "/recover/password")
	anna.Open(link)
	anna.Fill("#password", fresh)
	anna.Fill("#password-again", fresh)
	submit := anna.pressed("#change")

	var set, old atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			answer, err := http.DefaultClient.Do(submit())
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			switch answer.StatusCode {
			case http.StatusOK:
				set.Add(1)
			case http.StatusGone:
				old.Add(1)
			default:
				t.Errorf("status %d", answer.StatusCode)
			}
		})
	}
	wg.Wait()
	if set.Load() != 1 || old.Load() != 7 {
		t.Errorf("%d set it and %d were told that the link is old, of 8", set.Load(), old.Load())
	}
	anna.Open(link)
	anna.answers(http.StatusGone).SeesElement("#username")
}

func TestALinkIsOvertakenByTimeAndByAnotherPassword(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	inEnglish(t, clau, "anna", "bernat")
	anna := stranger(t, clau).forgets("anna")
	link := anna.link("anna@exemple.coop", 1, "/recover/password")
	clau.Clock.Advance(61 * time.Minute)
	anna.Open(link)
	anna.answers(http.StatusGone).Sees("no longer works")

	bernat := stranger(t, clau).forgets("bernat").forgets("bernat")
	bernat.letters("bernat@exemple.coop", 2)
	first := bernat.link("bernat@exemple.coop", 2, "/recover/password")
	bernat.Open(first)
	bernat.chooses(fresh).answers(http.StatusOK)
	bernat.Open(first)
	bernat.answers(http.StatusGone)
}

// Whoever holds one person's link holds nobody else's, and no link is for two things.
func TestALinkIsOfOnePersonAndForOneThing(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	inEnglish(t, clau, "anna")
	anna := stranger(t, clau).forgets("anna")
	t0 := query(t, anna.link("anna@exemple.coop", 1, "/recover/password"), "t")
	swapped := strings.Replace(t0, string(clau.People["anna"].ID), string(clau.People["dolors"].ID), 1)
	for name, link := range map[string]string{
		"somebody else's":        "/recover/password?t=" + swapped,
		"nobody's":               "/recover/password?t=x." + t0,
		"none":                   "/recover/password",
		"for an address":         "/account/address/prove?t=" + t0,
		"for keeping an account": "/erase/cancel?t=" + t0,
		"huge":                   "/recover/password?t=" + strings.Repeat("a", 5000),
	} {
		anna.Open(clau.Issuer + link)
		if anna.browser.Status != http.StatusGone || anna.Has("#password") || anna.Has("#prove") || anna.Has("#keep") {
			t.Errorf("%s: %d, %s", name, anna.browser.Status, anna.Text())
		}
	}
}

// Known, unknown, without an address, suspended: one page, one status, and the
// same done before it is shown. What differs is a letter, later.
func TestWhoAsksForALinkLearnsNothing(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	suspended := directory.Suspended
	err := clau.Directory.ChangePerson(t.Context(), directory.System(), clau.People["elies"].ID, directory.PersonChange{State: &suspended})
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, name := range []string{"anna", "anna@exemple.coop", "nobody", "nobody@exemple.coop", "falcia", "elies", "*", "a)(uid=*"} {
		v := stranger(t, clau).forgets(name).answers(http.StatusOK)
		pages[name] = v.Text()
		if pages[name] != pages["anna"] {
			t.Errorf("%s reads:\n%s\nanna reads:\n%s", name, pages[name], pages["anna"])
		}
	}
	stranger(t, clau).letters("anna@exemple.coop", 2)
	if n := len(clau.Mail.To("nobody@exemple.coop")); n != 0 {
		t.Errorf("%d letters to nobody", n)
	}
}

func TestAMailboxIsNotFilledThroughUs(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	v := stranger(t, clau)
	for range 6 {
		v.forgets("anna").answers(http.StatusOK)
	}
	v.forgets("bernat").letters("bernat@exemple.coop", 1) // asked last: what came before is done
	if n := len(clau.Mail.To("anna@exemple.coop")); n != 3 {
		t.Errorf("%d letters in an hour, want 3", n)
	}
	for range 20 {
		v.forgets("somebody")
	}
	v.answers(http.StatusTooManyRequests).Sees("asked too often")
}

func TestASuspendedPersonGetsNoSessionByALink(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	inEnglish(t, clau, "elies")
	suspended, must := directory.Suspended, true
	err := clau.Directory.ChangePerson(t.Context(), directory.System(), clau.People["elies"].ID, directory.PersonChange{State: &suspended, MustChange: &must})
	if err != nil {
		t.Fatal(err)
	}
	elies := stranger(t, clau).forgets("elies")
	elies.Open(elies.link("elies@exemple.coop", 1, "/recover/password"))
	elies.chooses(fresh).answers(http.StatusOK).Sees("cannot be used right now")
	elies.Press("#enter")
	elies.LogsIn("elies", fresh)
	elies.SeesElement("#closed")
	p, err := clau.Directory.Person(t.Context(), clau.People["elies"].ID)
	if err != nil || p.MustChange || p.State != directory.Suspended {
		t.Errorf("%+v, %v", p, err)
	}
}

// hasCode gives somebody a code on paper.
func hasCode(t *testing.T, clau *idptest.Clau, handle string) string {
	t.Helper()
	p := clau.People[handle]
	code, digest, err := ticket.NewPaper(strings.NewReader(handle + "-0123456789"))
	if err == nil {
		err = clau.Directory.SwapCode(t.Context(), p.ID, p.Code, digest)
	}
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// comesBack tries with a code on paper.
func (v visitor) comesBack(name, code, password string) visitor {
	v.t.Helper()
	v.Open(v.clau.Issuer + "/recover/code")
	v.Fill("#username", name)
	v.Fill("#code", code)
	return v.chooses(password)
}

func TestAPaperCodeBringsBackAndIsReplaced(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	code := hasCode(t, clau, "falcia")
	v := stranger(t, clau)
	v.comesBack("falcia", code, "short").answers(http.StatusUnprocessableEntity).Sees("too easy to guess")
	v.comesBack("Falcia", strings.ToLower(strings.ReplaceAll(code, "-", " ")), fresh).answers(http.StatusOK)
	next := v.Value("#code")
	if next == "" || next == code {
		t.Fatalf("the new code is %q after %q", next, code)
	}
	v.comesBack("falcia", code, fresh+"!").answers(http.StatusUnprocessableEntity).Sees("is not right")
	v.comesBack("falcia", next, fresh+"!").answers(http.StatusOK)
	v.Press("#enter")
	v.LogsIn("falcia", fresh+"!")
	v.SeesNot("is not right")
}

// A wrong code, a name that nobody has, and somebody without a code look alike,
// and are slowed down alike. The right code opens all the same.
func TestWhoGuessesCodesLearnsNothing(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	right := hasCode(t, clau, "falcia")
	wrong := strings.Repeat("0000-", 3) + "0000"
	seen := map[string][]string{}
	for _, name := range []string{"falcia", "anna", "nobody"} {
		v := stranger(t, clau)
		for range 10 {
			v.comesBack(name, wrong, fresh)
			seen[name] = append(seen[name], http.StatusText(v.browser.Status)+" "+v.Text())
		}
		if name == "falcia" {
			v.comesBack(name, right, fresh).answers(http.StatusOK)
		}
	}
	for name, pages := range seen {
		for i := range pages {
			if pages[i] != seen["nobody"][i] {
				t.Errorf("try %d: %s reads\n%s\nnobody reads\n%s", i+1, name, pages[i], seen["nobody"][i])
			}
		}
	}
}

func TestAPaperCodeIsUsedOnce(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	code := hasCode(t, clau, "falcia")
	v := stranger(t, clau)
	v.Open(clau.Issuer + "/recover/code")
	v.Fill("#username", "falcia")
	v.Fill("#code", code)
	v.Fill("#password", fresh)
	v.Fill("#password-again", fresh)
	submit := v.pressed("#change")
	var done atomic.Int32
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			r := submit()
			for _, c := range v.browser.Cookies(clau.Issuer) {
				r.AddCookie(c)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if done.Load() != 1 {
		t.Errorf("%d of 6 used one code", done.Load())
	}
}

func TestAFormOfAnotherBrowserIsRefused(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	one := stranger(t, clau)
	one.Open(clau.Issuer + "/recover")
	one.Fill("#username", "anna")
	other := stranger(t, clau)
	other.browser.Send(one.pressed("#send")())
	other.answers(http.StatusForbidden)
}

// Somebody who cannot log in has no account to keep a language in: the pages
// that answer their forms lead to the same form in another.
func TestRecoveryIsReadInAnotherLanguage(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	for path, heading := range map[string]string{"/recover": "Has oblidat la contrasenya?", "/recover/code": "Amb el codi que tens escrit"} {
		b := idptest.NewBrowser(t)
		v := visitor{Person: idptest.Sits(t, b), t: t, clau: clau, browser: b}
		v.Open(clau.Issuer + path + "?ui_locales=en")
		v.Fill("#username", "nobody")
		v.Press(map[string]string{"/recover": "#send", "/recover/code": "#change"}[path])
		v.Press("Català")
		v.Sees(heading)
	}
}
