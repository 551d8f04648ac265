// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/logout"
)

// artefacts are one of each thing that Clau hands out.
func (w *world) artefacts(client string) map[string]string {
	w.t.Helper()
	code := w.code(asked(client))
	tokens := w.redeems(client, w.code(asked(client)))
	spent := w.redeems(client, w.code(asked(client))).text("refresh_token")
	w.refreshes(client, spent)
	c, err := w.p.client(context.Background(), directory.ClientID(client))
	w.must(err)
	logoutToken, err := w.p.signLogout(c, logout.Participant{Subject: w.peek(tokens.text("id_token")).text("sub"), SID: "sid"})
	w.must(err)
	raw, err := base64.RawURLEncoding.DecodeString(tokens.text("refresh_token"))
	w.must(err)
	return map[string]string{
		"code": code, "access": tokens.text("access_token"), "refresh": tokens.text("refresh_token"), "id": tokens.text("id_token"),
		"logout": logoutToken, "unsigned": unsigned(tokens.text("id_token")), "nothing": "", "dot": ".", "dots": "..",
		"confirmation": w.p.confirm.seal([]byte("{}"), ""), "refresh as access": base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1]),
		"key in store": keyOfCode(code).inStore(), "digest": keyOfCode(code).String(),
	}
}

// Everything shown where something else is wanted is refused, and nothing is
// spent by it.
func TestTokenConfusion(t *testing.T) {
	for _, format := range []string{"opaque", "jwt"} {
		w := newWorld(t)
		w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = format })
		w.login()
		for name, token := range w.artefacts("shop") {
			rec := w.userinfo(token)
			if name == "access" != (rec.Code == http.StatusOK) {
				t.Errorf("%s: %s as bearer was answered %d", format, name, rec.Code)
			}
			rec = w.post("/introspect", url.Values{"token": {token}}, as("shop", secret))
			if active := strings.Contains(rec.Body.String(), `"active":true`); active != (name == "access" || name == "refresh") {
				t.Errorf("%s: %s introspected: %s", format, name, rec.Body)
			}
			rec = w.authorize(asked("shop", "id_token_hint", token))
			if good := w.answered(rec).Has("code"); good != (name == "id" || token == "") {
				t.Errorf("%s: %s as hint was answered %s", format, name, rec.Header().Get("Location"))
			}
			if rec = w.refreshes("shop", token); name == "refresh" != (rec.Code == http.StatusOK) {
				t.Errorf("%s: %s as refresh token was answered %d", format, name, rec.Code)
			}
			if rec = w.post("/token", redemption("shop", token), as("shop", secret)); name == "code" != (rec.Code == http.StatusOK) {
				t.Errorf("%s: %s as code was answered %d", format, name, rec.Code)
			}
		}
	}
}

// A token with one bit changed, or a part of it missing, at every position.
func TestTokensAlteredAtEveryPosition(t *testing.T) {
	for _, format := range []string{"opaque", "jwt"} {
		w := newWorld(t)
		w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = format })
		w.login()
		tokens := w.signsOn("shop")
		access, refresh := tokens.text("access_token"), tokens.text("refresh_token")
		for _, token := range altered(access) {
			if rec := w.userinfo(token); rec.Code != http.StatusUnauthorized {
				t.Fatalf("%s %q was answered %d", format, token, rec.Code)
			}
		}
		for _, token := range altered(refresh) {
			if rec := w.refreshes("shop", token); rec.Code != http.StatusBadRequest {
				t.Fatalf("%q was answered %d", token, rec.Code)
			}
		}
		if w.userinfo(access).Code != http.StatusOK || w.refreshes("shop", refresh).Code != http.StatusOK {
			t.Error("the attempts ended the grant")
		}
	}
}

func altered(token string) []string {
	var out []string
	for i := range len(token) {
		out = append(out, token[:i], token[i+1:], token[:i]+token[i+1:])
		for bit := range 6 {
			b := []byte(token)
			b[i] ^= 1 << bit
			out = append(out, string(b))
		}
	}
	return append(out, token+"A", token+"=", token+"\n", " "+token, token+"."+token, strings.ToUpper(token))
}

