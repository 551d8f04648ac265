// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/services/preset"
)

// leavesByHint logs out at the application, which sends the browser on with
// what it sends: nothing is asked, and the browser comes back. Who comes again
// has to log in.
func (a *presetApp) leavesByHint(got tokens) {
	a.t.Helper()
	if !slices.Contains(a.does.Logout.Sends, "id_token_hint") {
		return
	}
	home := a.service.OIDC.Metadata.PostLogoutRedirectURIs[0]
	var query []string
	for _, name := range a.does.Logout.Sends {
		switch name {
		case "id_token_hint":
			query = append(query, name+"="+got.IDToken)
		case "client_id":
			query = append(query, name+"="+got.run.ClientID)
		case "post_logout_redirect_uri":
			address := home
			if !slices.Contains(a.does.Logout.Sends, "raw") {
				address = url.QueryEscape(home)
			}
			query = append(query, name+"="+address)
		}
	}
	a.nuria.Open(a.at.EndSession + "?" + strings.Join(query, "&"))
	for a.browser.Has("#continue") && !strings.HasPrefix(a.browser.Address(), a.site.URL) {
		a.nuria.Press("#continue")
	}
	a.nuria.IsAt(home)
}

// leavesAtClau logs in once more if need be, and then out of Clau itself: what
// becomes of the session at the application is what the preset says.
func (a *presetApp) leavesAtClau(before tokens) {
	a.t.Helper()
	run := a.begins()
	a.sendsAway(run)
	if a.browser.Has("#username") {
		a.nuria.LogsIn("nuria", idptest.Password)
		a.comesHome()
	} else if slices.Contains(a.does.Logout.Sends, "id_token_hint") {
		a.t.Error("núria left at the application, and is logged in at Clau")
	}
	got := a.redeems(a.isGivenCode(run))
	a.site.forgets()
	a.leaves()
	switch a.does.Logout.Takes {
	case "backchannel":
		a.isToldBehind(got)
	case "frontchannel":
		a.isToldInFrame(got)
	case "none":
		if heard := a.site.heard(); len(heard) > 0 {
			a.t.Errorf("the application takes no log-outs, and heard %v", heard)
		}
	}
	a.isAsPromised()
	a.tokensAreOver(got)
}

// leaves presses the button that Clau's own log-out has.
func (a *presetApp) leaves() {
	a.t.Helper()
	a.nuria.Open(a.clau.Issuer + "/logout")
	a.nuria.Press("#logout-confirm")
}

var outcomeForm = regexp.MustCompile(`outcome-name">([^<]*)</span> <span class="outcome-status ([a-z]+)"`)

// outcomes are what the page says of each service.
func outcomes(b *idptest.Plain) map[string]string {
	out := map[string]string{}
	for _, found := range outcomeForm.FindAllStringSubmatch(b.Body, -1) {
		out[found[1]] = found[2]
	}
	return out
}

// isAsPromised holds what the person reads at the end against the preset.
func (a *presetApp) isAsPromised() {
	a.t.Helper()
	for a.browser.Has("#continue") && strings.HasPrefix(a.browser.Address(), a.clau.Issuer+"/farewell") {
		a.nuria.Press("#continue")
	}
	said := outcomes(a.browser)[a.service.Title]
	want := []string{"unsupported"}
	switch {
	case a.does.Logout.Takes == "frontchannel" || a.service.SAML != nil && a.service.SAML.Settings.UnsignedLogout:
		want = []string{"asked"} // it was told, and nothing proves that it heard
	case a.preset.Logout == preset.LogoutCloses:
		want = []string{"done"}
	}
	if !slices.Contains(want, said) {
		a.t.Errorf("the preset says that the session there %s, and the page says %q:\n%s", a.preset.Logout, said, a.browser.Text())
	}
}

// isToldBehind: a logout token came that says whose session is over, in a form
// that the strictest reader takes.
func (a *presetApp) isToldBehind(got tokens) {
	a.t.Helper()
	ear := pathOf(a.t, a.service.OIDC.Metadata.BackchannelLogoutURI)
	idptest.Eventually(a.t, 10*time.Second, "the application is told", func() bool { return len(a.site.knocks(ear)) > 0 })
	token := a.site.last(ear).Form.Get("logout_token")
	provider, err := oidc.NewProvider(a.t.Context(), a.clau.Issuer)
	check(a.t, err)
	_, err = provider.Verifier(&oidc.Config{
		ClientID: got.run.ClientID, SupportedSigningAlgs: []string{a.preset.OIDC.Alg}, Now: a.clau.Clock.Now,
	}).Verify(a.t.Context(), token)
	check(a.t, err)
	said, known := claimsOf(a.t, token), claimsOf(a.t, got.IDToken)
	if said["sub"] != known["sub"] || said["sid"] != known["sid"] || said["jti"] == nil || said["exp"] == nil || said["nonce"] != nil {
		a.t.Errorf("the application is told %v", said)
	}
	events, _ := said["events"].(map[string]any)
	if _, ok := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any); !ok {
		a.t.Errorf("events are %v", said["events"])
	}
}

// isToldInFrame: the page has a frame with the application's address, and the
// session that it knows.
func (a *presetApp) isToldInFrame(got tokens) {
	a.t.Helper()
	ear := pathOf(a.t, a.service.OIDC.Metadata.FrontchannelLogoutURI)
	src := frameForm.FindStringSubmatch(a.browser.Body)
	if src == nil {
		a.t.Fatalf("no frame at %s:\n%s", a.browser.Address(), a.browser.Body)
	}
	there, err := url.Parse(strings.ReplaceAll(src[1], "&amp;", "&"))
	check(a.t, err)
	if there.Path != ear || there.Query().Get("sid") != claimsOf(a.t, got.IDToken)["sid"] || there.Query().Get("iss") != a.clau.Issuer {
		a.t.Errorf("the frame is %s", there)
	}
	if csp := a.browser.Header.Get("Content-Security-Policy"); !strings.Contains(csp, a.site.URL) {
		a.t.Errorf("the page's policy keeps the frame out: %s", csp)
	}
}

var frameForm = regexp.MustCompile(`<iframe[^>]* src="([^"]*)"`)

// tokensAreOver: what the application kept is good for nothing any more, unless
// it asked for what outlives the session. Then the preset must not promise that
// it ends.
func (a *presetApp) tokensAreOver(got tokens) {
	a.t.Helper()
	if got.RefreshToken == "" {
		return
	}
	request, err := a.does.RefreshRequest(a.t.Context(), got.run, got.RefreshToken)
	check(a.t, err)
	if slices.Contains(a.preset.OIDC.Scopes, "offline_access") {
		if a.preset.Logout != preset.LogoutStays {
			a.t.Errorf("the preset says that the session there %s, and asks for tokens that outlive it", a.preset.Logout)
		}
		a.asksJSON(request, http.StatusOK, &tokens{})
		return
	}
	var said struct{ Error string }
	a.asksJSON(request, http.StatusBadRequest, &said)
	if said.Error != "invalid_grant" {
		a.t.Errorf("the refresh token of a session that is over: %q", said.Error)
	}
}
