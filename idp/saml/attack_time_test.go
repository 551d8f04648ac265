// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

func TestA16ARequestIsAnsweredOnce(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	request := redirected(nuvol.asks().xml(), "")
	anna.sso(request).granted()
	anna.sso(request).told("expired")

	t.Run("two at once, one log-in after the other", func(t *testing.T) {
		request := redirected(nuvol.asks().xml(), "")
		first, second := w.browser().sso(request).at("/login"), w.browser().sso(request).at("/login")
		first.through("anna.vila").granted()
		second.through("bernat").told("expired")
	})
	t.Run("as long as a log-in may take", func(t *testing.T) {
		request := redirected(nuvol.asks(func(a *ask) { a.issued = w.clock.Now().Add(4 * time.Minute).Format(time.RFC3339) }).xml(), "")
		anna.sso(request).granted()
		w.clock.Advance(8 * time.Minute) // it still is of now
		p := w.browser().sso(request).at("/login")
		w.clock.Advance(59 * time.Minute)
		p.through("anna.vila").told("expired")
	})
	t.Run("two hundred at once", func(t *testing.T) {
		anna := w.browser()
		anna.asks(nuvol).through("anna.vila").granted()
		request := redirected(nuvol.asks().xml(), "")
		var wg sync.WaitGroup
		var mu sync.Mutex
		answered := 0
		for range 50 {
			wg.Go(func() {
				r, _ := http.NewRequest(http.MethodGet, ssoAddress+"?"+request, nil)
				res, err := anna.client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if res.StatusCode == http.StatusOK {
					answered++
				}
			})
		}
		wg.Wait()
		if answered != 1 {
			t.Errorf("%d answers", answered)
		}
	})
	t.Run("one ID of two services", func(t *testing.T) {
		forum := w.provider("forum", directory.SAMLSettings{})
		same := func(a *ask) { a.id = "_same" }
		anna := w.browser()
		anna.asks(nuvol, same).through("anna.vila").granted()
		anna.asks(forum, same).through("anna.vila").granted()
		anna.asks(forum, same).told("expired")
	})
	t.Run("a refusal spends nothing", func(t *testing.T) {
		stranger := w.browser()
		request := redirected(nuvol.asks(with(`IsPassive="true"`)).xml(), "")
		stranger.sso(request).refused(statusResponder, statusNoPassive)
		stranger.asks(nuvol).through("anna.vila").granted()
		stranger.sso(request).granted()
	})
	t.Run("a posted one", func(t *testing.T) {
		form := posted(nuvol.asks().xml(), "")
		anna := w.browser()
		anna.asks(nuvol).through("anna.vila").granted()
		anna.post(form).granted()
		anna.post(form).told("expired")
	})
}

func TestA17OnlyWhatIsOfNow(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	for name, c := range map[string]struct{ issued, code string }{
		"in ten years":      {"2036-03-01T12:00:00Z", "message-stale"},
		"an hour ago":       {"2026-03-01T11:00:00Z", "message-stale"},
		"six minutes ago":   {"2026-03-01T11:54:00Z", "message-stale"},
		"in six minutes":    {"2026-03-01T12:06:00Z", "message-stale"},
		"in the year 1":     {"0001-01-01T00:00:00Z", "message-stale"},
		"without a zone":    {"2026-03-01T12:00:00", "bad-request"},
		"never":             {"", "bad-request"},
		"in another format": {"Sun Mar 1 12:00:00 2026", "bad-request"},
	} {
		t.Run(name, func(t *testing.T) { anna.asks(nuvol, func(a *ask) { a.issued = c.issued }).told(c.code) })
	}
	t.Run("in another zone", func(t *testing.T) {
		anna.asks(nuvol, func(a *ask) { a.issued = "2026-03-01T13:00:00.123+01:00" }).granted()
	})
	t.Run("the answer is of now", func(t *testing.T) {
		a := anna.asks(nuvol, func(a *ask) { a.issued = "2026-03-01T12:04:59Z" }).granted()
		now := w.clock.Now()
		for _, at := range []time.Time{a.moment(a.root, "IssueInstant"), a.moment(a.at("Conditions"), "NotOnOrAfter")} {
			if at.Before(now) || at.After(now.Add(5*time.Minute)) {
				t.Errorf("%s is not within five minutes of %s", at, now)
			}
		}
	})
}

