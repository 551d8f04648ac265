// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"crypto/sha256"

	"commonscloud.coop/clau/idp/directory"
)

func credentials4() url.Values { return url.Values{"grant_type": {"client_credentials"}} }

func machine(c *directory.OIDCClient) { c.Metadata.GrantTypes = []string{"client_credentials"} }

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// How clients may say who they are, and how not.
func TestClientAuthentication(t *testing.T) {
	odd := "p%20s+w/ö:d&=%"
	sum := sha256.Sum256([]byte(odd))
	w := newWorld(t)
	w.register("shop", machine)
	w.register("poster", machine, func(c *directory.OIDCClient) { c.Metadata.AuthMethod = "client_secret_post" })
	w.register("odd", machine, func(c *directory.OIDCClient) { c.Secrets[0].SHA256 = base64.RawURLEncoding.EncodeToString(sum[:]) })
	w.register("keyed", machine, func(c *directory.OIDCClient) { c.Metadata.AuthMethod = "private_key_jwt" })
	w.register("spa", public, func(c *directory.OIDCClient) {
		c.Metadata.GrantTypes = []string{"client_credentials", "authorization_code"}
	})
	w.register("bare", machine, func(c *directory.OIDCClient) { c.Secrets = nil })
	w.register("old secret", machine, func(c *directory.OIDCClient) { c.Secrets[0].Expires = w.clock.Now() })
	w.register("mtls", machine, func(c *directory.OIDCClient) { c.Metadata.AuthMethod = "tls_client_auth" })
	sent := func(change ...func(*http.Request)) []func(*http.Request) { return change }

	for _, c := range []struct {
		name   string
		form   url.Values
		change []func(*http.Request)
		status int
		code   string
	}{
		{"basic", credentials4(), sent(as("shop", secret)), 200, ""},
		{"basic, client_id repeated", with(credentials4(), "client_id", "shop"), sent(as("shop", secret)), 200, ""},
		{"post", with(credentials4(), "client_id", "shop", "client_secret", secret), nil, 200, ""},
		{"basic where post is registered", credentials4(), sent(as("poster", secret)), 200, ""},
		{"odd secret, raw", credentials4(), sent(as("odd", odd)), 200, ""},
		{"odd secret, encoded", credentials4(), sent(as("odd", url.QueryEscape(odd))), 200, ""},
		{"odd secret, post", with(credentials4(), "client_id", "odd", "client_secret", odd), nil, 200, ""},
		{"another client_id beside basic", with(credentials4(), "client_id", "poster"), sent(as("shop", secret)), 400, invalidRequest},
		{"a secret beside basic", with(credentials4(), "client_secret", secret), sent(as("shop", secret)), 400, invalidRequest},
		{"an assertion beside basic", with(credentials4(), "client_assertion", "a.b.c"), sent(as("shop", secret)), 400, invalidRequest},
		{"an assertion beside a secret", with(credentials4(), "client_id", "shop", "client_secret", secret, "client_assertion", "a.b.c"), nil, 400, invalidRequest},
		{"wrong secret", credentials4(), sent(as("shop", secret+"x")), 401, invalidClient},
		{"empty secret", credentials4(), sent(as("shop", "")), 401, invalidClient},
		{"no secret", with(credentials4(), "client_id", "shop"), nil, 401, invalidClient},
		{"the digest as secret", credentials4(), sent(as("shop", w.people.services["service-shop"].OIDC.Secrets[0].SHA256)), 401, invalidClient},
		{"unknown client", credentials4(), sent(as("nobody", secret)), 401, invalidClient},
		{"no client", credentials4(), nil, 401, invalidClient},
		{"empty client", credentials4(), sent(as("", "")), 401, invalidClient},
		{"bearer", credentials4(), sent(func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }), 401, invalidClient},
		{"basic that is none", credentials4(), sent(func(r *http.Request) { r.Header.Set("Authorization", "Basic %%%") }), 401, invalidClient},
		{"no secret was ever given", credentials4(), sent(as("bare", "")), 401, invalidClient},
		{"expired secret", credentials4(), sent(as("old secret", secret)), 401, invalidClient},
		{"a secret for a client with a key", credentials4(), sent(as("keyed", secret)), 401, invalidClient},
		{"a secret for a public client", credentials4(), sent(as("spa", secret)), 401, invalidClient},
		{"a public client by itself", with(credentials4(), "client_id", "spa"), nil, 401, invalidClient},
		{"a method that we do not have", credentials4(), sent(as("mtls", secret)), 401, invalidClient},
		{"an assertion that is none", with(credentials4(), "client_assertion", "x", "client_assertion_type", assertionType), nil, 401, invalidClient},
		{"an assertion of another type", with(credentials4(), "client_assertion", "x", "client_assertion_type", "saml"), nil, 400, invalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			rec := w.post("/token", c.form, c.change...)
			if c.status == 200 {
				if rec.Code != 200 || rec.Header().Get("Cache-Control") != "no-store" {
					t.Fatalf("answered %d %s", rec.Code, rec.Body)
				}
				return
			}
			if c.name == "a public client by itself" {
				if rec.Code < 400 {
					t.Fatalf("answered %d", rec.Code)
				}
				return
			}
			w.wants(rec, c.status, c.code)
			if challenge := rec.Header().Get("WWW-Authenticate"); (c.status == 401) != strings.HasPrefix(challenge, "Basic ") {
				t.Errorf("challenge %q", challenge)
			}
		})
	}
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// signedBy makes an ES256 JWS by hand: the test must not sign as the code does.
func signedBy(t testing.TB, key *ecdsa.PrivateKey, claims any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","kid":"k"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func TestPrivateKeyJWT(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	jwks := fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"%s","y":"%s"}]}`, b64(public[1:33]), b64(public[33:]))
	w := newWorld(t)
	keyed := func(c *directory.OIDCClient) {
		c.Secrets, c.Metadata.AuthMethod, c.Metadata.JWKS = nil, "private_key_jwt", json.RawMessage(jwks)
	}
	w.register("keyed", machine, keyed)
	w.register("twin", machine, keyed)
	said := func(change ...any) map[string]any {
		c := map[string]any{"iss": "keyed", "sub": "keyed", "aud": "https://id.example", "jti": rand.Text(), "exp": w.clock.Now().Add(time.Minute).Unix()}
		for i := 0; i < len(change); i += 2 {
			c[change[i].(string)] = change[i+1]
		}
		return c
	}
	send := func(signed string, pairs ...string) *httptest.ResponseRecorder {
		return w.post("/token", with(with(credentials4(), "client_assertion", signed, "client_assertion_type", assertionType), pairs...))
	}
	good := signedBy(t, key, said())
	if rec := send(good); rec.Code != 200 {
		t.Fatalf("answered %d %s", rec.Code, rec.Body)
	}
	w.wants(send(good), 401, invalidClient) // shown twice
	if rec := send(signedBy(t, key, said("aud", []string{"x", "https://id.example/token"})), "client_id", "keyed"); rec.Code != 200 {
		t.Errorf("the token endpoint as audience: %d %s", rec.Code, rec.Body)
	}
	w.wants(send(signedBy(t, key, said()), "client_id", "twin"), 400, invalidRequest)
	stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	for name, signed := range map[string]string{
		"another key": signedBy(t, stranger, said()), "unsigned": unsigned(good), "for somebody else": signedBy(t, key, said("aud", "https://other.example")),
		"expired": signedBy(t, key, said("exp", w.clock.Now().Add(-time.Minute).Unix())), "no jti": signedBy(t, key, said("jti", "")),
		"no exp": signedBy(t, key, said("exp", nil)), "endless": signedBy(t, key, said("exp", w.clock.Now().Add(48*time.Hour).Unix())),
		"issued by another": signedBy(t, key, said("iss", "twin")), "of an unknown client": signedBy(t, key, said("iss", "x", "sub", "x")),
	} {
		if rec := send(signed); rec.Code != 401 {
			t.Errorf("%s: answered %d %s", name, rec.Code, rec.Body)
		}
	}
}

