// SPDX-License-Identifier: AGPL-3.0-or-later

package signon_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Posts that no screen of ours sends. Nothing is written, and the sign-on goes
// on from where it was.
func TestForgedAnswersDecideNothing(t *testing.T) {
	many := func(name string) func(*screen) {
		return func(s *screen) {
			for i := range 65 {
				s.form.Add(name, fmt.Sprint("x", i))
			}
		}
	}
	for name, forge := range map[string]func(*screen){
		"a required item unticked":         func(s *screen) { s.untick("allow", "email") },
		"an item that was not asked about": func(s *screen) { s.form.Add("allow", "family_name") },
		"a forbidden item":                 func(s *screen) { s.form.Add("allow", "locale") },
		"an item that is none":             func(s *screen) { s.form.Add("allow", "password") },
		"email_verified by itself":         func(s *screen) { s.form.Add("allow", "email_verified") },
		"an appearance that is none":       func(s *screen) { s.set("appear", "admin") },
		"an appearance not offered":        func(s *screen) { s.set("appear", "none") },
		"no appearance":                    func(s *screen) { s.set("appear") },
		"a collective not offered":         func(s *screen) { s.form.Add("group", "horta") },
		"more boxes than there are":        many("allow"),
		"more collectives than there are":  many("group"),
		"no answer":                        func(s *screen) { s.set("answer") },
		"another answer":                   func(s *screen) { s.set("answer", "maybe") },
		"two answers":                      func(s *screen) { s.set("answer", "deny", "allow") },
		"two appearances":                  func(s *screen) { s.set("appear", "real", "pseudonym") },
		"two digests":                      func(s *screen) { s.form.Add("seen", "x") },
		"two sign-ons":                     func(s *screen) { s.form.Add("signon", s.form.Get("signon")) },
		"two languages":                    func(s *screen) { s.form.Add("lang", "ca") },
		"two pseudonyms":                   func(s *screen) { s.set("pseudonym", "a", "b") },
		"a language that is none":          func(s *screen) { s.set("lang", "../en") },
		"a pseudonym without end":          func(s *screen) { s.set("pseudonym", strings.Repeat("a", 20<<10)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t).needing(release.Name, release.Mail, release.Language, release.Groups).
				under(`,"attributes":{"email":{"need":"required"},"name":{"need":"required"},"locale":{"need":"forbidden"}}`)
			w.person("1", func(p *directory.Person) { p.Language = "en" })
			s := w.browser().begin().login("anna").asked()
			good := url.Values{}
			for field, values := range s.form {
				good[field] = append([]string(nil), values...)
			}
			s.set("answer", "allow")
			forge(s)
			s.b.post("/login/consent", s.form).fails(http.StatusBadRequest)
			w.nothing()
			good.Set("answer", "allow")
			s.b.post("/login/consent", good).answered("anna")
		})
	}
}

// A digest says which screen was read, for whom and in which language. Without
// the right one the answer is to another question.
func TestAnAnswerBelongsToOneScreen(t *testing.T) {
	w := start(t).needing(release.Name)
	w.protocol.request.Service = "forum"
	s := w.browser().begin().login("anna").asked()
	w.protocol.request.Service = "nuvol"
	there := w.browser().begin().login("anna").asked()
	for name, seen := range map[string]string{
		"none": "", "guessed": "AAAAAAAAAAAAAAAA", "of another service": there.form.Get("seen"),
	} {
		s.form.Set("seen", seen)
		if again := s.allow(); again.status != http.StatusConflict {
			t.Errorf("%s: %d", name, again.status)
		}
	}
	w.nothing()
}

func TestAnAnswerIsTakenOnce(t *testing.T) {
	w := start(t).needing(release.Name)
	s := w.browser().begin().login("anna").asked()
	s.allow().answered("anna")
	s.allow().fails(http.StatusGone)
	if c, _ := w.kept("1", "nuvol"); len(c.Receipts) != 1 {
		t.Errorf("%d receipts", len(c.Receipts))
	}
}

