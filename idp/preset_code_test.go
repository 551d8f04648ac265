// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/services/preset/presettest"
)

// tellsCode is the story of an application with codes and tokens: OpenID Connect
// and the bridges.
func (a *presetApp) tellsCode() {
	run := a.begins()
	a.sendsAway(run)
	a.nuria.LogsIn("nuria", idptest.Password)
	a.answers("#consent-deny")
	a.isRefused()

	a.sendsAway(run)
	a.answers("#consent-allow")
	got := a.redeems(a.isGivenCode(run))
	a.reads(got)

	run = a.begins()
	a.sendsAway(run) // asks nothing
	got = a.redeems(a.isGivenCode(run))
	a.reads(got)
	a.oddities(got)
	if a.does.Token.Refresh {
		got = a.refreshes(got)
	}
	a.leavesByHint(got)
	a.leavesAtClau(got)
}

// begins is a log-in as the application begins one.
func (a *presetApp) begins() presettest.Run {
	run := presettest.Run{
		ClientID: string(a.service.OIDC.ID), Secret: a.secret, Redirect: a.service.OIDC.RedirectURIs[0],
		Scopes: strings.Join(a.preset.OIDC.Scopes, " "), Nonce: rand.Text(), Verifier: strings.Repeat(rand.Text(), 2),
		Authorize: a.at.Authorize, Token: a.at.Token, Who: a.at.Userinfo,
	}
	if a.does.Authorize.PKCE == "fixed" {
		run.Verifier = strings.Repeat("fixed-", 9)
	}
	if a.preset.OIDC.Bridge == directory.BridgePhabricator {
		run.Authorize, run.Token = a.at.BaseURI+"oauthserver/auth/", a.at.BaseURI+"oauthserver/token/"
		run.Who = a.at.BaseURI + "api/user.whoami"
	}
	return run
}

func (a *presetApp) sendsAway(run presettest.Run) {
	a.t.Helper()
	address, err := a.does.AuthorizeURL(run)
	check(a.t, err)
	a.nuria.Open(address)
	a.comesHome()
}

// isRefused: the application reads "error", and finds its state as it sent it.
func (a *presetApp) isRefused() {
	a.t.Helper()
	k := a.site.last(pathOf(a.t, a.service.OIDC.RedirectURIs[0]))
	if k.Form.Get("error") != "access_denied" || k.Form.Has("code") || k.Form.Get("state") != a.does.State() {
		a.t.Errorf("núria refused, and the application read %v", k.Form)
	}
}

var codeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// isGivenCode is the run with the code that came.
func (a *presetApp) isGivenCode(run presettest.Run) presettest.Run {
	a.t.Helper()
	a.isHome()
	redirect, err := url.Parse(a.service.OIDC.RedirectURIs[0])
	check(a.t, err)
	k := a.site.last(redirect.Path)
	run.Code = k.Form.Get("code")
	if !codeForm.MatchString(run.Code) || k.Form.Get("state") != a.does.State() {
		a.t.Fatalf("the application read %v", k.Form)
	}
	for name, values := range redirect.Query() { // an address may have a query, which stays
		if !slices.Equal(k.Form[name], values) {
			a.t.Errorf("%s came as %v", name, k.Form[name])
		}
	}
	return run
}

// tokens are what an application has got.
type tokens struct {
	run          presettest.Run
	renewed      bool   // by a refresh token
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	ExpiresIn    any    `json:"expires_in"`
}

func (a *presetApp) redeems(run presettest.Run) tokens {
	a.t.Helper()
	request, err := a.does.TokenRequest(a.t.Context(), run)
	check(a.t, err)
	var got tokens
	a.asksJSON(request, http.StatusOK, &got)
	got.run = run
	a.isWhole(got)
	return got
}

// refreshes comes back with the refresh token, as it does when the access token
// has ended: everything must come anew, or the application forgets what it had.
func (a *presetApp) refreshes(old tokens) tokens {
	a.t.Helper()
	request, err := a.does.RefreshRequest(a.t.Context(), old.run, old.RefreshToken)
	check(a.t, err)
	var got tokens
	a.asksJSON(request, http.StatusOK, &got)
	got.run, got.renewed = old.run, true
	a.isWhole(got)
	a.reads(got)
	return got
}

func (a *presetApp) isWhole(got tokens) {
	a.t.Helper()
	if !strings.EqualFold(got.TokenType, "Bearer") || !codeForm.MatchString(strings.ReplaceAll(got.AccessToken, ".", "")) {
		a.t.Errorf("an access token %q of type %q", got.AccessToken, got.TokenType)
	}
	if seconds, ok := got.ExpiresIn.(float64); a.preset.OIDC.Bridge == "" && (!ok || seconds != float64(int(seconds)) || seconds < 60) {
		a.t.Errorf("expires_in is %v", got.ExpiresIn)
	}
	if (got.RefreshToken != "") != a.does.Token.Refresh {
		a.t.Errorf("a refresh token %q", got.RefreshToken)
	}
	if (got.IDToken != "") != (a.preset.OIDC.Bridge == "") {
		a.t.Errorf("an ID token %q", got.IDToken)
	}
}

// asksJSON sends what the application sends behind the scenes.
func (a *presetApp) asksJSON(r *http.Request, status int, into any) {
	a.t.Helper()
	answer, err := a.site.Client().Do(r)
	check(a.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(a.t, err)
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != status || !strings.HasPrefix(kind, "application/json") {
		a.t.Fatalf("%s %s: %d %s %s", r.Method, r.URL.Path, answer.StatusCode, kind, text)
	}
	check(a.t, json.Unmarshal(text, into))
}

// claimsOf reads an ID token as those do that verify nothing.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("an ID token %q", token)
	}
	raw := decoded64(t, parts[1])
	if strings.ContainsFunc(raw, func(r rune) bool { return r >= 0x80 }) {
		t.Errorf("the ID token has other than ASCII in it: %s", raw)
	}
	var claims map[string]any
	check(t, json.Unmarshal([]byte(raw), &claims))
	return claims
}

func decoded64(t *testing.T, part string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	check(t, err)
	return string(raw)
}