// The client acts for itself: no person, no refresh token, no id_token.
func TestClientCredentials(t *testing.T) {
	for _, format := range []string{"opaque", "jwt"} {
		w := newWorld(t)
		s := w.register("shop", machine, func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = format })
		tokens := w.json(w.post("/token", with(credentials4(), "scope", "openid profile offline_access"), as("shop", secret)))
		if tokens.text("access_token") == "" || tokens["refresh_token"] != nil || tokens["id_token"] != nil || tokens["scope"] != nil {
			t.Fatalf("%v", tokens)
		}
		w.wants(w.userinfo(tokens.text("access_token")), 403, insufficientScope)
		introspected := func() got {
			return w.json(w.post("/introspect", url.Values{"token": {tokens.text("access_token")}}, as("shop", secret)))
		}
		if about := introspected(); about["active"] != true || about["sub"] != "shop" || about["username"] != nil {
			t.Errorf("introspected %v", about)
		}
		w.post("/revoke", url.Values{"token": {tokens.text("access_token")}}, as("shop", secret))
		if about := introspected(); about["active"] != false {
			t.Errorf("revoked, and %v", about)
		}
		s.State = directory.Suspended
		w.people.services[s.ID] = s
		w.wants(w.post("/token", credentials4(), as("shop", secret)), 401, invalidClient)
	}
}

