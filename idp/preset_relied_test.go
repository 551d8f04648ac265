// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/services/preset"
)

// TestWhatApplicationsRelyOn is what no single story shows.
func TestWhatApplicationsRelyOn(t *testing.T) {
	world := newPresetWorld(t)
	t.Run("10 time to log in", world.takesTime)
	t.Run("10 an address is proven elsewhere", world.provesElsewhere)
	t.Run("16 requests without what browsers send", world.bareRequests)
	t.Run("17 what a log-out closes", world.closes)
}

func (w *presetWorld) installs(t *testing.T, name string) *presetApp {
	t.Helper()
	p, ok := w.library.Find(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	return w.install(t, p)
}

// takesTime: who takes as long as the application waits gets in. A forum is not
// answered later than it would listen, but asked for a new request. Clau itself
// waits for an hour, and then has a way on.
func (w *presetWorld) takesTime(t *testing.T) {
	for name, patience := range map[string]time.Duration{"wordpress": 180 * time.Second, "nextcloud": 300 * time.Second} {
		a := w.installs(t, name)
		run := a.begins()
		a.sendsAway(run)
		w.clau.Clock.Advance(patience - 2*time.Second)
		a.nuria.LogsIn("nuria", idptest.Password)
		a.answers("#consent-allow")
		a.reads(a.redeems(a.isGivenCode(run)))
	}
	forum := w.installs(t, "discourse-connect")
	forum.asksConnect(forum.service.Discourse.ReturnURLs[0])
	w.clau.Clock.Advance(10 * time.Minute)
	forum.nuria.LogsIn("nuria", idptest.Password)
	forum.answers("#consent-allow")
	if k := forum.site.last("/session/sso"); k.Form.Get("return_path") == "" || len(forum.site.knocks("/session/sso_login")) > 0 {
		t.Errorf("the forum is asked for %v, and heard %v", k.Form, forum.site.heard())
	}
	chat := w.installs(t, "rocketchat")
	chat.sendsAway(chat.begins())
	w.clau.Clock.Advance(time.Hour + time.Second)
	chat.nuria.LogsIn("nuria", idptest.Password)
	if chat.browser.Status != http.StatusGone || !chat.browser.Has("#error") && !strings.Contains(chat.browser.Body, `href="/"`) {
		t.Errorf("an hour later: %d %s", chat.browser.Status, chat.browser.Text())
	}
}

// provesElsewhere: nobody is stopped on the way to prove an address, which would
// take longer than applications wait. What nobody proved is not given out as proven.
func (w *presetWorld) provesElsewhere(t *testing.T) {
	pep := w.clau.AddPerson(t, "pep")
	none, pending := "", "pep@exemple.coop"
	check(t, w.clau.Directory.ChangePerson(t.Context(), directory.System(), pep.ID,
		directory.PersonChange{Mail: &none, Verified: &[]string{}, Pending: &pending}))
	a := w.installs(t, "discourse-oidc")
	run := a.begins()
	a.sendsAway(run)
	a.nuria.LogsIn("pep", idptest.Password)
	a.answers("#consent-allow")
	said := a.asksWho(a.redeems(a.isGivenCode(run)))
	if said["email"] != nil && said["email_verified"] != false {
		t.Errorf("the forum, to which no word means proven, reads %v", said)
	}
}

// bareRequests: Phabricator's have no User-Agent, and a GET of its has a length
// and the type of a form.
func (w *presetWorld) bareRequests(t *testing.T) {
	a := w.installs(t, "phabricator")
	run := a.begins()
	a.sendsAway(run)
	a.nuria.LogsIn("nuria", idptest.Password)
	a.answers("#consent-allow")
	got := a.redeems(a.isGivenCode(run))
	for _, c := range []struct {
		address, more, says string
	}{
		{run.Who + "?access_token=" + url.QueryEscape(got.AccessToken), "Content-Length: 0\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept-Encoding: gzip\r\n", `"userName":"nuria"`},
		{w.clau.Issuer + "/.well-known/openid-configuration", "", `"issuer"`},
		{w.clau.Issuer + "/saml/metadata", "", "EntityDescriptor"},
		{w.clau.Issuer + "/privacy", "", "<h1"},
	} {
		if status, body := bareGet(t, c.address, c.more); status != http.StatusOK || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", c.address, status, body)
		}
	}
}

// bareGet is a request of nothing but what must be in one.
func bareGet(t *testing.T, address, more string) (int, string) {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	conn, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
	check(t, err)
	defer conn.Close()
	check(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n", u.RequestURI(), u.Host, more)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	check(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(t, err)
	return answer.StatusCode, string(text)
}

// endAtOnce and endLater are the applications whose sessions end with a log-out; those
// of all others go on. The stories show for each that it is so.
var (
	endAtOnce = []string{
		"discourse-connect", "forward-auth", "generic-saml", "lemonldap", "matrix-mas", "mellon", "moodle", "moodle-saml",
		"nextcloud", "nextcloud-saml", "shibboleth", "simplesamlphp", "synapse",
	}
	endLater = []string{"roundcube"}
)

// closes: that list is what presets hold, and what those who keep a service read.
func (w *presetWorld) closes(t *testing.T) {
	browser := idptest.NewBrowser(t)
	anna := idptest.Sits(t, browser)
	anna.Open(w.clau.Issuer + "/login")
	anna.LogsIn("anna", idptest.Password)
	known := []string{}
	for _, p := range w.library.All() {
		want := preset.LogoutStays
		switch {
		case slices.Contains(endAtOnce, p.Name):
			want = preset.LogoutCloses
		case slices.Contains(endLater, p.Name):
			want = preset.LogoutDies
		}
		if p.Logout != want {
			t.Errorf("%s %s", p.Name, p.Logout)
		}
		if _, err := w.clau.Directory.ServiceByName(t.Context(), directory.ServiceName(p.Name)); err != nil {
			w.install(t, p)
		}
		idptest.Eventually(t, 10*time.Second, "Clau hears that there is a "+p.Name, func() bool {
			anna.Open(w.clau.Issuer + "/collectives/ateneu/services/" + p.Name + "/guide")
			return browser.Status == http.StatusOK
		})
		if !strings.Contains(anna.Text(), w.words(t, p)) {
			t.Errorf("the guide of %s says: %s", p.Name, anna.Text())
		}
		known = append(known, p.Name)
	}
	for _, name := range slices.Concat(endAtOnce, endLater) {
		if !slices.Contains(known, name) {
			t.Errorf("there is no preset %s", name)
		}
	}
}

// words are those that a preset's guide has for its log-out, in anna's language.
func (w *presetWorld) words(t *testing.T, p preset.Preset) string {
	t.Helper()
	s, err := w.clau.Directory.ServiceByName(t.Context(), directory.ServiceName(p.Name))
	check(t, err)
	g, err := p.Guide(s, preset.Values{Issuer: w.clau.Issuer}, "ca")
	check(t, err)
	if g.Logout != p.Logout || g.LogoutIs == "" {
		t.Errorf("the guide of %s says of the log-out %s: %q", p.Name, g.Logout, g.LogoutIs)
	}
	return g.LogoutIs
}
