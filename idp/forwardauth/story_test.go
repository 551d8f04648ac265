// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
)

// inside lets mireia in with a browser of hers.
func (w *town) inside() *bridgetest.Browser {
	w.T.Helper()
	b := w.Browser()
	if page := b.Go(origin + "/").LogIn("mireia").Allow(); page.Body != "The wiki, mireia" {
		w.T.Fatalf("%d at %s: %.300s", page.Status, page.URL, page.Body)
	}
	return b
}

// TestSomebodyComesThrough, is told as who they are, and is asked nothing again.
func TestSomebodyComesThrough(t *testing.T) {
	for name, said := range map[string]func(ask, browser *http.Request){"traefik": traefik, "caddy": caddy} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.proxy.said = said
			b := w.Browser()
			page := w.enters(b, "/pages/a%20b?of=juny&x=1").LogIn("mireia").Allow()
			if page.Body != "The wiki, mireia" || page.URL.RequestURI() != "/pages/a%20b?of=juny&x=1" {
				t.Fatalf("%d at %s: %.300s", page.Status, page.URL, page.Body)
			}
			for header, want := range map[string]string{
				"X-Clau-User": "mireia", "X-Clau-Name": "Mireia %C3%91and%C3%BA", "X-Clau-Email": "mireia@coop.example",
				"X-Clau-Groups": "ateneu",
			} {
				if got := w.proxy.handed(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			subject, said := w.proxy.handed("X-Clau-Subject"), w.proxy.handed("X-Clau-Assertion")
			if len(subject) != 32 || !strings.HasPrefix(said, "ES256 clau-forward+jwt ") {
				t.Errorf("subject %q, assertion %q", subject, said)
			}
			for _, want := range []string{`"iss":"https://id.example"`, `"aud":"` + below + `"`, `"sub":"` + subject + `"`, `"origin":"https://wiki.example"`, `"groups":["ateneu"]`} {
				if !strings.Contains(said, want) {
					t.Errorf("the assertion %s has no %s", said, want)
				}
			}
			b.Seen = nil
			if page := w.enters(b, "/again"); page.Body != "The wiki, mireia" || len(b.Seen) != 1 {
				t.Errorf("again: %d by %v", page.Status, b.Seen)
			}
			for _, c := range b.Cookies(origin) {
				if !strings.HasPrefix(c.Name, "__Host-") {
					t.Errorf("the cookie %s could be anybody's", c.Name)
				}
			}
		})
	}
}

// TestOnlyWhatThePersonAgreedTo is told, in headers that are there all the same.
func TestOnlyWhatThePersonAgreedTo(t *testing.T) {
	w := start(t)
	page := w.Browser().Go(origin+"/").LogIn("mireia").Allow("name", "email")
	if page.Status != http.StatusOK || w.proxy.handed("X-Clau-Name") != "" || w.proxy.handed("X-Clau-Email") != "" {
		t.Errorf("%d: %v", page.Status, w.proxy.last)
	}
	if strings.Contains(w.proxy.handed("X-Clau-Assertion"), "@coop") {
		t.Error("the assertion says what the person did not agree to")
	}
}

// TestAnAddressThatNobodyProved is not told: the application takes it for the person.
func TestAnAddressThatNobodyProved(t *testing.T) {
	w := start(t)
	w.Town.SetPerson("mireia", func(p *directory.Person) { p.Verified = nil })
	w.inside()
	if got := w.proxy.handed("X-Clau-Email"); got != "" {
		t.Errorf("told %q", got)
	}
}

// TestWhatEndsAPass does so at the very next request.
func TestWhatEndsAPass(t *testing.T) {
	for name, end := range map[string]func(w *town){
		"a log-out everywhere": func(w *town) {
			_, err := w.Logout.EndPerson(w.T.Context(), "mireia")
			w.Must(err)
		},
		"a stop of the service": func(w *town) {
			_, err := w.Logout.Stop(w.T.Context(), "mireia", "id-of-wiki")
			w.Must(err)
		},
		"a consent taken back": func(w *town) { w.Town.StopConsent("mireia", "id-of-wiki") },
		"an account stopped": func(w *town) {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.State = directory.Suspended })
		},
		"a password that somebody knew": func(w *town) {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.Epoch++ })
		},
		"a membership that is over": func(w *town) { w.Town.SetStanding("mireia", directory.Standing{}) },
		"a week":                    func(w *town) { w.Clock.Advance(w.Sessions.Absolute()) },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			b := w.inside()
			end(w)
			answer := w.asks("/auth-request", "/", w.with(b))
			if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("X-Clau-User") != "" {
				t.Errorf("%d", answer.StatusCode)
			}
		})
	}
}

// TestAStoppedApplication is closed to all, whatever its proxy believes.
func TestAStoppedApplication(t *testing.T) {
	for name, change := range map[string]func(*directory.Service){
		"stopped":          func(s *directory.Service) { s.State = directory.Suspended },
		"of another kind":  func(s *directory.Service) { s.Forward = nil; s.SAML = &directory.SAMLProvider{} },
		"at another place": func(s *directory.Service) { s.Forward.Origins = []string{"https://new.example"} },
		"another secret": func(s *directory.Service) {
			s.Forward.Secrets = []directory.ClientSecret{{SHA256: digest("new")}}
		},
	} {
		w := start(t)
		b := w.inside()
		w.set(change)
		if answer := w.asks("/check", "/", w.with(b)); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
	}
}

