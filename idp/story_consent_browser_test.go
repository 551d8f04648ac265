// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// picturesDir is the variable with the directory that the pictures of these
// stories go to; without it none are made.
const picturesDir = "CLAU_TEST_PICTURES"

// TestConsentInABrowser tells each story of consent in a browser as people have
// it, without scripts, in each language.
func TestConsentInABrowser(t *testing.T) {
	idptest.Program(t, "chromium")
	for lang, words := range consentWords {
		t.Run(lang, func(t *testing.T) {
			s := newScreens(t, lang, words)
			t.Run("first consent", s.first)
			t.Run("partial consent", s.partial)
			t.Run("asked again", s.again)
			t.Run("stop", s.stop)
			t.Run("anonymous at two services", s.anonymous)
		})
	}
}

// wordsOf is what people read in one language.
type wordsOf struct{ heading, intro, purpose, more, stopped, told, pseudonym string }

var consentWords = map[string]wordsOf{
	"ca": {"Què pot saber de tu", "Comparteix només el que vulguis.", "Per avisar-te.",
		"perquè el servei demana més que abans", "Aturat", "Sessió tancada", "Amb un pseudònim"},
	"es": {"¿Qué puede saber de ti", "Comparte solo lo que quieras.", "Para avisarte.",
		"porque el servicio pide más que antes", "Detenido", "Sesión cerrada", "Con un seudónimo"},
	"en": {"What may", "Share only what you like.", "To tell you.",
		"because the service wants more than before", "Stopped", "Logged out", "Under a pseudonym"},
}

// screens is a browser, and what its stories are about.
type screens struct {
	lang    string
	words   wordsOf
	clau    *idptest.Clau
	forum   *idptest.Party
	wiki    *idptest.Party
	browser *idptest.Chromium
	idptest.Person
}

func newScreens(t *testing.T, lang string, words wordsOf) *screens {
	t.Helper()
	s := &screens{lang: lang, words: words, clau: idptest.Start(t, idptest.Options{})}
	s.clau.SetPolicy(t, idptest.Ateneu, `,"privacy_url":"https://ateneu.example/privacitat",
		"intro":{"ca":"Comparteix només el que vulguis.","es":"Comparte solo lo que quieras.","en":"Share only what you like."},
		"attributes":{"email":{"purpose":{"ca":"Per avisar-te.","es":"Para avisarte.","en":"To tell you."}}}`)
	for _, p := range s.clau.People {
		check(t, s.clau.Directory.ChangePerson(context.Background(), directory.System(), p.ID, directory.PersonChange{Language: &lang}))
	}
	s.forum = s.clau.Party(t, "forum", func(s *directory.Service) { s.Title = "Fòrum <b>obert</b>" })
	s.wiki = s.clau.Party(t, "wiki", func(s *directory.Service) { s.Title = "Viquis" })
	s.forum.Scope = []string{"openid", "profile", "email", "groups", "offline_access"}
	s.browser = idptest.NewChromium(t)
	s.browser.Speaks(lang)
	s.Person = idptest.Sits(t, s.browser).Reads()
	return s
}

// pictured keeps a picture of the page, on a desk and on a phone.
func (s *screens) pictured(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv(picturesDir)
	if dir == "" {
		return
	}
	check(t, os.WriteFile(filepath.Join(dir, name+"."+s.lang+".png"), s.browser.Picture(), 0o600))
	s.browser.Phone()
	check(t, os.WriteFile(filepath.Join(dir, name+"."+s.lang+".phone.png"), s.browser.Picture(), 0o600))
	s.browser.Desk()
}

// first: the values themselves, the collective's words, and what was pasted
// into a title is text.
func (s *screens) first(t *testing.T) {
	s.Open(s.forum.URL + "/login")
	s.LogsIn("carme", idptest.Password)
	s.Sees(s.words.heading, s.words.intro, s.words.purpose, "Carme Vidal", "carme@exemple.coop", "Ateneu Popular", "Horta Viva", "Fòrum <b>obert</b>")
	s.pictured(t, "first")
	s.Press("#consent-allow")
	s.Sees("You are in.", "Carme Vidal", "carme@exemple.coop")
}

// partial: a pseudonym, no address, and one collective of two.
func (s *screens) partial(t *testing.T) {
	s.wiki.Scope = s.forum.Scope
	s.Open(s.wiki.URL + "/login")
	s.Tick("#appear-pseudonym")
	s.Fill("#pseudonym", "Òliba")
	s.Tick("#allow-email")
	s.Tick("#group-horta")
	s.pictured(t, "partial")
	s.Press("#consent-allow")
	s.Sees("You are in.", "Òliba")
	s.SeesNot("Carme", "carme", "email", "horta")
}

