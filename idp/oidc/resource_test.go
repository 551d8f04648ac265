// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

func TestUserinfoByEveryMethod(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	tokens := w.signsOn("shop")
	token := tokens.text("access_token")
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "bearer "+token) }
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"get": w.userinfo(token), "post, header": w.post("/userinfo", nil, bearer), "post, body": w.post("/userinfo", url.Values{"access_token": {token}}),
	} {
		info := w.json(rec)
		if rec.Code != 200 || info["sub"] != w.peek(tokens.text("id_token"))["sub"] || !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %v", name, rec.Code, info)
		}
	}
	w.wants(w.post("/userinfo", url.Values{"access_token": {token}}, bearer), 400, invalidRequest)
	w.wants(w.serve(httptest.NewRequest(http.MethodGet, "/userinfo?access_token="+token, nil)), 400, invalidRequest)
	for _, c := range []struct{ header, challenge string }{
		{"", `Bearer realm="clau"`}, {"Bearer x", `Bearer realm="clau", error="invalid_token"`}, {"Basic eDp5", `Bearer realm="clau", error="invalid_token"`},
	} {
		r := httptest.NewRequest(http.MethodGet, "/userinfo", nil)
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		if rec := w.serve(r); rec.Code != 401 || rec.Header().Get("WWW-Authenticate") != c.challenge {
			t.Errorf("%q: %d %q", c.header, rec.Code, rec.Header().Get("WWW-Authenticate"))
		}
	}
}

// Each place gets what was asked for in it, and neither more than was granted.
func TestWhatIsReleasedWhere(t *testing.T) {
	profile := []string{"name", "given_name", "family_name", "preferred_username", "locale"}
	for _, c := range []struct {
		name     string
		change   func(*directory.OIDCClient)
		ask      []string
		id, info []string
	}{
		{"scopes only", nil, []string{"scope", "openid profile"}, nil, profile},
		{"scopes in the id_token", func(c *directory.OIDCClient) { c.Metadata.ClaimsInIDToken = true }, []string{"scope", "openid email groups"},
			[]string{"email", "email_verified", "groups"}, []string{"email", "email_verified", "groups"}},
		{"claims", nil, []string{"scope", "openid", "claims", `{"id_token":{"name":null,"nickname":null},"userinfo":{"groups":{"essential":true},"address":null}}`},
			[]string{"name"}, []string{"groups"}},
		{"address and phone are empty", nil, []string{"scope", "openid address phone"}, nil, nil},
		{"nothing", nil, []string{"scope", "openid"}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.register("shop", func(o *directory.OIDCClient) {
				if c.change != nil {
					c.change(o)
				}
			})
			w.login()
			tokens := w.signsOn("shop", c.ask...)
			hasJust(t, "id_token", w.claims(tokens.text("id_token")), c.id)
			hasJust(t, "userinfo", w.json(w.userinfo(tokens.text("access_token"))), c.info)
			again := w.json(w.refreshes("shop", tokens.text("refresh_token")))
			hasJust(t, "id_token of the refresh", w.claims(again.text("id_token")), c.id)
		})
	}
}

func hasJust(t *testing.T, place string, claims got, want []string) {
	t.Helper()
	for _, name := range []string{"name", "given_name", "family_name", "preferred_username", "locale", "email", "email_verified", "groups", "address", "nickname"} {
		_, there := claims[name]
		wanted := false
		for _, one := range want {
			wanted = wanted || one == name
		}
		if there != wanted {
			t.Errorf("%s: %s is there: %v", place, name, there)
		}
	}
}

// What the directory says now is released, not what it said at the sign-on.
func TestUserinfoIsDecidedAnew(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	token := w.signsOn("shop").text("access_token")
	w.people.change(func(d *people) { d.person.Name, d.person.Mail = "Mireia Nova", "" })
	info := w.json(w.userinfo(token))
	if info["name"] != "Mireia Nova" || info["email"] != nil {
		t.Errorf("%v", info)
	}
}

// Non-ASCII is escaped in tokens: some services read them as Latin-1.
func TestIDTokenIsASCII(t *testing.T) {
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.ClaimsInIDToken = true })
	w.login()
	token := w.signsOn("shop").text("id_token")
	payload, ok := decode(strings.Split(token, ".")[1])
	if !ok || !strings.Contains(string(payload), `\u00d1and\u00fa`) {
		t.Errorf("%s", payload)
	}
	if w.claims(token)["name"] != "Mireia Ñandú" {
		t.Error("the name is another")
	}
}