// TestLeaving ends the pass here and leads to where all can be left.
func TestLeaving(t *testing.T) {
	w := start(t)
	b := w.inside()
	kept := w.with(b)
	for _, from := range []string{"cross-site", "same-site"} {
		w.asks("/at/logout", "/.clau/logout", kept, header("Sec-Fetch-Site", from))
		if answer := w.asks("/check", "/", kept); answer.StatusCode != http.StatusOK {
			t.Errorf("a page that is %s took the pass", from)
		}
	}
	answer := w.asks("/at/logout", "/.clau/logout", kept, header("Sec-Fetch-Site", "same-origin"))
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != bridgetest.Issuer+"/logout" {
		t.Errorf("%d to %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	if answer := w.asks("/check", "/", kept); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("with a cookie that was kept: %d", answer.StatusCode)
	}
}

// TestRules: who may go where, and that the rest may not.
func TestRules(t *testing.T) {
	w := start(t, func(s *directory.Service) {
		s.Forward.Rules = []directory.ForwardRule{
			{Prefix: "/fonts", Open: true},
			{Prefix: "/admin", Groups: []string{"ateneu.admin"}},
			{Prefix: "/horta", Collectives: []directory.CollectiveName{"horta"}},
			{Prefix: "/ours", Collectives: []directory.CollectiveName{"horta", "ateneu"}},
		}
	})
	b := w.inside()
	for uri, want := range map[string]int{
		"/": 200, "/ours/x": 200, "/fonts/a.woff": 200, "/admin": 403, "/admin?a=/fonts": 403, "/horta": 403,
		"/fonts/../admin": 403, "/Admin": 403, "/fonts/%2e%2e/admin": 403, "//admin": 403, "/fonts;/../admin": 403,
	} {
		if answer := w.asks("/check", uri, w.with(b)); answer.StatusCode != want {
			t.Errorf("mireia at %s: %d, want %d", uri, answer.StatusCode, want)
		}
	}
	w.Store.Reset()
	for uri, want := range map[string]int{"/fonts/a.woff": 200, "/": 303, "/admin": 303, "/fonts/../admin": 403} {
		answer := w.asks("/check", uri)
		if answer.StatusCode != want {
			t.Errorf("nobody at %s: %d, want %d", uri, answer.StatusCode, want)
		}
		if values, ok := answer.Header["X-Clau-User"]; want == 200 && (!ok || values[0] != "") {
			t.Errorf("nobody at %s is %q", uri, values)
		}
	}
	if n := w.Store.Trips(); n != 0 {
		t.Errorf("for whom nobody knows the store was asked %d times", n)
	}
	w.Town.SetStanding("mireia", directory.Standing{
		Memberships: []directory.Membership{{Collective: "ateneu"}},
		Access:      []directory.Access{{Service: "id-of-wiki", Collective: "ateneu", Role: "admin"}},
	})
	if answer := w.asks("/check", "/admin", w.with(b)); answer.StatusCode != http.StatusOK {
		t.Errorf("mireia as an admin: %d", answer.StatusCode)
	}
}

// TestOneTrip is what a check costs the store, and a whole entry two with it.
func TestOneTrip(t *testing.T) {
	w := start(t)
	b := w.inside()
	w.Store.Reset()
	if answer := w.asks("/check", "/", w.with(b)); answer.StatusCode != http.StatusOK || w.Store.Trips() != 1 {
		t.Errorf("%d in %d trips: %v", answer.StatusCode, w.Store.Trips(), w.Store.ByMethod())
	}
}

// TestWhenSomethingIsDown nobody comes through, pass or no pass.
func TestWhenSomethingIsDown(t *testing.T) {
	w := start(t)
	b := w.inside()
	w.Broken.Break()
	if answer := w.asks("/check", "/", w.with(b)); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without a store: %d", answer.StatusCode)
	}
	w.Broken.Mend()
	w.Town.Break(directory.ErrUnavailable)
	for _, endpoint := range []string{"/check", "/auth-request"} {
		if answer := w.asks(endpoint, "/", w.with(b)); answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("without a directory: %d", answer.StatusCode)
		}
	}
	w.Town.Break(nil)
	if answer := w.asks("/check", "/", w.with(b)); answer.StatusCode != http.StatusOK {
		t.Errorf("and after: %d", answer.StatusCode)
	}
}

// TestAPersonWhoSaysNo reads so on our page.
func TestAPersonWhoSaysNo(t *testing.T) {
	w := start(t)
	page := w.Browser().Go(origin+"/").LogIn("mireia").Submit("answer", "deny")
	if page.Status != http.StatusForbidden || page.URL.Host != bridgetest.Host || !strings.Contains(page.Body, `href="https://wiki.example/"`) {
		t.Errorf("%d at %s", page.Status, page.URL)
	}
}

// TestNothingSecretIsWrittenDown, in no log and in no store.
func TestNothingSecretIsWrittenDown(t *testing.T) {
	w := start(t)
	b := w.inside()
	w.asks("/check", "/", w.with(b), header("X-Clau-Secret", "guessed-secret"))
	kept := w.Logs.String() + w.Audit.String()
	hidden := []string{secret, "guessed-secret", "mireia@coop.example", "Ñandú"}
	for _, c := range b.Cookies(origin) {
		hidden = append(hidden, strings.Split(c.Value, ".")...)
	}
	for _, address := range b.Seen {
		if u, err := url.Parse(address); err == nil && u.Query().Get("ticket") != "" {
			hidden = append(hidden, u.Query().Get("ticket"))
		}
	}
	for _, s := range hidden {
		if strings.Contains(kept, s) {
			t.Errorf("%q is written down", s)
		}
	}
	w.Clock.Advance(time.Second)
}