// Key and algorithm belong together, whatever a token says of itself.
func TestAlgorithms(t *testing.T) {
	for _, alg := range append(keys.Algorithms(), "") {
		w := newWorld(t)
		w.register("shop", func(c *directory.OIDCClient) {
			c.Metadata.IDTokenAlg, c.Metadata.AccessTokenFormat = alg, "jwt"
		})
		w.login()
		tokens := w.signsOn("shop")
		want := alg
		if alg == "" {
			want = "RS256"
		}
		id, access := w.part(tokens.text("id_token"), 0), w.part(tokens.text("access_token"), 0)
		if id["alg"] != want || id["typ"] != "JWT" || access["alg"] != "ES256" || access["typ"] != "at+jwt" || id["kid"] == nil {
			t.Errorf("%q: id_token %v, access token %v", alg, id, access)
		}
		if hash := w.claims(tokens.text("id_token")).text("at_hash"); hash != keys.Hash(want, tokens.text("access_token")) {
			t.Errorf("%s: at_hash %q", want, hash)
		}
		w.code(asked("shop", "id_token_hint", tokens.text("id_token"), "prompt", "none"))
	}
	for _, alg := range []string{"none", "HS256", "RS1", "ES512"} {
		w := newWorld(t)
		w.register("shop", func(c *directory.OIDCClient) { c.Metadata.IDTokenAlg = alg })
		w.login()
		w.wants(w.post("/token", redemption("shop", w.code(asked("shop"))), as("shop", secret)), 500, serverError)
	}
}

// While two keys are published, tokens of both are good.
func TestKeyRotation(t *testing.T) {
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = "jwt" })
	w.login()
	before := w.signsOn("shop")
	w.clock.Advance(time.Minute)
	w.must(w.ring.Rotate(t.Context(), "ES256", true))
	w.must(w.ring.Rotate(t.Context(), "RS256", true))
	after := w.signsOn("shop")
	for _, name := range []string{"id_token", "access_token"} {
		if w.part(before.text(name), 0)["kid"] == w.part(after.text(name), 0)["kid"] {
			t.Errorf("%s: the same key", name)
		}
	}
	for _, tokens := range []got{before, after} {
		if w.userinfo(tokens.text("access_token")).Code != http.StatusOK {
			t.Error("an access token is not good")
		}
		w.code(asked("shop", "id_token_hint", tokens.text("id_token"), "prompt", "none"))
	}
	rec := httptest.NewRecorder()
	w.must(w.p.serveKeys(rec, httptest.NewRequest(http.MethodGet, "/jwks", nil)))
	if n := strings.Count(rec.Body.String(), `"kid"`); n != 5 {
		t.Errorf("%d keys are published, want 5", n)
	}
}

// RFC 9068: what a resource server needs, and nothing about the person.
func TestJWTAccessToken(t *testing.T) {
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = "jwt" })
	w.login()
	tokens := w.signsOn("shop", "max_age", "3600")
	at := w.peek(tokens.text("access_token"))
	for _, name := range []string{"iss", "sub", "aud", "client_id", "jti", "iat", "exp", "scope", "auth_time", "acr", "amr"} {
		if at[name] == nil {
			t.Errorf("no %s", name)
		}
	}
	for _, name := range []string{"name", "email", "sid", "nonce", "preferred_username"} {
		if at[name] != nil {
			t.Errorf("%s is in it", name)
		}
	}
	if again := w.json(w.refreshes("shop", tokens.text("refresh_token"))); w.peek(again.text("access_token"))["jti"] == at["jti"] {
		t.Error("two tokens of one id")
	}
}

// Of all that the ring has signed, only an access token is one, even where the
// id of another token names a grant that lives.
func TestOnlyAnAccessTokenIsOne(t *testing.T) {
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = "jwt" })
	w.login()
	good := w.peek(w.signsOn("shop").text("access_token"))
	for _, c := range []struct {
		alg, typ, issuer string
		status           int
	}{
		{"ES256", "at+jwt", "https://id.example", 200}, {"ES256", "JWT", "https://id.example", 401}, {"ES256", "logout+jwt", "https://id.example", 401},
		{"ES256", "AT+JWT", "https://id.example", 401}, {"RS256", "at+jwt", "https://id.example", 401}, {"ES256", "at+jwt", "https://other.example", 401},
	} {
		good["iss"] = c.issuer
		token, err := w.ring.Sign(c.alg, c.typ, good)
		w.must(err)
		if rec := w.userinfo(token); rec.Code != c.status {
			t.Errorf("%+v: answered %d", c, rec.Code)
		}
	}
}