func TestA18OnlyWhatIsForThisEndpoint(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	to := func(destination string) func(*ask) { return func(a *ask) { a.destination = destination } }
	for name, destination := range map[string]string{
		"another host": "https://evil.example/saml/sso", "http": "http://id.example/saml/sso", "the log-out": issuer + "/saml/slo",
		"with a slash": ssoAddress + "/", "with a query": ssoAddress + "?x", "a port": "https://id.example:443/saml/sso",
	} {
		t.Run(name, func(t *testing.T) {
			anna.asks(nuvol, to(destination)).told("message-unproven")
			anna.sso(nuvol.signedQuery(redirected(nuvol.asks(to(destination)).xml(), ""))).told("message-unproven")
		})
	}
	t.Run("none, and signed", func(t *testing.T) {
		anna.sso(nuvol.signedQuery(redirected(nuvol.asks(to("")).xml(), ""))).told("message-unproven")
		anna.post(posted(nuvol.signedXML(nuvol.asks(to("")).xml()), "")).told("message-unproven")
	})
	t.Run("none, and not signed", func(t *testing.T) { anna.asks(nuvol, to("")).granted() })
}

func TestA19ASignOnIsTheBrowsersThatBeganIt(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	mallory := w.browser()
	p := mallory.asks(nuvol).at("/login")
	// The victim, logged in or not, is lured to where the attacker's sign-on goes on.
	anna.get("/login?signon=" + p.form.Get("signon")).told("expired")
	w.browser().get("/login?signon=" + p.form.Get("signon")).told("expired")
	p.through("bernat").granted()

	t.Run("what a post left is taken up once", func(t *testing.T) {
		away := w.browser()
		res, err := away.away.PostForm(ssoAddress, posted(nuvol.asks().xml(), ""))
		w.must(err)
		to, err := res.Location()
		w.must(err)
		away.get(to.RequestURI()).at("/login")
		away.get(to.RequestURI()).told("expired")
		away.get("/saml/sso/_nobody").told("expired")
		away.get("/saml/sso/%20").told("expired")
	})
	t.Run("and not for long", func(t *testing.T) {
		res, err := anna.away.PostForm(ssoAddress, posted(nuvol.asks().xml(), ""))
		w.must(err)
		to, err := res.Location()
		w.must(err)
		w.clock.Advance(6 * time.Minute)
		anna.get(to.RequestURI()).told("expired")
	})
}

func TestA22NobodyIsLedAway(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	const evil = "https://evil.example/"
	p := anna.sso(redirected(nuvol.asks().xml(), evil))
	if p.action != nuvol.acs || p.header.Get("Location") != "" || strings.Contains(p.header.Get("Content-Security-Policy"), "evil") {
		t.Errorf("goes to %s", p.action)
	}
	open := w.provider("open", directory.SAMLSettings{Unsolicited: true})
	p = anna.get("/saml/start?service=open&RelayState=" + evil + "&target=" + evil).through("anna.vila")
	if a := p.granted(); a.action != open.acs || a.relay != "" {
		t.Errorf("goes to %s with %q", a.action, a.relay)
	}
}

func TestA28WhatChangesDuringTheLogIn(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world, s *sp)
		check  func(p *page)
	}{
		"the service is stopped": {
			func(w *world, s *sp) {
				w.town.change(s.service.ID, func(s *directory.Service) { s.State = directory.Suspended })
			},
			func(p *page) { p.at("/login/closed").turnBack().refused(statusResponder, statusRequestDenied) },
		},
		"the person is not let in any more": {
			func(w *world, s *sp) {
				w.town.change(s.service.ID, func(s *directory.Service) { s.Access = directory.AccessGroup })
			},
			func(p *page) { p.at("/login/closed").turnBack().refused(statusResponder, statusRequestDenied) },
		},
		"the address is not the service's any more": {
			func(w *world, s *sp) {
				w.town.change(s.service.ID, func(one *directory.Service) {
					one.SAML.Metadata = []byte(s.metadata(look{acs: acs(0, "https://nuvol.example/moved", "")}))
				})
			},
			func(p *page) { p.told("redirect-unproven") },
		},
		"it speaks another protocol": {
			func(w *world, s *sp) {
				w.town.change(s.service.ID, func(one *directory.Service) { one.SAML, one.OIDC = nil, &directory.OIDCClient{ID: "nuvol"} })
			},
			func(p *page) { p.told("client-unknown") },
		},
		"it may be told less": {
			func(w *world, s *sp) {
				w.town.change(s.service.ID, func(one *directory.Service) { one.SAML.Settings.Attributes = []string{"locale"} })
			},
			func(p *page) { p.granted().has(map[string]string{"preferredLanguage": "ca"}) },
		},
		"it may not have the name any more": {
			func(w *world, s *sp) {
				w.town.change(s.service.ID, func(one *directory.Service) { one.SAML.Settings.NoPersistentID = true })
			},
			func(p *page) { p.refused(statusResponder, statusInvalidNameIDPolicy) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			nuvol := w.provider("nuvol", directory.SAMLSettings{Attributes: []string{"name", "locale"}})
			p := w.browser().asks(nuvol).at("/login")
			c.change(w, nuvol)
			c.check(p.through("anna.vila"))
		})
	}
	t.Run("a stopped service asks", func(t *testing.T) {
		w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
		w.town.change(nuvol.service.ID, func(s *directory.Service) { s.State = directory.Suspended })
		anna.asks(nuvol).told("client-unknown")
	})
}

