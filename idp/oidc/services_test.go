// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/signon"
)

// What the services of a cooperative rely on, each for the service that breaks
// without it. The numbers are those under which presets name them.
//
// Of 11 (log-out tokens) and 12 (the end-session endpoint) only the promise is
// here; their stories are with the log-out. That log-in and consent pages let
// the browser go on to the service (15) is shown here up to the pipeline, which
// writes the pages' policy. What a log-out closes (17) is a preset's word.
func TestWhatServicesRelyOn(t *testing.T) {
	for name, relied := range map[string]func(*testing.T){
		"1 keys that every library reads":                    keysThatEveryLibraryReads,
		"1 a key is shown a day before it signs":             aKeyIsShownADayBeforeItSigns,
		"2 the id_token":                                     theIDToken,
		"2 the claims parameter":                             theClaimsParameter,
		"3 userinfo":                                         theUserinfo,
		"4 secrets in every spelling":                        secretsInEverySpelling,
		"4 codes and tokens":                                 codesAndTokens,
		"5 proof keys":                                       proofKeys,
		"6 response modes and parameters of others":          responseModesAndParametersOfOthers,
		"7 redirect addresses with a colon or a query":       redirectAddresses,
		"8 subjects":                                         subjects,
		"9 user names":                                       userNames,
		"10 time limits of others":                           timeLimitsOfOthers,
		"11 log-out tokens are announced":                    logoutTokensAreAnnounced,
		"12 the end-session endpoint is below the issuer":    theEndSessionEndpoint,
		"13 a refresh brings everything":                     aRefreshBringsEverything,
		"14 a refusal is an answer":                          aRefusalIsAnAnswer,
		"15 the browser may go on to the service":            theBrowserMayGoOn,
		"16 programs without a name, and bodies of length 0": programsWithoutAName,
	} {
		t.Run(name, relied)
	}
}

// Odoo uses one verifier for ever; WordPress and Moodle know none. Whoever can
// keep no secret must prove itself by it.
func proofKeys(t *testing.T) {
	w := newWorld(t)
	w.register("odoo")
	w.register("moodle", quirk(func(m *directory.ClientMetadata) { m.PKCEOptional = true }))
	w.register("spa", public, quirk(func(m *directory.ClientMetadata) { m.PKCEOptional = true }))
	w.login()
	for range 3 {
		w.redeems("odoo", w.code(asked("odoo")))
	}
	code := w.code(asked("moodle", "code_challenge", "", "code_challenge_method", "", "nonce", ""))
	if rec := w.post("/token", redemption("moodle", code, "code_verifier", ""), as("moodle", secret)); rec.Code != 200 {
		t.Errorf("without a proof key: %d %s", rec.Code, rec.Body)
	}
	for _, client := range []string{"odoo", "spa"} {
		if got := w.answered(w.authorize(asked(client, "code_challenge", "", "code_challenge_method", ""))).Get("error"); got != invalidRequest {
			t.Errorf("%s without one: %q", client, got)
		}
	}
	methods, _ := w.json(w.browse("/.well-known/openid-configuration"))["code_challenge_methods_supported"].([]any)
	if len(methods) != 1 || methods[0] != "S256" {
		t.Errorf("announced: %v", methods)
	}
}

// Moodle always wants form_post and always names a resource; WordPress sends a
// scope, and Rocket.Chat a state, where no one reads it; Odoo's and Jitsi's
// states are JSON.
func responseModesAndParametersOfOthers(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	states := []string{`{"d":"db","p":3,"r":"https%3A%2F%2Fodoo.example%2Fweb","c":{"a":1}}`, strings.Repeat(`{"`, 2048), "%7B%22a%22%3A1%7D+ ü"}
	for _, mode := range []string{"query", "form_post", "fragment"} {
		for _, state := range states {
			params := w.delivered(w.authorize(asked("shop", "response_mode", mode, "state", state, "resource", "https://graph.microsoft.com")), mode)
			if params.Get("state") != state || params.Get("code") == "" {
				t.Errorf("%s: %v", mode, params)
			}
			form := redemption("shop", params.Get("code"), "state", state, "scope", "openid email offline_access", "resource", "https://graph.microsoft.com")
			if rec := w.post("/token", form, as("shop", secret)); rec.Code != 200 || w.json(rec).text("scope") != "openid profile email" {
				t.Errorf("%s: %d %s", mode, rec.Code, rec.Body)
			}
		}
	}
}

