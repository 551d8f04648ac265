// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestEveryAnswerIsSecured(t *testing.T) {
	d := newDoor(t, nil,
		Route{Pattern: "GET /x", Needs: Anyone, Handle: hello},
		Route{Pattern: "GET /fault", Needs: Anyone, Handle: func(http.ResponseWriter, *http.Request) error { return errors.New("x") }},
		Route{Pattern: "GET /panic", Needs: Anyone, Handle: func(http.ResponseWriter, *http.Request) error { panic("x") }},
		Route{Pattern: "POST /token", Needs: Service, Handle: hello})
	for _, path := range []string{"/x", "/fault", "/panic", "/nothing", "/token", "/x/../x"} {
		h := d.get(path).Header()
		for name, value := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cache-Control":                "no-store",
			"Strict-Transport-Security":    "max-age=63072000",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"X-Frame-Options":              "DENY",
		} {
			want(t, path+" "+name, h.Get(name), value)
		}
		policy := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: no %q in %q", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: %q", path, policy)
		}
	}
}

func TestWhatOneAnswerSaysTheNextDoesNot(t *testing.T) {
	d := newDoor(t, nil,
		Route{Pattern: "GET /x", Needs: Anyone, Handle: hello},
		Route{Pattern: "GET /loud", Needs: Anyone, Handle: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Add("X-Frame-Options", "SAMEORIGIN")
			w.Header().Set("Cache-Control", "public")
			w.Header().Del("Referrer-Policy")
			return AllowFormTarget(w, "https://app.example/")
		}})
	before := d.get("/x").Header()
	d.get("/loud")
	after := d.get("/x").Header()
	if !maps.EqualFunc(before, after, slices.Equal[[]string]) {
		t.Errorf("before %v, after %v", before, after)
	}
}

func TestWithoutTLSThereIsNoHSTS(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Issuer = &url.URL{Scheme: "http", Host: "localhost:8080"} })
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "localhost:8080"
	want(t, "HSTS", d.ask(r).Header().Get("Strict-Transport-Security"), "")
}

func TestWhatAHandlerBeganToSayIsForgottenWhenItFails(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Location", "https://app.example/?code=1")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Length", "1")
		return errors.New("x")
	}})
	w := d.get("/x")
	want(t, "Location", w.Header().Get("Location"), "")
	want(t, "ETag", w.Header().Get("ETag"), "")
	want(t, "Cache-Control", w.Header().Get("Cache-Control"), "no-store")
	if w.Body.Len() < 10 || w.Header().Get("Content-Length") == "1" {
		t.Errorf("Content-Length %s of %q", w.Header().Get("Content-Length"), w.Body)
	}
}

func TestFormTargets(t *testing.T) {
	for _, test := range []struct{ target, source string }{
		{"https://cloud.example.coop/apps/oidc?x=1#y", "https://cloud.example.coop"},
		{"https://cloud.example.coop:8443", "https://cloud.example.coop:8443"},
		{"http://127.0.0.1:5555/cb", "http://127.0.0.1:5555"},
		{"http://[::1]:5555/cb", "http:"},
		{"coop.example.app:/cb", "coop.example.app:"},
		{"javascript:alert(1)", ""},
		{"JavaScript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"https://evil.example;script-src *", ""},
		{"https://evil.example,x", ""},
		{"https://a b.example/", ""},
		{"https://*.example/", ""},
		{"https://*", ""},
		{"https:///nothing", ""},
		{"//evil.example", ""},
		{"/login", ""},
		{"", ""},
		{"*", ""},
		{"'unsafe-inline'", ""},
	} {
		t.Run(test.target, func(t *testing.T) {
			w := httptest.NewRecorder()
			w.Header().Set(cspHeader, contentSecurityPolicy)
			err := AllowFormTarget(w, test.target)
			want(t, "refused", err != nil, test.source == "")
			wanted := contentSecurityPolicy
			if test.source != "" {
				wanted = strings.Replace(wanted, "form-action 'self'", "form-action 'self' "+test.source, 1)
			}
			want(t, "policy", w.Header().Get(cspHeader), wanted)
		})
	}
}

func TestFormTargetsAddUpOnce(t *testing.T) {
	w := httptest.NewRecorder()
	for _, target := range []string{"https://a.example/1", "https://b.example", "https://a.example/2"} {
		err := AllowFormTarget(w, target)
		if err != nil {
			t.Fatal(err)
		}
	}
	if policy := w.Header().Get(cspHeader); !strings.Contains(policy, "form-action 'self' https://a.example https://b.example;") {
		t.Errorf("policy %q", policy)
	}
}

func TestAScriptMayRunByItsHashOnly(t *testing.T) {
	sum := sha256.Sum256([]byte("document.forms[0].submit()"))
	hash := base64.StdEncoding.EncodeToString(sum[:])
	w := httptest.NewRecorder()
	err := AllowScriptHash(w, hash)
	if err != nil {
		t.Fatal(err)
	}
	if policy := w.Header().Get(cspHeader); !strings.Contains(policy, "script-src 'sha256-"+hash+"';") {
		t.Errorf("policy %q", policy)
	}
	for _, odd := range []string{"", "x", hash + "'; script-src *", hash + "\n", "'unsafe-inline'", hash[:43]} {
		if AllowScriptHash(httptest.NewRecorder(), odd) == nil {
			t.Errorf("%q was taken for a hash", odd)
		}
	}
}