// again: the service wants more; that stands on the screen, and the rest is folded.
func (s *screens) again(t *testing.T) {
	clock := s.clau.Party(t, "rellotge")
	clock.Scope = []string{"openid", "profile"}
	s.Open(clock.URL + "/login")
	s.Press("#consent-allow")
	s.Sees("You are in.")
	clock.Scope = []string{"openid", "profile", "email"}
	s.Open(clock.URL + "/login")
	s.Sees(s.words.more, "carme@exemple.coop")
	s.SeesElement("#allow-email")
	if s.Has("#allow-name") {
		t.Error("what was decided is asked again")
	}
	s.pictured(t, "again")
	s.Tick("#allow-email")
	s.Press("#consent-allow")
	s.Sees("You are in.", "Carme Vidal")
	s.SeesNot("carme@exemple.coop")
}

// stop: one click, and the page says that the service was told.
func (s *screens) stop(t *testing.T) {
	s.Open(s.clau.Issuer + "/account/services")
	s.Sees("Fòrum <b>obert</b>", "Viquis")
	s.pictured(t, "services")
	s.Open(s.clau.Issuer + "/account/services/forum")
	s.pictured(t, "service")
	s.Press("#service-stop")
	s.Sees(s.words.stopped, s.words.told)
	s.pictured(t, "stopped")
	idptest.Eventually(t, 10*time.Second, "the service is told", s.forum.LastIsOver)
	s.Open(s.forum.URL + "/login")
	s.SeesElement("#consent-allow", "#consent-deny")
	s.Press("#consent-deny")
	if fault := s.Value("#error"); fault != "access_denied" {
		t.Errorf("the service is told %q", fault)
	}
}

// anonymous: two services know somebody whom they cannot recognise in each other.
func (s *screens) anonymous(t *testing.T) {
	s.browser = idptest.NewChromium(t)
	s.browser.Speaks(s.lang)
	falcia := idptest.Sits(t, s.browser).Reads()
	s.Person = falcia
	var met []map[string]any
	for _, party := range []*idptest.Party{s.forum, s.wiki} {
		falcia.Open(party.URL + "/login")
		if falcia.Has("#username") {
			falcia.LogsIn("falcia", idptest.Password)
		}
		falcia.Sees(s.words.pseudonym, "@anon.invalid")
		falcia.SeesNot("Falcia")
		if falcia.Has("#appear-real") {
			t.Error("an own name is offered to somebody without one")
		}
		s.pictured(t, "anonymous-"+string(party.Service.Name))
		falcia.Press("#consent-allow")
		falcia.Sees("You are in.")
		met = append(met, party.Last().UserInfo)
	}
	for _, claim := range []string{"sub", "name", "preferred_username", "email"} {
		if met[0][claim] == nil || met[0][claim] == met[1][claim] {
			t.Errorf("%s: %v and %v", claim, met[0][claim], met[1][claim])
		}
	}
	if mail, _ := met[0]["email"].(string); !strings.HasSuffix(mail, ".invalid") || met[0]["email_verified"] != false {
		t.Errorf("an address that nobody reads: %v, verified %v", mail, met[0]["email_verified"])
	}
}

// TestTheConsentScreenCannotBeFramed: clicks on it cannot be stolen by a page
// that draws it within itself, even on the same host.
func TestTheConsentScreenCannotBeFramed(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	browser := idptest.NewChromium(t)
	anna := idptest.Sits(t, browser).Reads()
	anna.Open(forum.URL + "/login")
	anna.LogsIn("anna", idptest.Password)
	anna.SeesElement("#consent-allow")
	screen := anna.Address()
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/inside" {
			fmt.Fprint(w, "<p>Press here.</p>")
			return
		}
		fmt.Fprintf(w, `<!doctype html><p>You have won a bicycle.</p><iframe src=%q></iframe><iframe src="/inside"></iframe>`, html.EscapeString(screen))
	}))
	defer thief.Close()
	anna.Open(strings.Replace(thief.URL, "127.0.0.1", "localhost", 1))
	anna.Sees("You have won a bicycle.")
	idptest.Eventually(t, 10*time.Second, "of the two frames the browser draws the other alone", func() bool {
		frames := browser.Frames()
		return len(frames) == 2 && strings.HasPrefix(frames[0], "chrome-error:") && strings.HasSuffix(frames[1], "/inside")
	})
}
