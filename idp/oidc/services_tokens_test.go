// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

// php-jwt and jose read RSA, P-256, P-384 and Ed25519, and one key of another
// kind makes some of them drop the whole set.
func keysThatEveryLibraryReads(t *testing.T) {
	w := newWorld(t)
	for _, key := range w.publishedKeys() {
		switch {
		case key["use"] != "sig" || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(key["kid"]):
			t.Errorf("use %q, kid %q", key["use"], key["kid"])
		case key["kty"] == "RSA" && key["alg"] == "RS256":
			n, ok := decode(key["n"])
			if bits := new(big.Int).SetBytes(n).BitLen(); !ok || bits < 2048 {
				t.Errorf("%d bits", bits)
			}
		case key["kty"] == "EC" && key["crv"] == "P-256" && key["alg"] == "ES256", key["kty"] == "OKP" && key["crv"] == "Ed25519" && key["alg"] == "EdDSA":
		default:
			t.Errorf("a key of kind %s %s for %q", key["kty"], key["crv"], key["alg"])
		}
	}
	w.register("shop")
	w.login()
	if alg := w.part(w.signsOn("shop").text("id_token"), 0)["alg"]; alg != keys.RS256 {
		t.Errorf("signed with %v where nothing is registered", alg)
	}
}

func (w *world) publishedKeys() []map[string]string {
	w.t.Helper()
	var set struct{ Keys []map[string]string }
	w.must(json.Unmarshal(w.browse("/jwks").Body.Bytes(), &set))
	if len(set.Keys) < 3 {
		w.t.Fatalf("%d keys", len(set.Keys))
	}
	return set.Keys
}

// Nextcloud keeps the keys for an hour and does not ask again for one that it
// does not know.
func aKeyIsShownADayBeforeItSigns(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	before := w.part(w.signsOn("shop").text("id_token"), 0).text("kid")
	w.must(w.ring.Rotate(t.Context(), keys.RS256, false))
	w.must(w.ring.Load(t.Context()))
	var shown []string
	for _, key := range w.publishedKeys() {
		if key["alg"] == keys.RS256 {
			shown = append(shown, key["kid"])
		}
	}
	if len(shown) != 2 {
		t.Fatalf("shown: %q", shown)
	}
	w.clock.Advance(24*time.Hour - time.Second)
	w.login()
	if kid := w.part(w.signsOn("shop").text("id_token"), 0).text("kid"); kid != before {
		t.Error("the new key signs within its first day")
	}
	w.clock.Advance(time.Minute)
	if kid := w.part(w.signsOn("shop").text("id_token"), 0).text("kid"); kid == before || !slices.Contains(shown, kid) {
		t.Errorf("after a day %q signs", kid)
	}
}

// Roundcube compares aud as text and reads no UTF-8; Nextcloud and Matrix need
// the sid; Greenlight keeps the token in a cookie of 4 KB.
func theIDToken(t *testing.T) {
	w := newWorld(t)
	w.register("full", quirk(func(m *directory.ClientMetadata) { m.ClaimsInIDToken = true }))
	w.register("minimal")
	w.login()
	for client, full := range map[string]bool{"full": true, "minimal": false} {
		token := w.signsOn(client).text("id_token")
		said := w.claims(token)
		if said["aud"] != client || said["azp"] != nil && said["azp"] != client || said["nonce"] != "n-0S6" || said.text("sid") == "" {
			t.Errorf("%s: %v", client, said)
		}
		if (said["name"] != nil) != full || (said["email_verified"] == true) != full {
			t.Errorf("%s tells %v", client, said)
		}
		payload, _ := decode(strings.Split(token, ".")[1])
		if strings.ContainsFunc(string(payload), func(r rune) bool { return r > '~' }) {
			t.Errorf("%s: not ASCII: %s", client, payload)
		}
	}
	if token := w.signsOn("minimal").text("id_token"); len(token) > 1500 {
		t.Errorf("%d bytes, which fill a cookie", len(token))
	}
}

