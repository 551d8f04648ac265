// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// How many round trips each thing takes, with the real store and sessions.
func TestRoundTrips(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("machine", machine)
	w.login()
	var tokens got
	var code string
	for _, c := range []struct {
		name string
		most int
		do   func()
	}{
		{"authorize", 2, func() { code = w.code(asked("shop")) }},
		{"token", 1, func() { tokens = w.redeems("shop", code) }},
		{"userinfo", 1, func() { w.userinfo(tokens.text("access_token")) }},
		{"introspection", 1, func() { w.post("/introspect", url.Values{"token": {tokens.text("access_token")}}, as("shop", secret)) }},
		{"introspection of a refresh token", 1, func() { w.post("/introspect", url.Values{"token": {tokens.text("refresh_token")}}, as("shop", secret)) }},
		{"refresh", 1, func() { tokens = w.json(w.refreshes("shop", tokens.text("refresh_token"))) }},
		{"client_credentials", 1, func() { w.post("/token", credentials4(), as("machine", secret)) }},
		{"revocation", 2, func() { w.post("/revoke", url.Values{"token": {tokens.text("access_token")}}, as("shop", secret)) }},
		{"a forged refresh token", 0, func() { w.refreshes("shop", strings.Repeat("A", 160)) }},
		{"a forged access token", 0, func() { w.userinfo(strings.Repeat("A", 140)) }},
		{"discovery", 0, func() { w.browse("/.well-known/openid-configuration") }},
		{"passive, nobody there", 0, func() { w.cookie = ""; w.authorize(asked("shop", "prompt", "none")) }},
	} {
		w.store.Reset()
		c.do()
		if n := w.store.Trips(); n > c.most {
			t.Errorf("%s took %d round trips: %v", c.name, n, w.store.ByMethod())
		}
	}
}

// With the store or the directory down, services are told to come back; when it
// is up again, what they held is good.
func TestNothingIsLostWhenSomethingIsDown(t *testing.T) {
	for name, part := range map[string]struct{ down, up func(w *world) }{
		"store": {func(w *world) { w.broken.Break() }, func(w *world) { w.broken.Mend() }},
		"directory": {
			func(w *world) { w.people.change(func(d *people) { d.down = ldapDown() }) },
			func(w *world) { w.people.change(func(d *people) { d.down = nil }) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.register("shop")
			w.login()
			tokens, code := w.signsOn("shop"), w.code(asked("shop"))
			introspect := func() *httptest.ResponseRecorder {
				return w.post("/introspect", url.Values{"token": {tokens.text("access_token")}}, as("shop", secret))
			}
			redeem := func() *httptest.ResponseRecorder {
				return w.post("/token", redemption("shop", code), as("shop", secret))
			}

			part.down(w)
			for _, rec := range []*httptest.ResponseRecorder{
				redeem(), w.refreshes("shop", tokens.text("refresh_token")), w.userinfo(tokens.text("access_token")), introspect(),
				w.post("/revoke", url.Values{"token": {tokens.text("refresh_token")}}, as("shop", secret)),
			} {
				w.wants(rec, http.StatusServiceUnavailable, unavailable)
				if rec.Header().Get("Retry-After") == "" {
					t.Error("nobody says when to come back")
				}
			}
			rec := w.authorize(asked("shop"))
			if name == "store" && w.answered(rec).Get("error") != unavailable || name == "directory" && rec.Code != http.StatusServiceUnavailable {
				t.Errorf("authorize: %d %q", rec.Code, rec.Header().Get("Location"))
			}
			if rec := w.browse("/logout"); rec.Code != http.StatusServiceUnavailable && name == "store" {
				t.Errorf("log-out: %d", rec.Code)
			}
			w.clock.Advance(45 * time.Second) // longer than the grace
			part.up(w)

			if rec := redeem(); rec.Code != 200 {
				t.Errorf("the code is lost: %d %s", rec.Code, rec.Body)
			}
			if w.userinfo(tokens.text("access_token")).Code != 200 || introspect().Code != 200 {
				t.Error("the access token is lost")
			}
			if rec := w.refreshes("shop", tokens.text("refresh_token")); rec.Code != 200 {
				t.Errorf("the refresh token is lost: %d %s", rec.Code, rec.Body)
			}
		})
	}
}

// The directory fails between the code and the decision: the code is put back.
func TestACodeIsPutBack(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	code := w.code(asked("shop"))
	w.p.c.SignOns = failing{w.doorman}
	w.wants(w.post("/token", redemption("shop", code), as("shop", secret)), 503, unavailable)
	w.p.c.SignOns = w.doorman
	w.redeems("shop", code)
	w.wants(w.post("/token", redemption("shop", code), as("shop", secret)), 400, invalidGrant)
}

// The words of errors from inside reach the log and nobody else.
func TestNoErrorTextLeaves(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	tokens := w.signsOn("shop")
	code := w.code(asked("shop"))
	for _, err := range []error{ldapDown(), storeDown(), errWire} {
		w.people.change(func(d *people) { d.down = err })
		for _, rec := range []*httptest.ResponseRecorder{
			w.authorize(asked("shop")), w.refreshes("shop", tokens.text("refresh_token")), w.userinfo(tokens.text("access_token")),
			w.post("/token", redemption("shop", code), as("shop", secret)), w.post("/introspect", url.Values{"token": {"x"}}, as("shop", secret)),
			w.post("/revoke", url.Values{"token": {"x"}}, as("shop", secret)),
		} {
			if all := rec.Body.String() + rec.Header().Get("Location"); strings.Contains(all, "ldap") || strings.Contains(all, "refused") || rec.Code == 200 {
				t.Errorf("%d %s", rec.Code, all)
			}
		}
	}
	if !strings.Contains(w.logs.String(), "connection refused") {
		t.Error("the log does not know the cause")
	}
	for _, value := range []string{code, tokens.text("access_token"), tokens.text("refresh_token"), tokens.text("id_token"), secret, verifier} {
		if strings.Contains(w.logs.String(), value) {
			t.Errorf("the log has the secret %.8s…", value)
		}
	}
}

func TestConfigurationsThatCannotBe(t *testing.T) {
	good := Config{Issuer: "https://id.example", Secret: make([]byte, 32)}
	for name, change := range map[string]func(*Config){
		"no issuer": func(c *Config) { c.Issuer = "" }, "a slash at the end": func(c *Config) { c.Issuer += "/" },
		"a query": func(c *Config) { c.Issuer += "?x" }, "a fragment": func(c *Config) { c.Issuer += "#x" },
		"a short secret": func(c *Config) { c.Secret = c.Secret[1:] },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

// No randomness is no token, not a weak one.
func TestWithoutRandomness(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("machine", machine)
	w.login()
	w.p.c.Rand = strings.NewReader("")
	if got := w.answered(w.authorize(asked("shop"))); got.Get("error") != serverError || got.Has("code") {
		t.Errorf("%v", got)
	}
	w.wants(w.post("/token", credentials4(), as("machine", secret)), 500, serverError)
}

func TestErrorsJoined(t *testing.T) {
	if got := refusalOf(errors.Join(directory.ErrUnavailable, errWire)).code; got != unavailable {
		t.Error(got)
	}
}
