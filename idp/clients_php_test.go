// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestPHP: PHP's own OpenSSL and reader of JSON, asked as Nextcloud asks them,
// agree with what Clau signs, by either algorithm.
func TestPHP(t *testing.T) {
	idptest.Program(t, "php")
	world := newPresetWorld(t)
	a := world.installs(t, "nextcloud")
	for _, alg := range []string{"ES256", "RS256"} {
		t.Run(alg, func(t *testing.T) {
			a.t = t
			oidc := *a.service.OIDC
			oidc.Metadata.IDTokenAlg = alg
			a.service.OIDC = &oidc
			check(t, a.clau.Directory.ReplaceService(t.Context(), directory.System(), a.service))
			a.sitsDown()
			a.runsPHP(alg)
		})
	}
}

// runsPHP goes through the program's steps, with the algorithm that its tokens
// are to be signed by.
func (a *presetApp) runsPHP(alg string) {
	a.t.Helper()
	settings, err := json.Marshal(map[string]any{
		"issuer": a.clau.Issuer, "id": a.service.OIDC.ID, "secret": a.secret, "redirect": a.service.OIDC.RedirectURIs[0],
		"scope": strings.Join(a.preset.OIDC.Scopes, " "), "alg": alg,
	})
	check(a.t, err)
	client := talkTo(a.t, clientsDir, []string{"SETTINGS=" + string(settings)},
		idptest.Program(a.t, "php"), "-d", "display_errors=stderr", "user-oidc.php")

	var s said
	client.next("authorize", &s)
	a.nuria.Open(s.To)
	a.nuria.LogsIn("nuria", idptest.Password)
	if a.browser.Has("#consent-allow") {
		a.nuria.Press("#consent-allow")
	}
	a.isHome()
	came := a.site.last(pathOf(a.t, a.service.OIDC.RedirectURIs[0])).Form
	client.back(url.Values{"code": came["code"], "state": came["state"]}.Encode())
	client.next("entered", &s)
	a.isNuria(s.Claims)
	client.next("refreshed", &s)

	a.site.forgets()
	a.leaves()
	ear := pathOf(a.t, a.service.OIDC.Metadata.BackchannelLogoutURI)
	idptest.Eventually(a.t, 10*time.Second, "the application is told", func() bool { return len(a.site.knocks(ear)) > 0 })
	client.back(a.site.last(ear).Form.Get("logout_token"))
	client.next("left", &s)
}