func TestTheTokenDoor(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	r := httptest.NewRequest(http.MethodGet, "/token?grant_type=client_credentials", nil)
	if rec := w.serve(r); rec.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET was answered %d", rec.Code)
	}
	for _, grant := range []string{"password", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "implicit"} {
		w.wants(w.post("/token", url.Values{"grant_type": {grant}}, as("shop", secret)), 400, unsupportedGrantType)
	}
	w.wants(w.post("/token", url.Values{}, as("shop", secret)), 400, invalidRequest)
	w.wants(w.post("/token", credentials4(), as("shop", secret)), 400, unauthorizedClient)
	for _, name := range []string{"client_secret", "code", "refresh_token", "code_verifier", "client_assertion"} {
		w.wants(w.post("/token?"+name+"=x", redemption("shop", w.code(asked("shop"))), as("shop", secret)), 400, invalidRequest)
	}
	// A parameter in the address is none: the body counts.
	w.wants(w.post("/token?grant_type=client_credentials", url.Values{}, as("shop", secret)), 400, invalidRequest)
	twice := redemption("shop", w.code(asked("shop")))
	twice["code"] = append(twice["code"], twice["code"]...)
	w.wants(w.post("/token", twice, as("shop", secret)), 400, invalidRequest)
	w.wants(w.post("/token", redemption("shop", w.code(asked("shop")), "redirect_uri", ""), as("shop", secret)), 400, invalidRequest)
	if rec := w.post("/token", url.Values{"x": {strings.Repeat("a", 70_000)}}, as("shop", secret)); rec.Code < 400 || rec.Code >= 500 {
		t.Errorf("70 kB were answered %d", rec.Code)
	}
	code := w.code(asked("shop"))
	rec := w.post("/token", redemption("shop", code, "state", "x", "scope", "y"), as("shop", secret))
	if rec.Code != 200 {
		t.Errorf("unknown parameters: %d %s", rec.Code, rec.Body)
	}
}

// Applications in the browser may read what is theirs; nobody else's pages may.
func TestCORS(t *testing.T) {
	w := newWorld(t)
	w.register("spa", public)
	w.register("shop")
	w.login()
	from := func(origin string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Origin", origin) }
	}
	for _, c := range []struct{ client, origin, want string }{
		{"spa", "https://spa.example", "https://spa.example"},
		{"spa", "https://spa.example.evil", ""},
		{"spa", "https://SPA.example", ""},
		{"spa", "null", ""},
		{"shop", "https://shop.example", ""},
	} {
		form, change := redemption(c.client, w.code(asked(c.client)), "client_id", c.client), []func(*http.Request){from(c.origin)}
		if c.client == "shop" {
			change = append(change, as("shop", secret))
		}
		rec := w.post("/token", form, change...)
		if got := rec.Header().Get("Access-Control-Allow-Origin"); got != c.want || rec.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("token of %s from %s may be read by %q", c.client, c.origin, got)
		}
		r := httptest.NewRequest(http.MethodGet, "/userinfo", nil)
		r.Header.Set("Authorization", "Bearer "+w.json(rec).text("access_token"))
		from(c.origin)(r)
		if got := w.serve(r).Header().Get("Access-Control-Allow-Origin"); got != c.want {
			t.Errorf("userinfo of %s from %s may be read by %q", c.client, c.origin, got)
		}
	}
	r := httptest.NewRequest(http.MethodOptions, "/token", nil)
	from("https://spa.example")(r)
	if rec := w.serve(r); rec.Code != http.StatusNoContent || rec.Header().Get("Access-Control-Allow-Credentials") != "" || rec.Header().Get("Access-Control-Allow-Headers") == "" {
		t.Errorf("preflight %d %v", rec.Code, rec.Header())
	}
	for _, path := range []string{"/introspect", "/revoke"} {
		rec := w.post(path, url.Values{"client_id": {"spa"}, "token": {"x"}}, from("https://spa.example"))
		if rec.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read by pages", path)
		}
	}
}
