// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
)

// TestRequestsThatGoNowhere: until client and address are proven nobody is sent
// anywhere.
func TestRequestsThatGoNowhere(t *testing.T) {
	w := start(t)
	phorge := w.register(directory.BridgePhabricator, "phorge", phorgeBack)
	w.register(directory.BridgeGitLab, "chat", chatBack)
	w.register("", "plain", "https://plain.example/cb")
	stopped := w.register(directory.BridgePhabricator, "stopped", "https://stopped.example/cb", func(s *directory.Service) { s.State = directory.Suspended })
	at := func(kind, name, path string) string { return bridgetest.Issuer + "/" + kind + "/" + name + path }
	for _, c := range []struct {
		name, address string
		pairs         []string
		code          string
	}{
		{"no such service", at("phabricator", "nobody", "/oauthserver/auth/"), nil, "client-unknown"},
		{"a name that cannot be one", at("phabricator", "No%20body", "/oauthserver/auth/"), nil, "client-unknown"},
		{"a service of the other bridge", at("phabricator", "chat", "/oauthserver/auth/"), []string{"client_id", "client-chat", "redirect_uri", chatBack}, "client-unknown"},
		{"a client of OpenID Connect", at("phabricator", "plain", "/oauthserver/auth/"), []string{"client_id", "client-plain", "redirect_uri", "https://plain.example/cb"}, "client-unknown"},
		{"one that was stopped", at("phabricator", "stopped", "/oauthserver/auth/"), []string{"client_id", string(stopped.OIDC.ID), "redirect_uri", "https://stopped.example/cb"}, "client-unknown"},
		{"another's client", phorgeAuth, []string{"client_id", "client-chat"}, "client-unknown"},
		{"no client", phorgeAuth, []string{"client_id", ""}, "client-unknown"},
		{"two clients", phorgeAuth, []string{"+client_id", "client-phorge"}, "client-unknown"},
		{"no address", phorgeAuth, []string{"redirect_uri", ""}, "redirect-unproven"},
		{"two addresses", phorgeAuth, []string{"+redirect_uri", phorgeBack}, "redirect-unproven"},
		{"another address", phorgeAuth, []string{"redirect_uri", "https://evil.example/"}, "redirect-unproven"},
		{"nearly the address", phorgeAuth, []string{"redirect_uri", strings.TrimSuffix(phorgeBack, "/")}, "redirect-unproven"},
		{"the address, written otherwise", phorgeAuth, []string{"redirect_uri", strings.Replace(phorgeBack, ":ateneu", "%3Aateneu", 1)}, "redirect-unproven"},
		{"a long address", phorgeAuth, []string{"redirect_uri", phorgeBack + strings.Repeat("x", 4096)}, "redirect-unproven"},
	} {
		query := asking(phorge)
		for i := 0; i < len(c.pairs); i += 2 {
			if name, more := strings.CutPrefix(c.pairs[i], "+"); more {
				query.Add(name, c.pairs[i+1])
				continue
			}
			query.Set(c.pairs[i], c.pairs[i+1])
		}
		page := w.Browser().Go(c.address + "?" + query.Encode())
		if page.Status != http.StatusBadRequest || !strings.Contains(page.Body, ">"+c.code+"<") || page.URL.Host != bridgetest.Host {
			t.Errorf("%s: %d at %s: %.2000s", c.name, page.Status, page.URL, page.Body)
		}
	}
}

// TestRequestsThatAreAnswered: what is wrong beyond that the application is told.
func TestRequestsThatAreAnswered(t *testing.T) {
	w := start(t)
	phorge := w.register(directory.BridgePhabricator, "phorge", phorgeBack)
	var landed url.Values
	w.Host("phorge.example", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { landed = r.URL.Query() }))
	for _, c := range []struct{ name, field, value, code, state string }{
		{"no response type", "response_type", "", "invalid_request", "st"},
		{"another response type", "response_type", "token", "unsupported_response_type", "st"},
		{"a state beyond measure", "state", strings.Repeat("x", 4097), "invalid_request", ""},
	} {
		query := asking(phorge)
		query.Set(c.field, c.value)
		w.Browser().Go(phorgeAuth + "?" + query.Encode())
		if landed.Get("error") != c.code || landed.Get("state") != c.state {
			t.Errorf("%s: %v", c.name, landed)
		}
	}
}

// TestStateComesBack, byte by byte, whatever it is.
func TestStateComesBack(t *testing.T) {
	w := start(t)
	chat := w.register(directory.BridgeGitLab, "chat", chatBack)
	var landed url.Values
	w.Host("chat.example", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { landed = r.URL.Query() }))
	b := w.Browser()
	w.grab(b, chatAuth, chat)
	w.Host("chat.example", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { landed = r.URL.Query() }))
	for _, state := range []string{`{"a":"b c+d&e=f"}`, "eyJ=/+", "ñ%20%25", strings.Repeat("s", 4096)} {
		query := asking(chat)
		query.Set("state", state)
		b.Go(chatAuth + "?" + query.Encode())
		if landed.Get("state") != state || landed.Get("code") == "" {
			t.Errorf("sent %.40q, got %.80q", state, landed)
		}
	}
}

