// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
)

// What is wrong before client and address are proven is a page, never a
// redirect; whatever is wrong later goes to the client.
func TestWhereErrorsGo(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("machine", func(c *directory.OIDCClient) { c.Metadata.GrantTypes = []string{"client_credentials"} })
	w.register("old", func(c *directory.OIDCClient) { c.Metadata.PKCEOptional = true })
	w.register("spa", public, func(c *directory.OIDCClient) { c.Metadata.PKCEOptional = true })
	stopped := w.register("stopped")
	stopped.State = directory.Suspended
	w.people.services[stopped.ID] = stopped

	for _, c := range []struct {
		name string
		q    url.Values
		want string // error code; empty: an error page
	}{
		{"no client", asked("shop", "client_id", ""), ""},
		{"unknown client", asked("nobody"), ""},
		{"stopped service", asked("stopped"), ""},
		{"no redirect_uri", asked("shop", "redirect_uri", ""), ""},
		{"unregistered redirect_uri", asked("shop", "redirect_uri", "https://evil.example/cb"), ""},
		{"no response_type", asked("shop", "response_type", ""), invalidRequest},
		{"implicit", asked("shop", "response_type", "id_token token"), unsupportedResponseType},
		{"hybrid", asked("shop", "response_type", "code id_token"), unsupportedResponseType},
		{"unknown response_mode", asked("shop", "response_mode", "web_message"), invalidRequest},
		{"no challenge", asked("shop", "code_challenge", "", "code_challenge_method", ""), invalidRequest},
		{"no challenge from a public client that may", asked("spa", "code_challenge", "", "code_challenge_method", ""), invalidRequest},
		{"plain", asked("shop", "code_challenge_method", "plain"), invalidRequest},
		{"plain by default", asked("shop", "code_challenge_method", ""), invalidRequest},
		{"plain from an old client", asked("old", "code_challenge_method", "plain"), invalidRequest},
		{"a method without a challenge", asked("old", "code_challenge", ""), invalidRequest},
		{"a short challenge", asked("shop", "code_challenge", challenge[:42]), invalidRequest},
		{"a challenge of other characters", asked("shop", "code_challenge", challenge[:42]+"+"), invalidRequest},
		{"request object", asked("shop", "request", "e30.e30."), requestNotSupported},
		{"request_uri", asked("shop", "request_uri", "https://shop.example/r"), requestURINotSupported},
		{"registration", asked("shop", "registration", "{}"), registrationUnsupported},
		{"none and login", asked("shop", "prompt", "none login"), invalidRequest},
		{"unknown prompt", asked("shop", "prompt", "create"), invalidRequest},
		{"negative max_age", asked("shop", "max_age", "-1"), invalidRequest},
		{"max_age of words", asked("shop", "max_age", "soon"), invalidRequest},
		{"endless max_age", asked("shop", "max_age", "99999999999999999999"), invalidRequest},
		{"scope with a quote", asked("shop", "scope", `openid "x`), invalidScope},
		{"claims that are no object", asked("shop", "claims", "[1]"), invalidRequest},
		{"claims that are cut off", asked("shop", "claims", `{"id_token":{`), invalidRequest},
		{"a hint that is no token", asked("shop", "id_token_hint", "abc"), invalidRequest},
		{"not registered for the code flow", asked("machine"), unauthorizedClient},
		{"passive and nobody is there", asked("shop", "prompt", "none"), loginRequired},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			rec := w.authorize(c.q)
			if c.want == "" {
				if rec.Code != http.StatusBadRequest || rec.Header().Get("Location") != "" {
					t.Fatalf("%d to %q, want a page", rec.Code, rec.Header().Get("Location"))
				}
				return
			}
			if params := w.answered(rec); params.Get("error") != c.want || params.Get("state") != "st" ||
				params.Get("iss") != "https://id.example" || params.Get("code") != "" {
				t.Fatalf("answered %v, want %s", params, c.want)
			}
		})
	}
}

func TestParametersTwiceOrTooLong(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	for name := range asked("shop", "prompt", "login", "claims", "{}", "max_age", "1", "login_hint", "x", "response_mode", "query") {
		t.Run(name+" twice", func(t *testing.T) {
			w.t = t
			q := asked("shop")
			q[name] = []string{q.Get(name), q.Get(name)}
			rec := w.authorize(q)
			if name == "client_id" || name == "redirect_uri" {
				if rec.Code != http.StatusBadRequest {
					t.Fatalf("answered %d to %q", rec.Code, rec.Header().Get("Location"))
				}
				return
			}
			params := w.answered(rec)
			if params.Get("error") != invalidRequest {
				t.Fatalf("answered %v", params)
			}
			if name == "state" && params.Has("state") {
				t.Error("one of two states came back")
			}
		})
		t.Run(name+" too long", func(t *testing.T) {
			w.t = t
			rec := w.authorize(asked("shop", name, strings.Repeat("a", limitOf(name)+1)))
			if name == "client_id" || name == "redirect_uri" {
				if rec.Code != http.StatusBadRequest {
					t.Fatalf("answered %d", rec.Code)
				}
				return
			}
			if got := w.answered(rec).Get("error"); got == "" {
				t.Fatal("accepted")
			}
		})
	}
}

