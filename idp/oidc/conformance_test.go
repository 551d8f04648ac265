// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The modules of the OpenID Foundation's Basic, Form Post and RP-Initiated
// Logout certification plans, as far as they can be decided without a browser.
// The names are the suite's own.
func TestConformance(t *testing.T) {
	for _, mode := range []string{"", "form_post"} {
		plan := map[string]string{"": "basic", "form_post": "formpost"}[mode]
		for name, module := range basicModules() {
			t.Run(plan+"/"+name, func(t *testing.T) { module(newSuite(t, mode)) })
		}
	}
	for name, module := range logoutModules() {
		t.Run("logout/"+name, func(t *testing.T) { module(newSuite(t, "")) })
	}
}

// suite is a world with the suite's two clients in it.
type suite struct {
	*world
	mode string
}

func newSuite(t *testing.T, mode string) suite {
	s := suite{newWorld(t), mode}
	s.register("shop")
	s.register("shop2")
	s.login()
	return s
}

// ask makes an authorization request and returns its response.
func (s suite) ask(pairs ...string) url.Values {
	s.t.Helper()
	return s.delivered(s.authorize(asked("shop", append([]string{"response_mode", s.mode}, pairs...)...)), s.mode)
}

func (s suite) signOn(pairs ...string) (tokens, id got) {
	s.t.Helper()
	params := s.ask(pairs...)
	if params.Get("code") == "" {
		s.t.Fatalf("no code: %v", params)
	}
	tokens = s.redeems("shop", params.Get("code"))
	return tokens, s.claims(tokens.text("id_token"))
}

func (s suite) scope(scope string, claims ...string) {
	s.t.Helper()
	tokens, _ := s.signOn("scope", scope)
	info := s.json(s.world.userinfo(tokens.text("access_token")))
	for _, name := range append(claims, "sub") {
		if info[name] == nil {
			s.t.Errorf("no %s", name)
		}
	}
}

func (s suite) fails(want string, pairs ...string) {
	s.t.Helper()
	if params := s.ask(pairs...); params.Get("error") != want || params.Has("code") {
		s.t.Errorf("answered %v, want %s", params, want)
	}
}

func (s suite) succeeds(pairs ...string) { s.t.Helper(); s.signOn(pairs...) }