// TestTokensAtOtherDoors: a code, or a token, of one service is nothing at any
// other, of whichever kind; and what was seen there was stolen, and is nothing at
// its own any more.
func TestTokensAtOtherDoors(t *testing.T) {
	w := start(t)
	phorge := w.register(directory.BridgePhabricator, "phorge", phorgeBack)
	second := w.register(directory.BridgePhabricator, "second", "https://second.example/cb")
	chat := w.register(directory.BridgeGitLab, "chat", chatBack)
	other := bridgetest.Issuer + "/phabricator/second"
	b := w.Browser()

	for name, address := range map[string]string{
		"another Phabricator": other + "/api/user.whoami",
		"none at all":         bridgetest.Issuer + "/phabricator/nobody/api/user.whoami",
	} {
		token := w.token(phorgeToken, phorge, w.grab(b, phorgeAuth, phorge))
		status, said := w.get(address + "?access_token=" + token)
		if status != http.StatusUnauthorized || said["result"] != nil || said["error_code"] != "ERR-INVALID-AUTH" {
			t.Errorf("at %s: %d %v", name, status, said)
		}
	}
	token := w.token(phorgeToken, phorge, w.grab(b, phorgeAuth, phorge))
	if status, said := w.get(chatWho, "Authorization", "Bearer "+token); status != http.StatusUnauthorized || said["id"] != nil {
		t.Errorf("a token of Phabricator at GitLab's door: %d %v", status, said)
	}
	token = w.token(chatToken, chat, w.grab(b, chatAuth, chat))
	if status, said := w.get(phorgeWho + "?access_token=" + token); status != http.StatusUnauthorized || said["result"] != nil {
		t.Errorf("a token of GitLab at Phabricator's door: %d %v", status, said)
	}

	code := w.grab(b, phorgeAuth, phorge)
	status, said := w.post(other+"/oauthserver/token/", redeeming(second, code))
	wants(t, "a code at another's door", status, said, http.StatusBadRequest, "invalid_grant")
	status, said = w.post(phorgeToken, redeeming(phorge, code))
	wants(t, "and then at its own", status, said, http.StatusBadRequest, "invalid_grant")

	status, said = w.post(other+"/oauthserver/token/", redeeming(phorge, w.grab(b, phorgeAuth, phorge)))
	wants(t, "a client at another's door", status, said, http.StatusUnauthorized, "invalid_client")
}

// TestHowATokenIsShown: each bridge in its one way, once.
func TestHowATokenIsShown(t *testing.T) {
	w := start(t)
	phorge := w.register(directory.BridgePhabricator, "phorge", phorgeBack)
	chat := w.register(directory.BridgeGitLab, "chat", chatBack)
	b := w.Browser()
	a := w.token(phorgeToken, phorge, w.grab(b, phorgeAuth, phorge))
	for name, try := range map[string]func() (int, map[string]any){
		"in the header":   func() (int, map[string]any) { return w.get(phorgeWho, "Authorization", "Bearer "+a) },
		"twice":           func() (int, map[string]any) { return w.get(phorgeWho + "?access_token=" + a + "&access_token=" + a) },
		"with a line end": func() (int, map[string]any) { return w.get(phorgeWho + "?access_token=" + a + "%0A") },
		"not at all":      func() (int, map[string]any) { return w.get(phorgeWho) },
	} {
		if status, said := try(); status != http.StatusUnauthorized || said["result"] != nil {
			t.Errorf("Phabricator's %s: %d %v", name, status, said)
		}
	}
	if status, _ := w.get(phorgeWho + "?access_token=" + a); status != http.StatusOK {
		t.Errorf("and then rightly: %d", status)
	}
	c := w.token(chatToken, chat, w.grab(b, chatAuth, chat))
	for name, try := range map[string]func() (int, map[string]any){
		"in the address": func() (int, map[string]any) { return w.get(chatWho + "?access_token=" + c) },
		"as Basic":       func() (int, map[string]any) { return w.get(chatWho, "Authorization", "Basic "+c) },
		"not at all":     func() (int, map[string]any) { return w.get(chatWho) },
	} {
		if status, said := try(); status != http.StatusUnauthorized || said["id"] != nil {
			t.Errorf("GitLab's %s: %d %v", name, status, said)
		}
	}
	if status, _ := w.get(chatWho, "Authorization", "bearer "+c); status != http.StatusOK {
		t.Errorf("and then rightly: %d", status)
	}
}