func TestA29ThePageOfTheAnswer(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	p := anna.asks(nuvol)
	p.granted()
	csp := p.header.Get("Content-Security-Policy")
	for _, want := range []string{"frame-ancestors 'none'", "script-src 'sha256-", "form-action 'self' https://nuvol.example", "default-src 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("%s is not in %s", want, csp)
		}
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
		if got := p.header.Get(header); got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
	if !strings.Contains(p.body, `type="submit"`) {
		t.Error("nothing to press where scripts do not run")
	}
}

func TestA31NothingIsToldOfTheAddressAndNothingIsLogged(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{Attributes: []string{"name", "email"}})
	w.town.change(nuvol.service.ID, func(s *directory.Service) { s.SAML.Settings.Encrypt = "never" })
	a := anna.sso(redirected(nuvol.asks().xml(), "secret-relay")).through("anna.vila").granted()
	anna.asks(nuvol, with(`IsPassive="true" ForceAuthn="true"`)).refused(statusResponder, statusNoPassive)
	for _, where := range []string{"192.0.2.1", "Address", "127.0.0.1", "SubjectLocality"} {
		if strings.Contains(string(a.raw), where) {
			t.Errorf("%s stands in the answer", where)
		}
	}
	for _, secret := range []string{a.nameID().Value, attrOf(a.at("AuthnStatement"), "SessionIndex"), "secret-relay", "Anna Vilà", "anna@example.coop", password} {
		if strings.Contains(w.logs.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
}

// What no service asked for is sent where the record allows, after everything
// that every sign-on goes through.
func TestASignOnThatNobodyAskedFor(t *testing.T) {
	w := start(t)
	open := w.provider("open", directory.SAMLSettings{Unsolicited: true, Attributes: []string{"name"}})
	w.provider("closed", directory.SAMLSettings{})
	anna := w.browser()
	a := anna.get("/saml/start?service=open").at("/login").through("anna.vila").granted().valid("Response", "Assertion")
	if attrOf(a.root, "InResponseTo") != "" || attrOf(a.at("Subject", "SubjectConfirmation", "SubjectConfirmationData"), "InResponseTo") != "" {
		t.Error("in response to something")
	}
	a.has(map[string]string{"displayName": "Anna Vilà"})
	anna.get("/saml/start?service=open").granted()
	if p := anna.get("/saml/start?service=closed"); p.status != http.StatusSeeOther || p.header.Get("Location") != "https://closed.example/" {
		t.Errorf("%d to %q", p.status, p.header.Get("Location"))
	}
	w.town.change("id-of-closed", func(s *directory.Service) { s.Access = directory.AccessCollective })
	if p := anna.get("/saml/start?service=closed"); p.status != http.StatusSeeOther { // she is a member of its collective
		t.Errorf("%d: %s", p.status, text(p.body))
	}
	w.browser().get("/saml/start?service=closed").told("not-found") // as if there were none
	w.town.mu.Lock()
	delete(w.town.standing, "1")
	w.town.mu.Unlock()
	anna.get("/saml/start?service=closed").told("not-found")
	anna.get("/saml/start?service=nobody").told("not-found")
	anna.get("/saml/start").told("not-found")
	w.town.change(open.service.ID, func(s *directory.Service) { s.State = directory.Suspended })
	anna.get("/saml/start?service=open").told("not-found")
}

// One request, taken in at its very first moment and at its last, by a browser
// that comes back slowly and a person who takes their hour: one answer.
func TestARequestIsRememberedForAsLongAsItCouldBeAnswered(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	a := nuvol.asks(func(a *ask) { a.issued = w.clock.Now().Add(5 * time.Minute).Format(time.RFC3339) })
	w.browser().post(posted(a.xml(), "")).through("anna.vila").granted()
	w.clock.Advance(10*time.Minute - time.Second)
	slow := w.browser()
	way := slow.hop(ssoAddress, posted(a.xml(), ""))
	w.clock.Advance(5*time.Minute - time.Second)
	p := slow.get(way).at("/login")
	w.clock.Advance(time.Hour - time.Second)
	p.through("anna.vila").told("expired")
}