func TestAnotherBrowserCannotAnswer(t *testing.T) {
	w := start(t).needing(release.Name)
	s := w.browser().begin().login("anna").asked()
	w.member("2")
	thief := w.browser()
	thief.begin().login("bernat").asked()
	thief.post("/login/consent", s.set("answer", "allow").form).fails(http.StatusGone)
	thief.get("/login/consent?signon=" + s.form.Get("signon")).fails(http.StatusGone)
	stranger := w.browser()
	stranger.post("/login/consent", s.form).fails(http.StatusGone)
	w.nothing()
	s.allow().answered("anna")
}

// Two people share a browser: what one of them was shown is not agreed to by
// the other.
func TestAnotherPersonsSessionCannotAnswer(t *testing.T) {
	w := start(t).needing(release.Name)
	w.member("2")
	shared := w.browser()
	s := shared.begin().login("anna").asked()
	w.protocol.request.Choose = true
	shared.begin().at("/login/account").submit("account", "other").login("bernat").asked()
	again := s.allow().asked()
	if again.status != http.StatusConflict {
		t.Fatalf("%d", again.status)
	}
	again.says("Bernat Pi")
	w.nothing()
}

func TestWhoeverHasLeftCannotAnswer(t *testing.T) {
	for name, happens := range map[string]func(*world){
		"account stopped": func(w *world) { w.person("1", func(p *directory.Person) { p.State = directory.Suspended }) },
		"epoch raised":    func(w *world) { w.person("1", func(p *directory.Person) { p.Epoch++ }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t).needing(release.Name)
			s := w.browser().begin().login("anna").asked()
			happens(w)
			s.allow().at("/login")
			w.nothing()
		})
	}
	t.Run("left the collective", func(t *testing.T) {
		w := start(t).needing(release.Name)
		s := w.browser().begin().login("anna").asked()
		w.town.mu.Lock()
		delete(w.town.standing, "1")
		w.town.mu.Unlock()
		s.allow().turnedAway("members")
		w.nothing()
	})
}

// A page elsewhere cannot answer in somebody's name (cross-site request forgery).
func TestAPageElsewhereCannotAnswer(t *testing.T) {
	w := start(t).needing(release.Name)
	s := w.browser().begin().login("anna").asked().set("answer", "allow")
	for name, set := range map[string]func(http.Header){
		"site":   func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"origin": func(h http.Header) { h.Set("Origin", "https://evil.example") },
	} {
		r, err := http.NewRequest(http.MethodPost, w.server.URL+"/login/consent", strings.NewReader(s.form.Encode()))
		w.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		set(r.Header)
		res, err := s.b.client.Do(r)
		w.must(err)
		if p := s.b.read(res); p.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	w.nothing()
}

// The screen cannot be drawn inside another page, to be clicked unseen.
func TestTheScreenCannotBeFramed(t *testing.T) {
	w := start(t).needing(release.Name)
	anna := w.browser()
	s := anna.begin().login("anna").asked()
	res, err := anna.client.Get(w.server.URL + "/login/consent?signon=" + s.form.Get("signon"))
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") ||
		res.Header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("%s; %s", policy, res.Header.Get("X-Frame-Options"))
	}
}

// What is written into names, titles and words is text, whatever it looks like.
func TestPastedMarkupIsText(t *testing.T) {
	const markup = `<b onclick=x>"'&`
	w := start(t).needing(release.Name).under(`,"intro":{"en":"<script>alert(1)</script>"},"attributes":{"name":{"purpose":{"en":"<img src=x>"},"keep":{"en":"<i>"}}}`)
	w.rename("nuvol", markup)
	w.person("1", func(p *directory.Person) { p.Name = markup })
	s := w.browser().begin().login("anna").asked().says(markup, "<img src=x>", "<script>alert(1)</script>", "<i>")
	for _, raw := range []string{"<b onclick", "<img src=x", "<script", "<i>"} {
		if strings.Contains(s.body, raw) {
			t.Errorf("%s stands on the page as markup", raw)
		}
	}
	s.allow().answered("anna").released("name", markup)
}