func TestUnknownParametersAreIgnoredHoweverOften(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	q := asked("shop", "display", "popup", "claims_locales", "ca es")
	q["resource"] = []string{"https://a.example", "https://b.example"}
	q["extra"] = []string{strings.Repeat("x", 5000)}
	w.code(q)
}

// State comes back byte by byte, through all response modes, with a code and
// with an error.
func TestStateIsSacred(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	states := []string{`a/b=c&d%2Fe+f "g{h}`, `{"d":"db","r":"https%3A%2F%2Fx"}`, "ünï☃ \u2028", "<script>'\"&amp;", strings.Repeat("s", 4096), "%", "+", " "}
	for _, mode := range []string{"", "query", "fragment", "form_post"} {
		for _, state := range states {
			for _, prompt := range []string{"", "none login"} {
				rec := w.authorize(asked("shop", "state", state, "response_mode", mode, "prompt", prompt))
				params := w.delivered(rec, mode)
				if params.Get("state") != state {
					t.Errorf("%s: state %q came back as %q", mode, state, params.Get("state"))
				}
				if params.Has("code") == params.Has("error") || params.Get("iss") != "https://id.example" {
					t.Errorf("%s: %v", mode, params)
				}
			}
		}
	}
}

// delivered reads an authorization response in any mode.
func (w *world) delivered(rec *httptest.ResponseRecorder, mode string) url.Values {
	w.t.Helper()
	if mode == "form_post" {
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `action="https://shop.example/cb"`) {
			w.t.Fatalf("form_post answered %d %s", rec.Code, rec.Body)
		}
		return inputs(rec.Body.String())
	}
	location := rec.Header().Get("Location")
	if mode != "fragment" {
		return w.answered(rec)
	}
	_, fragment, ok := strings.Cut(location, "#")
	if !ok || strings.Contains(strings.Split(location, "#")[0], "?") {
		w.t.Fatalf("not in the fragment: %s", location)
	}
	params, err := url.ParseQuery(fragment)
	w.must(err)
	return params
}

func TestFormPostPage(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("app", public, func(c *directory.OIDCClient) { c.RedirectURIs = []string{"coop.example.app:/cb"} })
	w.login()
	rec := w.authorize(asked("shop", "response_mode", "form_post"))
	csp := rec.Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "form-action 'self' https://shop.example") || !strings.Contains(csp, "'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if rec.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the code may be cached: %q", rec.Header().Get("Cache-Control"))
	}
	// A form cannot be posted to an application: it is told so where it can hear it.
	rec = w.authorize(asked("app", "redirect_uri", "coop.example.app:/cb", "response_mode", "form_post"))
	if got := rec.Header().Get("Location"); !strings.HasPrefix(got, "coop.example.app:/cb?error=invalid_request") {
		t.Errorf("answered %d %q", rec.Code, got)
	}
}

// A registered query and a colon in the path stay as they are, byte by byte.
func TestRegisteredAddressesStayAsTheyAre(t *testing.T) {
	w := newWorld(t)
	odd := []string{
		"https://shop.example/cb?option=oauth%2Bcallback&z=1&a=2", "https://phab.example/auth/login/oauth:clau.example/",
		"https://shop.example/cb?", "https://shop.example", "coop.example.app:/cb", "https://shop.example:8443/%7Euser/cb",
	}
	w.register("shop", func(c *directory.OIDCClient) { c.RedirectURIs = odd })
	w.login()
	for _, uri := range odd {
		location := w.authorize(asked("shop", "redirect_uri", uri)).Header().Get("Location")
		rest, ok := strings.CutPrefix(location, uri)
		if !ok || rest[0] != '?' && rest[0] != '&' || !strings.Contains(rest, "code=") {
			t.Errorf("%s was answered at %s", uri, location)
		}
	}
}

