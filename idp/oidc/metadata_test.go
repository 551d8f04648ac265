// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Discovery says what is true: every endpoint is there, and everything that it
// names works.
func TestDiscovery(t *testing.T) {
	for _, issuer := range []string{"https://id.example", "https://id.example/federation/key"} {
		w := newWorld(t, func(c *Config) { c.Issuer = issuer })
		path := strings.TrimPrefix(issuer, "https://id.example")
		rec := w.browse(path + "/.well-known/openid-configuration")
		twin := w.browse("/.well-known/oauth-authorization-server" + path)
		if rec.Code != 200 || rec.Body.String() != twin.Body.String() {
			t.Fatalf("%d and %d", rec.Code, twin.Code)
		}
		meta := w.json(rec)
		if meta["issuer"] != issuer {
			t.Errorf("issuer %v", meta["issuer"])
		}
		for name, method := range map[string]string{
			"authorization_endpoint": "GET", "token_endpoint": "POST", "userinfo_endpoint": "GET", "jwks_uri": "GET",
			"introspection_endpoint": "POST", "revocation_endpoint": "POST", "end_session_endpoint": "GET",
		} {
			address := meta.text(name)
			if !strings.HasPrefix(address, issuer+"/") || strings.Contains(address, "?") {
				t.Errorf("%s is %q", name, address)
			}
			r := httptest.NewRequest(method, strings.TrimPrefix(address, "https://id.example"), nil)
			if rec := w.serve(r); rec.Code == http.StatusNotFound || rec.Code == http.StatusMethodNotAllowed {
				t.Errorf("%s answers %d", name, rec.Code)
			}
		}
	}
}

func TestDiscoveryIsHonest(t *testing.T) {
	w := newWorld(t)
	meta := w.json(w.browse("/.well-known/openid-configuration"))
	for name, want := range map[string]any{
		"response_types_supported": []any{"code"}, "response_modes_supported": []any{"query", "fragment", "form_post"},
		"code_challenge_methods_supported": []any{"S256"}, "subject_types_supported": []any{"pairwise", "public"},
		"grant_types_supported": []any{"authorization_code", "refresh_token", "client_credentials"}, "ui_locales_supported": []any{"ca", "en"},
		"claims_parameter_supported": true, "request_parameter_supported": false, "request_uri_parameter_supported": false,
		"authorization_response_iss_parameter_supported": true, "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
		"id_token_signing_alg_values_supported": []any{"RS256", "ES256", "EdDSA"},
	} {
		a, _ := json.Marshal(meta[name])
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("%s is %s, want %s", name, a, b)
		}
	}
	for name, value := range meta {
		if list, ok := value.([]any); ok && (len(list) == 0 || slices.Contains(list, any("none")) && name != "prompt_values_supported" &&
			name != "token_endpoint_auth_methods_supported" && name != "revocation_endpoint_auth_methods_supported") {
			t.Errorf("%s is %v", name, value)
		}
	}
}

// Where software can register is said where it can, and nowhere else.
func TestWhereSoftwareRegisters(t *testing.T) {
	const at = "https://id.example/register"
	w := newWorld(t, func(c *Config) { c.Registration = at })
	if got := w.json(w.browse("/.well-known/openid-configuration"))["registration_endpoint"]; got != at {
		t.Errorf("at %v", got)
	}
	w = newWorld(t)
	if got, there := w.json(w.browse("/.well-known/openid-configuration"))["registration_endpoint"]; there {
		t.Errorf("at %v", got)
	}
}

// What is the same for everybody is sent once and kept for a while.
func TestPublicDocumentsAreKept(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks"} {
		rec := w.browse(path)
		etag := rec.Header().Get("ETag")
		if rec.Header().Get("Cache-Control") != "public, max-age=300" || etag == "" || rec.Header().Get("Access-Control-Allow-Origin") != "*" ||
			rec.Header().Get("Access-Control-Allow-Credentials") != "" || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", path, rec.Header())
		}
		for given, status := range map[string]int{etag: 304, "W/" + etag: 304, `"x", ` + etag: 304, "*": 304, `"x"`: 200} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("If-None-Match", given)
			if rec := w.serve(r); rec.Code != status || status == 304 && rec.Body.Len() != 0 {
				t.Errorf("%s with %s: %d", path, given, rec.Code)
			}
		}
		r := httptest.NewRequest(http.MethodHead, path, nil)
		if rec := w.serve(r); rec.Code != 200 {
			t.Errorf("HEAD %s: %d", path, rec.Code)
		}
	}
	if keys := w.browse("/jwks").Body.String(); strings.Contains(keys, `"d"`) || !strings.Contains(keys, `"use":"sig"`) {
		t.Errorf("%s", keys)
	}
}

// A whole sign-on below a path.
func TestIssuerWithAPath(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Issuer = "https://id.example/key" })
	w.register("shop")
	w.login()
	params := w.answered(w.authorize(asked("shop")))
	if params.Get("iss") != "https://id.example/key" {
		t.Errorf("%v", params)
	}
	rec := w.post("/key/token", redemption("shop", params.Get("code")), as("shop", secret))
	tokens := w.json(rec)
	if rec.Code != 200 || w.claims(tokens.text("id_token"))["iss"] != "https://id.example/key" {
		t.Fatalf("%d %v", rec.Code, tokens)
	}
	if w.userinfo(tokens.text("access_token")).Code != 200 {
		t.Error("userinfo")
	}
	if rec := w.browse("/key/logout"); !strings.Contains(rec.Body.String(), `action="/key/logout"`) {
		t.Errorf("log-out: %d %s", rec.Code, rec.Body)
	}
	if rec := w.post("/token", nil); rec.Code != http.StatusNotFound {
		t.Errorf("outside the path: %d", rec.Code)
	}
}