// Phorge names the provider behind a colon; WordPress has one address for all.
func redirectAddresses(t *testing.T) {
	w := newWorld(t)
	phab, wordpress := "https://phab.example/auth/login/phabricator:clau.example/", "https://wp.example/wp-admin/admin-ajax.php?action=openid-connect-authorize"
	w.register("shop", func(c *directory.OIDCClient) { c.RedirectURIs = []string{phab, wordpress} })
	w.login()
	for uri, want := range map[string]string{phab: phab + "?", wordpress: wordpress + "&"} {
		location := w.authorize(asked("shop", "redirect_uri", uri)).Header().Get("Location")
		code := w.code(asked("shop", "redirect_uri", uri))
		if !strings.HasPrefix(location, want) {
			t.Errorf("answered at %s", location)
		}
		if rec := w.post("/token", redemption("shop", code, "redirect_uri", uri), as("shop", secret)); rec.Code != 200 {
			t.Errorf("%s: %d", uri, rec.Code)
		}
	}
	for _, other := range []string{strings.Replace(phab, ":", "%3A", 1), wordpress + "&x=1", strings.Split(wordpress, "?")[0]} {
		if rec := w.authorize(asked("shop", "redirect_uri", other)); rec.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", other, rec.Code)
		}
	}
}

// Some cut an identifier at a slash, lower it, or give a word a meaning.
func subjects(t *testing.T) {
	names := pseudonym.New(master())
	seen := map[string]bool{}
	for i := range 500 {
		s := directory.Service{ID: directory.ServiceID("service-" + string(rune('a'+i%5)))}
		sub := names.Subject(s, directory.Person{Seed: []byte{byte(i), byte(i >> 8), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}})
		if !regexp.MustCompile(`^[a-z2-7]{26,43}$`).MatchString(sub) || directory.Reserved(sub) || seen[sub] {
			t.Errorf("%q", sub)
		}
		seen[sub] = true
	}
}

// Mastodon takes 30 characters, Phabricator no dot at the end, and "admin" is
// somebody already, everywhere.
func userNames(t *testing.T) {
	for _, bad := range []string{"admin", "root", "system", "moderator", "guest", "none", "-a", "a-", "a.", "a..b", "Mireia", "mireia@coop", "núria", "m i", strings.Repeat("a", 31)} {
		if directory.Handle(bad).Valid() {
			t.Errorf("%q can be given to somebody", bad)
		}
	}
	w := newWorld(t)
	w.register("shop")
	w.login()
	info := w.json(w.userinfo(w.signsOn("shop").text("access_token")))
	if name := info.text("preferred_username"); !directory.Handle(name).Valid() {
		t.Errorf("%q", name)
	}
	if verified, is := info["email_verified"].(bool); !is || !verified {
		t.Errorf("email_verified is %v, and to Discourse whatever is no boolean is verified", info["email_verified"])
	}
}

// WordPress forgets its state in three minutes, Nextcloud in five: who is logged
// in is sent back at once, with nothing in between.
func timeLimitsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.register("shop", quirk(func(m *directory.ClientMetadata) { m.InitiateLoginURI = "https://shop.example/start" }))
	w.login()
	if rec := w.authorize(asked("shop")); !strings.HasPrefix(rec.Header().Get("Location"), shopBack+"?") {
		t.Errorf("sent to %q first", rec.Header().Get("Location"))
	}
	for _, prompt := range []string{"none", ""} {
		if w.answered(w.authorize(asked("shop", "prompt", prompt))).Get("code") == "" {
			t.Errorf("prompt %q: not answered at once", prompt)
		}
	}
}