func TestIntrospection(t *testing.T) {
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.FlatIntrospect = true })
	w.register("other")
	w.register("spa", public)
	w.login()
	tokens := w.signsOn("shop", "scope", "openid profile email groups")
	ask := func(token string, change ...func(*http.Request)) *httptest.ResponseRecorder {
		return w.post("/introspect", url.Values{"token": {token}}, change...)
	}
	about := w.json(ask(tokens.text("access_token"), as("shop", secret)))
	for name, want := range map[string]any{
		"active": true, "client_id": "shop", "aud": "shop", "iss": "https://id.example", "token_type": "Bearer", "username": "mireia@coop.example",
		"email": "mireia@coop.example", "scope": "openid profile email groups", "sub": w.peek(tokens.text("id_token"))["sub"],
	} {
		if about[name] != want {
			t.Errorf("%s is %v", name, about[name])
		}
	}
	for name, value := range about {
		if _, list := value.([]any); list {
			t.Errorf("%s is a list", name)
		}
	}
	if about["exp"].(float64)-about["iat"].(float64) != 600 {
		t.Errorf("%v to %v", about["iat"], about["exp"])
	}
	refresh := w.json(ask(tokens.text("refresh_token"), as("shop", secret)))
	if refresh["active"] != true || refresh["token_type"] != "refresh_token" {
		t.Errorf("refresh token: %v", refresh)
	}
	if w.refreshes("shop", tokens.text("refresh_token")).Code != 200 {
		t.Error("introspection spent the refresh token")
	}
	if old := w.json(ask(tokens.text("refresh_token"), as("shop", secret))); old["active"] != false {
		t.Errorf("a spent refresh token: %v", old)
	}
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"another client": ask(tokens.text("access_token"), as("other", secret)), "its refresh": ask(tokens.text("refresh_token"), as("other", secret)),
		"garbage": ask("garbage", as("shop", secret)),
	} {
		if rec.Code != 200 || strings.TrimSpace(rec.Body.String()) != `{"active":false}` {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	w.wants(ask("x", as("shop", "wrong")), 401, invalidClient)
	w.wants(ask("x"), 401, invalidClient)
	w.wants(w.post("/introspect", url.Values{"token": {"x"}, "client_id": {"spa"}}), 401, invalidClient)
	w.wants(ask("", as("shop", secret)), 400, invalidRequest)
}

// Only the scopes of the token count, also for what introspection tells.
func TestIntrospectionReleasesNoMoreThanTheScopes(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	token := w.signsOn("shop", "scope", "openid").text("access_token")
	about := w.json(w.post("/introspect", url.Values{"token": {token}}, as("shop", secret)))
	if about["active"] != true || about["username"] != nil || about["email"] != nil {
		t.Errorf("%v", about)
	}
}

func TestRevocation(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("other")
	w.register("spa", public)
	w.login()
	for _, kind := range []string{"access_token", "refresh_token"} {
		tokens := w.signsOn("shop")
		give := func(token string, change ...func(*http.Request)) int {
			return w.post("/revoke", url.Values{"token": {token}, "token_type_hint": {kind}}, change...).Code
		}
		for _, token := range []string{"unknown", tokens.text("id_token"), tokens.text("access_token") + "x"} {
			if code := give(token, as("shop", secret)); code != 200 {
				t.Errorf("giving back what is not there: %d", code)
			}
		}
		if code := give(tokens.text(kind), as("other", secret)); code != 200 {
			t.Errorf("giving back another's: %d", code)
		}
		if w.userinfo(tokens.text("access_token")).Code != 200 {
			t.Fatal("another client revoked it")
		}
		if code := give(tokens.text(kind), as("shop", secret)); code != 200 {
			t.Errorf("giving back: %d", code)
		}
		w.wants(w.userinfo(tokens.text("access_token")), 401, invalidToken)
		w.wants(w.refreshes("shop", tokens.text("refresh_token")), 400, invalidGrant)
	}
	w.wants(w.post("/revoke", url.Values{"token": {"x"}}, as("shop", "wrong")), 401, invalidClient)
	mine := w.json(w.post("/token", redemption("spa", w.code(asked("spa")), "client_id", "spa")))
	w.post("/revoke", url.Values{"token": {mine.text("refresh_token")}, "client_id": {"spa"}})
	w.wants(w.userinfo(mine.text("access_token")), 401, invalidToken)
}