func basicModules() map[string]func(suite) {
	return map[string]func(suite){
		"oidcc-server": func(s suite) {
			_, id := s.signOn()
			if id["iss"] != s.p.c.Issuer || id["aud"] != "shop" || id["nonce"] != "n-0S6" || id["name"] != nil {
				s.t.Errorf("%v", id)
			}
			other := s.peek(s.signsOn("shop2").text("id_token"))
			if other["sub"] == id["sub"] {
				s.t.Error("two services know the person by one name")
			}
		},
		"oidcc-response-type-missing": func(s suite) { s.fails(invalidRequest, "response_type", "") },
		"oidcc-idtoken-signature": func(s suite) {
			tokens, _ := s.signOn()
			if h := s.part(tokens.text("id_token"), 0); h["alg"] != "RS256" || !strings.Contains(s.browse("/jwks").Body.String(), h.text("kid")) {
				s.t.Errorf("%v", h)
			}
		},
		"oidcc-userinfo-get": func(s suite) { s.scope("openid") },
		"oidcc-userinfo-post-header": func(s suite) {
			tokens, _ := s.signOn()
			rec := s.post("/userinfo", nil, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tokens.text("access_token")) })
			if rec.Code != 200 {
				s.t.Error(rec.Code)
			}
		},
		"oidcc-userinfo-post-body": func(s suite) {
			tokens, _ := s.signOn()
			if rec := s.post("/userinfo", url.Values{"access_token": {tokens.text("access_token")}}); rec.Code != 200 {
				s.t.Error(rec.Code)
			}
		},
		"oidcc-ensure-request-without-nonce-succeeds-for-code-flow": func(s suite) {
			if _, id := s.signOn("nonce", ""); id["nonce"] != nil {
				s.t.Errorf("%v", id)
			}
		},
		"oidcc-scope-profile": func(s suite) {
			s.scope("openid profile", "name", "given_name", "family_name", "preferred_username", "locale")
		},
		"oidcc-scope-email":           func(s suite) { s.scope("openid email", "email", "email_verified") },
		"oidcc-scope-address":         func(s suite) { s.scope("openid address") },
		"oidcc-scope-phone":           func(s suite) { s.scope("openid phone") },
		"oidcc-scope-all":             func(s suite) { s.scope("openid address phone email profile", "name", "email") },
		"oidcc-alternate-happy-flow":  func(s suite) { s.scope("email openid", "email") },
		"oidcc-display-page":          func(s suite) { s.succeeds("display", "page") },
		"oidcc-display-popup":         func(s suite) { s.succeeds("display", "popup") },
		"oidcc-login-hint":            func(s suite) { s.succeeds("login_hint", "mireia@coop.example") },
		"oidcc-ui-locales":            func(s suite) { s.succeeds("ui_locales", "se") },
		"oidcc-claims-locales":        func(s suite) { s.succeeds("claims_locales", "se") },
		"oidcc-prompt-none-logged-in": promptNoneLoggedIn,
		"oidcc-prompt-none-not-logged-in": func(s suite) {
			s.cookie = ""
			s.fails(loginRequired, "prompt", "none")
		},
		"oidcc-max-age-10000": func(s suite) {
			_, first := s.signOn("max_age", "10000")
			s.clock.Advance(time.Minute)
			if _, second := s.signOn("max_age", "10000"); second["auth_time"] != first["auth_time"] || first["auth_time"] == nil {
				s.t.Errorf("%v", second)
			}
		},
		"oidcc-id-token-hint": func(s suite) {
			tokens, first := s.signOn()
			if _, second := s.signOn("prompt", "none", "id_token_hint", tokens.text("id_token")); second["sub"] != first["sub"] {
				s.t.Errorf("%v", second)
			}
		},
		"oidcc-ensure-request-with-unknown-parameter-succeeds": func(s suite) { s.succeeds("extra", "foobar") },
		"oidcc-ensure-request-with-acr-values-succeeds": func(s suite) {
			if _, id := s.signOn("acr_values", "1 2"); id["acr"] == nil {
				s.t.Error("no acr")
			}
		},
		"oidcc-codereuse":           func(s suite) { codeReuse(s, 0) },
		"oidcc-codereuse-30seconds": func(s suite) { codeReuse(s, 30*time.Second) },
		"oidcc-ensure-registered-redirect-uri": func(s suite) {
			rec := s.authorize(asked("shop", "redirect_uri", shopBack+"/x", "response_mode", s.mode))
			if rec.Code != 400 || rec.Header().Get("Location") != "" || strings.Contains(rec.Body.String(), "form-post") {
				s.t.Errorf("%d", rec.Code)
			}
		},
		"oidcc-ensure-post-request-succeeds": func(s suite) {
			rec := s.post("/authorize", asked("shop", "response_mode", s.mode), func(r *http.Request) { r.Header.Set("Cookie", s.cookie) })
			if s.delivered(rec, s.mode).Get("code") == "" {
				s.t.Error("no code")
			}
		},
		"oidcc-server-client-secret-post": func(s suite) {
			form := redemption("shop", s.ask().Get("code"), "client_id", "shop", "client_secret", secret)
			if rec := s.post("/token", form); rec.Code != 200 {
				s.t.Error(rec.Code)
			}
		},
		"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": func(s suite) {
			s.fails(requestURINotSupported, "request_uri", "https://suite.example/r#x")
		},
		"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": func(s suite) {
			s.fails(requestNotSupported, "request", "eyJhbGciOiJub25lIn0.e30.")
		},
		"oidcc-ensure-request-object-with-redirect-uri": func(s suite) {
			rec := s.authorize(asked("shop", "redirect_uri", shopBack+"/x", "request", "eyJhbGciOiJub25lIn0.e30.", "response_mode", s.mode))
			if rec.Code != 400 || rec.Header().Get("Location") != "" {
				s.t.Errorf("%d", rec.Code)
			}
		},
		"oidcc-claims-essential": func(s suite) {
			tokens, _ := s.signOn("scope", "openid", "claims", `{"userinfo":{"name":{"essential":true}}}`)
			if s.json(s.world.userinfo(tokens.text("access_token")))["name"] == nil {
				s.t.Error("no name")
			}
		},
		"oidcc-refresh-token": func(s suite) {
			tokens, _ := s.signOn("scope", "openid offline_access")
			s.wants(s.refreshes("shop2", tokens.text("refresh_token")), 400, invalidGrant)
			if s.refreshes("shop", tokens.text("refresh_token")).Code != 200 {
				s.t.Error("no refresh")
			}
		},
		"oidcc-ensure-request-with-valid-pkce-succeeds": func(s suite) { s.succeeds() },
	}
}