func logoutTokensAreAnnounced(t *testing.T) {
	meta := newWorld(t).json(newWorld(t).browse("/.well-known/openid-configuration"))
	if meta["backchannel_logout_supported"] != true || meta["backchannel_logout_session_supported"] != true {
		t.Errorf("%v", meta)
	}
}

// Greenlight puts its own path behind the issuer; Nextcloud puts "?" behind the
// endpoint without looking.
func theEndSessionEndpoint(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Issuer = "https://id.example/key" })
	if at := w.json(w.browse("/key/.well-known/openid-configuration")).text("end_session_endpoint"); !strings.HasPrefix(at, "https://id.example/key/") || strings.Contains(at, "?") {
		t.Errorf("at %q", at)
	}
}

// Nextcloud puts what a refresh brings in place of all that it had.
func aRefreshBringsEverything(t *testing.T) {
	w := newWorld(t)
	w.register("cloud")
	w.login()
	tokens := w.signsOn("cloud", "scope", "openid profile email offline_access")
	for range 4 {
		rec := w.refreshes("cloud", tokens.text("refresh_token"))
		tokens = w.json(rec)
		if rec.Code != 200 || tokens.text("refresh_token") == "" || tokens.text("id_token") == "" || tokens.text("access_token") == "" || tokens["token_type"] != "Bearer" {
			t.Fatalf("%d %v", rec.Code, tokens)
		}
		if !strings.Contains(rec.Body.String(), `"expires_in":600,`) {
			t.Errorf("expires_in is no integer: %s", rec.Body)
		}
		w.clock.Advance(time.Minute)
	}
}

// Every service shows something sensible for access_denied, and nothing for
// what it does not expect.
func aRefusalIsAnAnswer(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	w.doorman.refuse = signon.AccessDenied
	for _, mode := range []string{"query", "form_post", "fragment"} {
		params := w.delivered(w.authorize(asked("shop", "response_mode", mode, "state", `{"a":1}`)), mode)
		if params.Get("error") != "access_denied" || params.Get("state") != `{"a":1}` || params.Has("code") {
			t.Errorf("%s: %v", mode, params)
		}
	}
}

// Chrome holds redirects after a form against the form's page.
func theBrowserMayGoOn(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("app", public, func(c *directory.OIDCClient) { c.RedirectURIs = []string{"coop.example.app:/cb"} })
	w.authorize(asked("shop"))
	if got := w.doorman.last.AnswerOrigin; got != "https://shop.example" {
		t.Errorf("the pages let the browser go to %q", got)
	}
	w.authorize(asked("app", "redirect_uri", "coop.example.app:/cb"))
	if got := w.doorman.last.AnswerOrigin; got != "coop.example.app:" {
		t.Errorf("the pages let the browser go to %q", got)
	}
	w.login()
	if csp := w.authorize(asked("shop", "response_mode", "form_post")).Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://shop.example") {
		t.Errorf("policy %q", csp)
	}
}

// Phabricator's server sends a GET with the length and type of a form, and says
// not who it is.
func programsWithoutAName(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	quiet := func(r *http.Request) { r.Header["User-Agent"] = nil }
	rec := w.post("/token", redemption("shop", w.code(asked("shop"))), as("shop", secret), quiet)
	if rec.Code != http.StatusOK {
		t.Fatalf("token: %d %s", rec.Code, rec.Body)
	}
	r := httptest.NewRequest(http.MethodGet, "/userinfo", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+w.json(rec).text("access_token"))
	r.Header.Set("Content-Length", "0")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	quiet(r)
	if rec := w.serve(r); rec.Code != http.StatusOK {
		t.Errorf("userinfo: %d %s", rec.Code, rec.Body)
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks"} {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		quiet(r)
		if rec := w.serve(r); rec.Code != http.StatusOK {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}
