// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/idptest"
)

// tellsConnect is the story of a forum with DiscourseConnect.
func (a *presetApp) tellsConnect() {
	back := a.service.Discourse.ReturnURLs[0]
	a.asksConnect(back)
	a.nuria.LogsIn("nuria", idptest.Password)
	a.answers("#consent-deny")
	a.nuria.IsAt(a.clau.Issuer) // a forum has no words for it: the page is ours, with a way back
	if a.browser.Status != http.StatusForbidden || !strings.Contains(a.browser.Body, `href="`+a.site.URL) || len(a.site.knocks(pathOf(a.t, back))) > 0 {
		a.t.Errorf("núria refused, and is at %s: %d %s", a.browser.Address(), a.browser.Status, a.browser.Text())
	}

	nonce := a.asksConnect(back)
	a.answers("#consent-allow")
	a.readsConnect(nonce)
	nonce = a.asksConnect(back) // asks nothing
	who := a.readsConnect(nonce)

	a.site.forgets()
	a.leaves()
	a.isAsPromised()
	a.site.last("/u/by-external/" + who + ".json")
	k := a.site.last("/admin/users/7/log_out")
	if k.Method != http.MethodPost || k.Header.Get("Api-Key") != forumKey || k.Header.Get("Api-Username") == "" {
		a.t.Errorf("the forum heard %s %v", k.Method, k.Header)
	}
}

// asksConnect sends the browser as the forum does, and returns the nonce.
func (a *presetApp) asksConnect(back string) string {
	a.t.Helper()
	nonce := hex.EncodeToString([]byte(rand.Text())[:16])
	said := url.Values{}
	for name, text := range a.does.Connect.Parameters {
		said.Set(name, strings.NewReplacer("{{.Nonce}}", nonce, "{{.Redirect}}", back).Replace(text))
	}
	sso := base64.StdEncoding.EncodeToString([]byte(said.Encode()))
	a.nuria.Open(a.at.ConnectURL + "?" + url.Values{"sso": {sso}, "sig": {a.connectSig(sso)}}.Encode())
	return nonce
}

func (a *presetApp) connectSig(sso string) string {
	mac := hmac.New(sha256.New, []byte(a.secret))
	mac.Write([]byte(sso))
	return hex.EncodeToString(mac.Sum(nil))
}

// readsConnect is what the forum reads, and whom it knows núria as.
func (a *presetApp) readsConnect(nonce string) string {
	a.t.Helper()
	a.isHome()
	k := a.site.last(pathOf(a.t, a.service.Discourse.ReturnURLs[0]))
	if sso := k.Form.Get("sso"); k.Form.Get("sig") != a.connectSig(sso) {
		a.t.Fatalf("the forum does not believe %v", k.Form)
	}
	raw, err := base64.StdEncoding.DecodeString(k.Form.Get("sso"))
	check(a.t, err)
	said, err := url.ParseQuery(string(raw))
	check(a.t, err)
	for name, want := range map[string]string{
		"nonce": nonce, "email": "nuria@exemple.coop", "require_activation": "false",
		"username": "nuria", "name": "Núria Ñandú", "locale": "ca", "add_groups": "ateneu",
	} {
		if said.Get(name) != want {
			a.t.Errorf("%s is %q of %v", name, said.Get(name), said)
		}
	}
	for _, name := range []string{"admin", "moderator", "groups"} { // each would take away what the forum gave
		if said.Has(name) {
			a.t.Errorf("the forum is told %s=%q", name, said.Get(name))
		}
	}
	if who := said.Get("external_id"); slices.Contains([]string{"none", "nil", "blank", "null", ""}, who) {
		a.t.Errorf("external_id is %q", who)
	}
	a.knows(said.Get("external_id"))
	return said.Get("external_id")
}