func promptNoneLoggedIn(s suite) {
	_, first := s.signOn()
	s.clock.Advance(time.Minute)
	if _, second := s.signOn("prompt", "none"); second["sub"] != first["sub"] || second["auth_time"] != first["auth_time"] {
		s.t.Errorf("%v, then %v", first, second)
	}
}

func codeReuse(s suite, wait time.Duration) {
	code := s.ask().Get("code")
	tokens := s.redeems("shop", code)
	s.clock.Advance(wait)
	s.wants(s.post("/token", redemption("shop", code), as("shop", secret)), 400, invalidGrant)
	s.wants(s.world.userinfo(tokens.text("access_token")), 401, invalidToken)
}

func logoutModules() map[string]func(suite) {
	// leave returns the answer to a log-out after a sign-on; hint is its id_token.
	leave := func(s suite, params func(hint string) []string) *httptest.ResponseRecorder {
		tokens, _ := s.signOn()
		return s.browse(goodbye(params(tokens.text("id_token"))...))
	}
	redirects := func(want string, params func(string) []string) func(suite) {
		return func(s suite) {
			if rec := leave(s, params); rec.Header().Get("Location") != want {
				s.t.Errorf("gone to %q", rec.Header().Get("Location"))
			}
			s.fails(loginRequired, "prompt", "none")
		}
	}
	stays := func(params func(string) []string) func(suite) {
		return func(s suite) {
			if rec := leave(s, params); rec.Header().Get("Location") != "" || rec.Code != 200 {
				s.t.Errorf("%d to %q", rec.Code, rec.Header().Get("Location"))
			}
		}
	}
	// ends also answers the question that a person would be asked.
	ends := func(params func(string) []string) func(suite) {
		return func(s suite) {
			if rec := leave(s, params); strings.Contains(rec.Body.String(), `id="logout-confirm"`) {
				if rec = s.confirm(inputs(rec.Body.String())); rec.Code != 200 {
					s.t.Errorf("confirmed: %d", rec.Code)
				}
			}
			s.fails(loginRequired, "prompt", "none")
		}
	}
	return map[string]func(suite){
		"oidcc-rp-initiated-logout-discovery-endpoint-verification": func(s suite) {
			if s.json(s.browse("/.well-known/openid-configuration"))["end_session_endpoint"] != "https://id.example/logout" {
				s.t.Error("no end_session_endpoint")
			}
		},
		"oidcc-rp-initiated-logout": redirects(shopBye+"?state=x", func(h string) []string {
			return []string{"id_token_hint", h, "post_logout_redirect_uri", shopBye, "state", "x"}
		}),
		"oidcc-rp-initiated-logout-no-state": redirects(shopBye, func(h string) []string {
			return []string{"id_token_hint", h, "post_logout_redirect_uri", shopBye}
		}),
		"oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": stays(func(h string) []string {
			return []string{"id_token_hint", h, "post_logout_redirect_uri", shopBye + "/bad", "state", "x"}
		}),
		"oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": stays(func(h string) []string {
			return []string{"id_token_hint", h, "post_logout_redirect_uri", shopBye + "?foo=bar", "state", "x"}
		}),
		"oidcc-rp-initiated-logout-modified-id-token-hint": stays(func(h string) []string {
			return []string{"id_token_hint", unsigned(h), "post_logout_redirect_uri", shopBye, "state", "x"}
		}),
		"oidcc-rp-initiated-logout-bad-id-token-hint": stays(func(string) []string {
			return []string{"id_token_hint", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "post_logout_redirect_uri", shopBye, "state", "x"}
		}),
		"oidcc-rp-initiated-logout-no-id-token-hint": stays(func(string) []string {
			return []string{"post_logout_redirect_uri", shopBye, "state", "x"}
		}),
		"oidcc-rp-initiated-logout-no-params":  ends(func(string) []string { return nil }),
		"oidcc-rp-initiated-logout-only-state": ends(func(string) []string { return []string{"state", "x"} }),
		"oidcc-rp-initiated-logout-no-post-logout-redirect-uri": ends(func(h string) []string {
			return []string{"id_token_hint", h}
		}),
		"oidcc-backchannel-rp-initiated-logout": func(s suite) {
			ear := newEar(s.t.(*testing.T))
			s.people.change(func(d *people) { d.services["service-shop"].OIDC.Metadata.BackchannelLogoutURI = ear.URL })
			leave(s, func(h string) []string { return []string{"id_token_hint", h} })
			if len(ear.heard) != 1 {
				s.t.Errorf("heard %d", len(ear.heard))
			}
		},
	}
}
