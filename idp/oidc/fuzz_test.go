// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Whatever is parsed is either refused or within bounds that hold later.
func FuzzAuthRequest(f *testing.F) {
	f.Add(asked("shop").Encode())
	f.Add(asked("shop", "prompt", "none login", "max_age", "-1").Encode())
	f.Add("response_type=code&response_type=code&state=a&state=b&max_age=99999999999")
	f.Add("response_type=code&response_mode=form_post&scope=openid%20openid&prompt=&acr_values=+&code_challenge_method=S256")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		a, no := parseAuthRequest(form)
		if len(a.State) > 4096 || a.State != "" && a.State != form.Get("state") {
			t.Fatalf("state %q", a.State)
		}
		if no != nil {
			if no.code == "" || no.status() >= 500 {
				t.Fatalf("refused with %+v", no)
			}
			return
		}
		if form.Get("response_type") != "code" || a.MaxAge != nil && *a.MaxAge < 0 || len(a.Nonce) > 512 || len(a.Scopes) > len(knownScopes()) {
			t.Fatalf("%+v", a)
		}
		if a.Challenge != "" && form.Get("code_challenge_method") != "S256" {
			t.Fatalf("challenge by %q", form.Get("code_challenge_method"))
		}
		raw, err := json.Marshal(reply{State: a.State, Scopes: a.Scopes, Claims: a.Claims})
		var back reply
		if err != nil || json.Unmarshal(raw, &back) != nil {
			t.Fatal("cannot be kept")
		}
	})
}

func FuzzClaims(f *testing.F) {
	f.Add(`{"userinfo":{"name":{"essential":true},"email":null},"id_token":{"acr":{"values":["a","b"],"essential":true},"sub":{"value":"x"}}}`)
	f.Add(`{"id_token":{"sub":{"value":"x"}},"userinfo":{"sub":{"value":"y"}}}`)
	f.Add(`{"id_token":null}`)
	f.Add(` {"a":[[[[{}]]]]}`)
	f.Fuzz(func(t *testing.T, parameter string) {
		c, no := parseClaims(parameter)
		if no != nil {
			if no.code != invalidRequest {
				t.Fatalf("%+v", no)
			}
			return
		}
		if c.ACREssential && len(c.ACR) == 0 {
			t.Fatal("essential, and nothing would do")
		}
		if len(union(c.IDToken, c.Userinfo)) > 8 {
			t.Fatalf("%v", c)
		}
	})
}

// Nothing that was not sealed opens, and nothing that was sealed and is badly
// formed is taken for a token.
func FuzzRefreshToken(f *testing.F) {
	b, err := newBox([]byte("0123456789abcdef0123456789abcdef"), refreshKind)
	if err != nil {
		f.Fatal(err)
	}
	p := &Provider{refresh: b}
	good := p.sealRefresh("shop", refreshToken{person: "person-1", step: step{1, 2}, scopes: scopes{"openid"}})
	f.Add(good, []byte("x"))
	f.Add("", make([]byte, 60))
	f.Add(strings.Repeat("A", 200), append(make([]byte, 52), "p\nopenid"...))
	f.Fuzz(func(t *testing.T, token string, plain []byte) {
		if _, err := p.openRefresh("shop", token); err == nil && token != good {
			t.Fatalf("%q opened", token)
		}
		parsed, err := parseRefresh(plain)
		if err == nil && parsed.person == "" {
			t.Fatal("a token of nobody")
		}
		if sealed := b.seal(plain, "shop"); err == nil {
			if again, err := p.openRefresh("shop", sealed); err != nil || again.key != parsed.key || again.step != parsed.step {
				t.Fatal("sealing lost something")
			}
			if _, err := p.openRefresh("shop2", sealed); err == nil {
				t.Fatal("another client opened it")
			}
		}
	})
}

// A step is read back as it was written, and nothing else is a step.
func FuzzStep(f *testing.F) {
	f.Add("1.1700000000")
	f.Add(freshState)
	f.Add("1.")
	f.Fuzz(func(t *testing.T, state string) {
		s, ok := parseStep(state)
		if !ok {
			return
		}
		if again, ok := parseStep(s.String()); !ok || again != s {
			t.Fatalf("%q", state)
		}
		if s.next(time.Unix(0, 0)) == s {
			t.Fatal("the next step is the same")
		}
	})
}

// No redirect address but a registered one is ever proven.
func FuzzProve(f *testing.F) {
	registered := []string{"https://shop.example/cb?x=1", "http://127.0.0.1/cb", "coop.app:/cb"}
	for _, uri := range append(mutations(shopBack)[:50], registered...) {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		to, ok := prove(registered, true, uri)
		if !ok {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || to.URI != uri || u.User != nil {
			t.Fatalf("%q was proven", uri)
		}
		if where := u.Scheme + "://" + u.Hostname() + u.Path; where != "https://shop.example/cb" && where != "http://127.0.0.1/cb" && where != "coop.app:///cb" {
			t.Fatalf("%q leads to %s", uri, where)
		}
	})
}

// What a stranger puts into credentials never panics and never authenticates.
func FuzzCredentials(f *testing.F) {
	f.Add("Basic c2hvcDp4", "client_id=shop&client_assertion=a.e30.c")
	f.Add("", "client_assertion=eyJhbGciOiJub25lIn0.eyJzdWIiOiJzaG9wIn0.&client_assertion_type="+assertionType)
	f.Fuzz(func(t *testing.T, header, body string) {
		r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", header)
		if r.ParseForm() != nil {
			return
		}
		given, no := readCredentials(r)
		if no == nil && given.id == "" {
			t.Fatal("nobody was let through")
		}
		if given.assertion != "" && len(given.secrets) > 0 {
			t.Fatal("two ways at once")
		}
	})
}
