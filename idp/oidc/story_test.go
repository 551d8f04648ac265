// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"strings"
	"testing"
)

// A person who is logged in enters a shop: two exchanges, and the shop knows
// what it may know.
func TestSignOnOverASession(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	rec := w.authorize(asked("shop"))
	params := w.answered(rec)
	if params.Get("state") != "st" || params.Get("iss") != "https://id.example" {
		t.Fatalf("answered %v", params)
	}
	tokens := w.redeems("shop", params.Get("code"))
	if tokens["token_type"] != "Bearer" || tokens["expires_in"] != 600.0 || tokens.text("scope") != "openid profile email" {
		t.Errorf("tokens %v", tokens)
	}
	id := w.claims(tokens.text("id_token"))
	if id["aud"] != "shop" || id["nonce"] != "n-0S6" || id["acr"] == nil || id["amr"] == nil || id["sid"] == nil || id["at_hash"] == nil || id["azp"] != nil {
		t.Errorf("id_token %v", id)
	}
	if id["name"] != nil {
		t.Error("the id_token tells the name, which nobody asked for there")
	}
	info := w.userinfo(tokens.text("access_token"))
	claims := w.json(info)
	if info.Code != http.StatusOK || claims["sub"] != id["sub"] || claims["name"] != "Mireia Ñandú" ||
		claims["email"] != "mireia@coop.example" || claims["email_verified"] != true || claims["groups"] != nil {
		t.Errorf("userinfo %d %v", info.Code, claims)
	}
	if strings.Contains(w.logs.String(), params.Get("code")) || strings.Contains(w.logs.String(), tokens.text("access_token")) {
		t.Error("a secret is in the log")
	}
}

// What one node hands out is good at the other, and over at both when it is
// over at one. A node with another secret knows nothing of it.
func TestTwoNodes(t *testing.T) {
	one := newWorld(t)
	beside := func(c *Config) { c.Store, c.Room = one.store, one.room }
	two := newWorld(t, beside)
	stranger := newWorld(t, beside, func(c *Config) { c.Secret = []byte(strings.Repeat("x", 32)) })
	for _, w := range []*world{one, two, stranger} {
		w.register("shop")
	}
	one.login()
	first := two.redeems("shop", one.code(asked("shop")))
	second := one.json(one.refreshes("shop", first.text("refresh_token")))
	third := two.json(two.refreshes("shop", second.text("refresh_token")))
	if two.userinfo(second.text("access_token")).Code != 200 || one.userinfo(third.text("access_token")).Code != 200 {
		t.Fatal("a token is good at one node only")
	}
	stranger.wants(stranger.userinfo(third.text("access_token")), 401, invalidToken)
	stranger.wants(stranger.refreshes("shop", third.text("refresh_token")), 400, invalidGrant)
	two.post("/revoke", map[string][]string{"token": {third.text("access_token")}}, as("shop", secret))
	one.wants(one.userinfo(third.text("access_token")), 401, invalidToken)
	one.wants(one.refreshes("shop", third.text("refresh_token")), 400, invalidGrant)
}
