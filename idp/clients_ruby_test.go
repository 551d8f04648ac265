// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"commonscloud.coop/clau/idp/idptest"
)

// TestOmniAuth: the libraries that Mastodon, Greenlight and Discourse are built
// on, registered by their presets, let people in, understand a refusal, and are
// left.
func TestOmniAuth(t *testing.T) {
	world := newPresetWorld(t)
	for _, c := range []struct{ preset, strategy, needs, refusal, out string }{
		{"greenlight", "openid_connect", "omniauth_openid_connect", "access_denied", ""},
		{"mastodon", "openid_connect", "omniauth_openid_connect", "access_denied", ""},
		{"discourse-oidc", "discourse", "omniauth-oauth2", "access_denied", ""},
		{"discourse-saml", "saml", "omniauth-saml", "invalid_ticket", "/auth/saml/spslo"},
	} {
		t.Run(c.preset, func(t *testing.T) {
			a := world.installs(t, c.preset)
			enter := a.runsRuby(c.strategy, c.needs)
			a.nuria.Open(enter)
			a.nuria.LogsIn("nuria", idptest.Password)
			a.answers("#consent-deny")
			a.isHome()
			if said := a.browser.Value("#error"); said != c.refusal {
				t.Errorf("the application says %q: %s", said, a.browser.Text())
			}
			a.nuria.Open(enter)
			a.answers("#consent-allow")
			a.nuria.Sees("You are in.", "nuria@exemple.coop", "Núria Ñandú")
			who := a.browser.Value("#uid")
			if c.preset == "mastodon" && who != "nuria" {
				t.Errorf("Mastodon's account is %s", who)
			}
			a.nuria.Open(enter) // asks nothing
			a.comesHome()
			a.nuria.Sees("You are in.")
			if again := a.browser.Value("#uid"); again != who {
				t.Errorf("%s came back as %s", who, again)
			}
			if c.out == "" {
				return
			}
			a.nuria.Open(a.site.URL + c.out)
			a.nuria.Press("#logout-confirm") // nobody signed it
			a.comesHome()
			a.isHome()
			a.nuria.Open(enter)
			a.nuria.SeesElement("#username")
		})
	}
}

// runsRuby lets an application in Ruby answer at the site below /auth/, and
// returns where its log-in begins.
func (a *presetApp) runsRuby(strategy, needs string) string {
	a.t.Helper()
	ruby := idptest.Program(a.t, "ruby")
	if exec.Command(ruby, "-e", "require ARGV[0]", needs).Run() != nil {
		a.t.Skipf("the gem %s is not installed", needs)
	}
	settings := map[string]any{"strategy": strategy, "site": a.site.URL, "issuer": a.clau.Issuer}
	enter := a.site.URL + "/auth/enter"
	if a.service.OIDC != nil {
		settings["id"], settings["secret"] = a.service.OIDC.ID, a.secret
		settings["callback"] = a.service.OIDC.RedirectURIs[0]
		settings["scope"] = strings.Join(a.preset.OIDC.Scopes, " ")
		settings["uid"] = a.does.Who.Claims[0]
	} else {
		settings["id"], settings["callback"], settings["cert"] = a.service.SAML.EntityID, a.site.sp.acs(), signingCert(a.t, a.clau)
		enter = a.site.URL + "/auth/saml"
	}
	settings["path"] = pathOf(a.t, settings["callback"].(string))
	text, err := json.Marshal(settings)
	check(a.t, err)
	running := &rackServer{client: *talkTo(a.t, clientsDir, []string{"SETTINGS=" + string(text)}, ruby, "omniauth.rb")}
	running.client.next("listening", &struct{}{})
	a.site.behind = running
	return enter
}

// rackServer hands requests to an application in Ruby, one after another.
type rackServer struct {
	mu     sync.Mutex
	client script
}

func (s *rackServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line, err := json.Marshal(map[string]string{"method": r.Method, "uri": r.URL.RequestURI(), "body": r.PostForm.Encode()})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.client.in, "%s\n", line)
	if !s.client.steps.Scan() {
		http.Error(w, "the application has ended", http.StatusBadGateway)
		return
	}
	var said struct {
		Status   int
		To, Body string
	}
	if err := json.Unmarshal(s.client.steps.Bytes(), &said); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if said.To != "" {
		w.Header().Set("Location", said.To)
	}
	w.WriteHeader(said.Status)
	io.WriteString(w, said.Body) // a broken connection is the browser's to notice
}