// The request reaches the pipeline in its own words.
func TestWhatThePipelineIsAsked(t *testing.T) {
	w := newWorld(t)
	shop := w.register("shop", func(c *directory.OIDCClient) { c.Metadata.DefaultMaxAge = 300 })
	w.doorman.refuse = signon.AccessDenied
	w.authorize(asked("shop", "prompt", "login select_account", "login_hint", "mireia", "ui_locales", "es ca", "acr_values", "a b",
		"claims", `{"userinfo":{"groups":null},"id_token":{"sub":{"value":"s1"},"locale":{"essential":true}}}`))
	r := w.doorman.last
	if r.Protocol != "oidc" || r.Service != shop.ID || r.Passive || !r.Fresh || !r.Choose || r.LoginHint != "mireia" ||
		r.UILocales != "es ca" || r.SubjectHint != "s1" || *r.MaxAge != 300 || r.AnswerOrigin != "https://shop.example" || len(r.ACR) != 2 {
		t.Errorf("asked %+v", r)
	}
	for _, want := range []string{"name", "email", "email_verified", "groups", "locale", "preferred_username"} {
		if !strings.Contains(strings.Join(texts(r), " "), want) {
			t.Errorf("%s is not in the need %v", want, r.Need)
		}
	}
	w.authorize(asked("shop", "prompt", "none", "max_age", "0", "scope", "openid",
		"claims", `{"id_token":{"acr":{"essential":true,"values":["`+session.ACRPassword+`"]}}}`, "acr_values", "x"))
	if r = w.doorman.last; !r.Passive || *r.MaxAge != 0 || !r.ACREssential || len(r.ACR) != 1 || len(r.Need) != 0 {
		t.Errorf("asked %+v", r)
	}
}

func texts(r signon.Request) []string {
	var out []string
	for _, a := range r.Need {
		out = append(out, string(a))
	}
	return out
}

// Every reason of the pipeline has its word, and a new one gives nothing away.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	for reason, want := range map[signon.Reason]string{
		signon.LoginRequired: "login_required", signon.SelectionRequired: "account_selection_required",
		signon.InteractionNeeded: "interaction_required", signon.AccessDenied: "access_denied",
		signon.ACRUnmet: "unmet_authentication_requirements", signon.Unavailable: "temporarily_unavailable",
		"ldap: error 49": "server_error",
	} {
		w.doorman.refuse = reason
		if got := w.answered(w.authorize(asked("shop"))); got.Get("error") != want || got.Get("state") != "st" {
			t.Errorf("%s was told as %v", reason, got)
		}
	}
}

func TestAuthorizeByPost(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	rec := w.post("/authorize", asked("shop"), func(r *http.Request) {
		r.Header.Set("Cookie", w.cookie)
		r.Header.Set("Origin", "https://shop.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	})
	if w.answered(rec).Get("code") == "" {
		t.Error("no code")
	}
	// From a service's page the cookie does not come along: once more, as a GET.
	rec = w.post("/authorize", asked("shop", "prompt", "none"), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if again := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || w.answered(w.browse(again)).Get("code") == "" {
		t.Errorf("asked again at %q", again)
	}
	long := asked("shop", "extra", strings.Repeat("x", 7000))
	if rec := w.post("/authorize", long); rec.Header().Get("Location") != "/login" {
		t.Errorf("too long for an address: %d %q", rec.Code, rec.Header().Get("Location"))
	}
	if rec := w.post("/authorize", url.Values{"x": {strings.Repeat("a", 70_000)}}); rec.Code < 400 || rec.Code >= 500 {
		t.Errorf("70 kB were answered %d", rec.Code)
	}
}

// An id_token proves to whom a hint belongs, also when it is old; nothing else does.
func TestIDTokenHint(t *testing.T) {
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = "jwt" })
	w.register("other")
	w.login()
	tokens, foreign := w.signsOn("shop"), w.signsOn("other")
	w.clock.Advance(3 * 60 * 60 * 1e9)
	w.code(asked("shop", "id_token_hint", tokens.text("id_token"), "prompt", "none"))
	if w.doorman.last.SubjectHint != w.peek(tokens.text("id_token")).text("sub") {
		t.Errorf("hinted %q", w.doorman.last.SubjectHint)
	}
	for name, hint := range map[string]string{
		"another client's": foreign.text("id_token"), "an access token": tokens.text("access_token"),
		"a refresh token": tokens.text("refresh_token"), "unsigned": unsigned(tokens.text("id_token")),
		"altered": tokens.text("id_token")[:len(tokens.text("id_token"))-4] + "AAAA",
	} {
		if got := w.answered(w.authorize(asked("shop", "id_token_hint", hint))).Get("error"); got != invalidRequest {
			t.Errorf("%s hint was answered %q", name, got)
		}
	}
	q := asked("shop", "id_token_hint", tokens.text("id_token"), "claims", `{"id_token":{"sub":{"value":"somebody-else"}}}`)
	if got := w.answered(w.authorize(q)).Get("error"); got != loginRequired {
		t.Errorf("two people in one request: %q", got)
	}
}
