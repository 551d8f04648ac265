// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/idptest"
)

// oddities are those that no parameter says.
func (a *presetApp) oddities(got tokens) {
	a.t.Helper()
	switch a.preset.Name {
	case "roundcube":
		a.introspects(got)
	case "greenlight":
		if n := len(got.IDToken); n > 2048 {
			a.t.Errorf("the ID token has %d octets, and is kept in a cookie of 4096 with others", n)
		}
	case "moodle":
		k := a.site.last(pathOf(a.t, a.service.OIDC.RedirectURIs[0]))
		if sid := claimsOf(a.t, got.IDToken)["sid"]; k.Method != http.MethodPost || k.Form.Get("session_state") != sid {
			a.t.Errorf("%s brought %v; the sid is %v", k.Method, k.Form, sid)
		}
	case "odoo":
		if head, _, _ := strings.Cut(got.IDToken, "."); !strings.Contains(decoded64(a.t, head), `"RS256"`) {
			a.t.Errorf("the application verifies RS256 and nothing else: %s", decoded64(a.t, head))
		}
	case "nextcloud":
		a.elsewhere(a.endsWithoutBrowser)
	case "discourse-oidc":
		a.elsewhere(func(there tokens) { a.bringsAnothersHint(got, there) })
	}
}

// elsewhere is núria at another device, where she has logged in too.
func (a *presetApp) elsewhere(do func(there tokens)) {
	a.t.Helper()
	browser, nuria := a.browser, a.nuria
	a.sitsDown()
	run := a.begins()
	a.sendsAway(run)
	a.nuria.LogsIn("nuria", idptest.Password)
	a.comesHome()
	do(a.redeems(a.isGivenCode(run)))
	a.sendsAway(a.begins())
	a.nuria.SeesElement("#username")
	a.browser, a.nuria = browser, nuria
}

// endsWithoutBrowser: when a session is ended by hand there, the application says
// so with a token that has expired by then.
func (a *presetApp) endsWithoutBrowser(there tokens) {
	a.t.Helper()
	a.clau.Clock.Advance(2 * time.Hour)
	answer, err := a.site.ask.Get(a.at.EndSession + "?" + url.Values{"id_token_hint": {there.IDToken}}.Encode())
	check(a.t, err)
	answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		a.t.Errorf("the application ends a session: %d", answer.StatusCode)
	}
}

// bringsAnothersHint: the forum keeps the newest ID token of an account, and
// sends it whoever leaves. The browser's session is what ends, and no other.
func (a *presetApp) bringsAnothersHint(here, there tokens) {
	a.t.Helper()
	home := a.service.OIDC.Metadata.PostLogoutRedirectURIs[0]
	a.nuria.Open(a.at.EndSession + "?" + url.Values{"id_token_hint": {here.IDToken}, "post_logout_redirect_uri": {home}}.Encode())
	a.nuria.IsAt(home)
	if claimsOf(a.t, here.IDToken)["sid"] == claimsOf(a.t, there.IDToken)["sid"] {
		a.t.Error("two devices have one session")
	}
}

// introspects asks as Dovecot does, with the secret in the address: one that
// reads no arrays must find no arrays.
func (a *presetApp) introspects(got tokens) {
	a.t.Helper()
	form := url.Values{"token": {got.AccessToken}}
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.at.Introspect, strings.NewReader(form.Encode()))
	check(a.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(got.run.ClientID, a.secret)
	said := map[string]any{}
	a.asksJSON(request, http.StatusOK, &said)
	if said["active"] != true || said["email"] != "nuria@exemple.coop" || said["username"] != said["email"] {
		a.t.Errorf("the mail server reads %v", said)
	}
	for name, v := range said {
		switch v.(type) {
		case []any, map[string]any:
			a.t.Errorf("%s is %v, and the mail server reads flat JSON", name, v)
		}
	}
}