// Nextcloud always names its claims, for both places, among them some that
// nobody has; an essential one that is not released is left out all the same.
func theClaimsParameter(t *testing.T) {
	w := newWorld(t)
	w.register("cloud")
	w.login()
	w.people.change(func(d *people) { d.person.Mail = "" })
	asked := `{"id_token":{"email":null,"name":null,"quota":null,"groups":null,"ldap_uuid":{"essential":true}},` +
		`"userinfo":{"email":{"essential":true},"quota":{"value":"5 GB"},"preferred_username":{"essential":true}},"verified_claims":{"x":1}}`
	tokens := w.signsOn("cloud", "scope", "openid", "claims", asked)
	hasJust(t, "id_token", w.claims(tokens.text("id_token")), []string{"name", "groups"})
	hasJust(t, "userinfo", w.json(w.userinfo(tokens.text("access_token"))), []string{"preferred_username"})
	for _, name := range []string{"quota", "ldap_uuid", "verified_claims"} {
		if w.claims(tokens.text("id_token"))[name] != nil {
			t.Errorf("%s is told", name)
		}
	}
}

func theUserinfo(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	tokens := w.signsOn("shop")
	token, sub := tokens.text("access_token"), w.claims(tokens.text("id_token"))["sub"]
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"GET": w.userinfo(token), "POST": w.post("/userinfo", nil, bearer), "POST with a body": w.post("/userinfo", url.Values{"access_token": {token}}),
	} {
		if kind := rec.Header().Get("Content-Type"); rec.Code != 200 || !strings.HasPrefix(kind, "application/json") || w.json(rec)["sub"] != sub {
			t.Errorf("%s: %d %s %s", name, rec.Code, kind, rec.Body)
		}
	}
	w.wants(w.serve(httptest.NewRequest(http.MethodGet, "/userinfo?access_token="+token, nil)), 400, invalidRequest)
}

// Nextcloud sends id and secret in Basic as they are, libraries of the standard
// form-encode them, Odoo repeats the id in the body, many only know the body.
func secretsInEverySpelling(t *testing.T) {
	w := newWorld(t)
	w.register("a-client_1")
	w.login()
	for name, send := range map[string]func(url.Values) *httptest.ResponseRecorder{
		"Basic": func(f url.Values) *httptest.ResponseRecorder { return w.post("/token", f, as("a-client_1", secret)) },
		"Basic, encoded": func(f url.Values) *httptest.ResponseRecorder {
			return w.post("/token", f, as("a%2Dclient%5F1", strings.ReplaceAll(secret, "-", "%2D")))
		},
		"Basic and client_id": func(f url.Values) *httptest.ResponseRecorder {
			return w.post("/token", with(f, "client_id", "a-client_1"), as("a-client_1", secret))
		},
		"body": func(f url.Values) *httptest.ResponseRecorder {
			return w.post("/token", with(f, "client_id", "a-client_1", "client_secret", secret))
		},
	} {
		q := asked("a-client_1", "redirect_uri", "https://a-client_1.example/cb")
		if rec := send(redemption("a-client_1", w.code(q))); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	w.register("other")
	w.wants(w.post("/token", with(redemption("a-client_1", w.code(asked("a-client_1"))), "client_id", "other"), as("a-client_1", secret)), 400, invalidRequest)
}

// Moodle refuses codes with other characters, databases cut long ones.
func codesAndTokens(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	code := w.code(asked("shop"))
	tokens := w.redeems("shop", code)
	plain := regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	for name, value := range map[string]string{"code": code, "access token": tokens.text("access_token"), "refresh token": tokens.text("refresh_token")} {
		if !plain.MatchString(value) || len(value) > 512 {
			t.Errorf("%s: %s", name, value)
		}
	}
	if len(code) > 256 {
		t.Errorf("a code of %d characters", len(code))
	}
	if seconds := tokens["expires_in"]; seconds != 600.0 {
		t.Errorf("expires_in is %v", seconds)
	}
}
