// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// Each cell is invalid_grant, and burns the code: nobody gets a second guess.
func TestCodeMatrix(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    []string
		wait   time.Duration
		client string
		redeem []string
	}{
		{name: "another client", client: "other", redeem: []string{"redirect_uri", shopBack}},
		{name: "wrong verifier", redeem: []string{"code_verifier", strings.Repeat("x", 43)}},
		{name: "the challenge as verifier", redeem: []string{"code_verifier", challenge}},
		{name: "verifier with a tail", redeem: []string{"code_verifier", verifier + "A"}},
		{name: "no verifier", redeem: []string{"code_verifier", ""}},
		{name: "verifier too short", redeem: []string{"code_verifier", "abc"}},
		{name: "verifier without a challenge", client: "old", ask: []string{"code_challenge", "", "code_challenge_method", ""}},
		{name: "expired", wait: 61 * time.Second},
		{name: "wrong redirect", redeem: []string{"redirect_uri", "https://shop.example/cb/"}},
		{name: "a second registered redirect", redeem: []string{"redirect_uri", "https://shop.example/cb2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.register("shop", func(c *directory.OIDCClient) { c.RedirectURIs = append(c.RedirectURIs, "https://shop.example/cb2") })
			w.register("other")
			w.register("old", func(c *directory.OIDCClient) { c.Metadata.PKCEOptional = true })
			w.login()
			asker, redeemer := "shop", "shop"
			if c.client == "old" {
				asker, redeemer = "old", "old"
			}
			if c.client == "other" {
				redeemer = "other"
			}
			code := w.code(asked(asker, c.ask...))
			w.clock.Advance(c.wait)
			w.wants(w.post("/token", redemption(redeemer, code, c.redeem...), as(redeemer, secret)), 400, invalidGrant)
			right := redemption(asker, code)
			if c.client == "old" {
				right.Del("code_verifier")
			}
			w.wants(w.post("/token", right, as(asker, secret)), 400, invalidGrant)
		})
	}
}

func TestCodesThatNeverWere(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	code := w.code(asked("shop"))
	for _, c := range []string{"x", code[:len(code)-1], code + "A", strings.ToUpper(code), strings.Repeat("a", 60000), "grant:" + code, code + "\n"} {
		w.wants(w.post("/token", redemption("shop", c), as("shop", secret)), 400, invalidGrant)
	}
	w.redeems("shop", code)
	if len(code) != 43 || !unreserved(code) {
		t.Errorf("code %q", code)
	}
}

// Used twice, everything that came of a code ends: at once, and after half a minute.
func TestACodeUsedTwice(t *testing.T) {
	for _, wait := range []time.Duration{0, 30 * time.Second, time.Hour} {
		w := newWorld(t)
		w.register("shop")
		w.login()
		code := w.code(asked("shop"))
		tokens := w.redeems("shop", code)
		fresh := w.json(w.refreshes("shop", tokens.text("refresh_token")))
		w.clock.Advance(wait)
		w.wants(w.post("/token", redemption("shop", code), as("shop", secret)), 400, invalidGrant)
		if e := w.audit.last(); e.Kind != audit.TokensRevoked || e.Person != "person-1" || e.Service != "service-shop" || e.Reason != "code-used-twice" {
			t.Errorf("recorded %+v", e)
		}
		for _, token := range []got{tokens, fresh} {
			w.wants(w.userinfo(token.text("access_token")), 401, invalidToken)
			w.wants(w.refreshes("shop", token.text("refresh_token")), 400, invalidGrant)
		}
	}
}

// Two hundred at once: one wins, and since the others were re-use, it wins nothing.
func TestTwoHundredRedemptionsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	code := w.code(asked("shop"))
	var won atomic.Int32
	var winner atomic.Value
	w.all(200, func() {
		rec := w.post("/token", redemption("shop", code), as("shop", secret))
		if rec.Code == http.StatusOK {
			won.Add(1)
			winner.Store(rec)
		}
	})
	if won.Load() != 1 {
		t.Fatalf("%d won", won.Load())
	}
	tokens := w.json(winner.Load().(*httptest.ResponseRecorder))
	w.wants(w.userinfo(tokens.text("access_token")), 401, invalidToken)
	w.wants(w.refreshes("shop", tokens.text("refresh_token")), 400, invalidGrant)
}

func (w *world) all(n int, do func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(do)
	}
	wg.Wait()
}

// A public client needs no secret, and no other client's code.
func TestPublicClient(t *testing.T) {
	w := newWorld(t)
	w.register("spa", public)
	w.login()
	rec := w.post("/token", redemption("spa", w.code(asked("spa")), "client_id", "spa"))
	if rec.Code != http.StatusOK || w.json(rec).text("refresh_token") == "" {
		t.Fatalf("answered %d %s", rec.Code, rec.Body)
	}
	w.wants(w.post("/token", redemption("spa", w.code(asked("spa")), "client_id", "spa", "code_verifier", "")), 400, invalidGrant)
	w.wants(w.post("/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"spa"}}), 400, unauthorizedClient)
}

func TestOldClientWithoutPKCE(t *testing.T) {
	w := newWorld(t)
	w.register("old", func(c *directory.OIDCClient) { c.Metadata.PKCEOptional = true })
	w.login()
	code := w.code(asked("old", "code_challenge", "", "code_challenge_method", ""))
	rec := w.post("/token", redemption("old", code, "code_verifier", ""), as("old", secret))
	if rec.Code != http.StatusOK {
		t.Errorf("answered %d %s", rec.Code, rec.Body)
	}
	// One that sends a challenge is held to it.
	w.wants(w.post("/token", redemption("old", w.code(asked("old")), "code_verifier", ""), as("old", secret)), 400, invalidGrant)
}

// Plain OAuth 2.0: a code without openid gives neither id_token nor userinfo.
func TestWithoutOpenID(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	for _, scope := range []string{"profile email", "", "unknown"} {
		tokens := w.signsOn("shop", "scope", scope)
		if tokens["id_token"] != nil || tokens.text("access_token") == "" {
			t.Errorf("scope %q: %v", scope, tokens)
		}
		w.wants(w.userinfo(tokens.text("access_token")), 403, insufficientScope)
		again := w.json(w.refreshes("shop", tokens.text("refresh_token")))
		if again["id_token"] != nil {
			t.Error("the refresh made an id_token")
		}
	}
}

// When somebody proved who they are is told to a service that asks for it, and
// to no other: two services of one session could compare it.
func TestTheTimeOfTheProofIsToldWhereItIsAskedFor(t *testing.T) {
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = "jwt" })
	w.login()
	for name, asks := range map[string][]string{
		"nobody asked": nil, "max_age": {"max_age", "3600"}, "claims": {"claims", `{"id_token":{"auth_time":{"essential":true}}}`},
	} {
		tokens := w.signsOn("shop", asks...)
		told := w.peek(tokens.text("id_token"))["auth_time"] != nil
		if want := len(asks) > 0; told != want || (w.peek(tokens.text("access_token"))["auth_time"] != nil) != want {
			t.Errorf("%s: told %v", name, told)
		}
		renewed := w.json(w.refreshes("shop", tokens.text("refresh_token")))
		if (w.peek(renewed.text("id_token"))["auth_time"] != nil) != told {
			t.Errorf("%s: another answer when it is refreshed", name)
		}
	}
}
