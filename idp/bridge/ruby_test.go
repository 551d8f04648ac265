// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/bridge"
	"commonscloud.coop/clau/idp/web"
)

// TestRubyLogsIn: a client that is not ours, over the wire, logs people in by
// both bridges, and reads a refusal.
func TestRubyLogsIn(t *testing.T) {
	ruby, err := exec.LookPath("ruby")
	if err != nil {
		t.Skip("ruby is not installed")
	}
	if exec.Command(ruby, "-e", `require "omniauth-oauth2"`).Run() != nil {
		t.Skip("ruby-omniauth-oauth2 is not installed")
	}
	each(t, func(t *testing.T, w *town, v visit) {
		issuer := w.Listen(func(issuer string) []web.Area {
			c := w.config
			c.Issuer = issuer
			phabricator, err := bridge.Phabricator(c)
			w.Must(err)
			gitlab, err := bridge.GitLab(c)
			w.Must(err)
			return []web.Area{phabricator, gitlab}
		})
		party := w.rubyParty(ruby, issuer, v)
		status, said := party(w, func(answer string) string { return w.lands(v, answer, true) })
		if status != http.StatusOK || !strings.Contains(said, "mireia@coop.example") || !strings.Contains(said, "Mireia Ñandú") {
			t.Errorf("%d %s", status, said)
		}
		status, said = party(w, func(answer string) string { return w.lands(v, answer, false) })
		if status != http.StatusInternalServerError || said != "access_denied" {
			t.Errorf("declined: %d %s", status, said)
		}
	})
}

// rubyParty starts the program anew for each sign-on.
func (w *town) rubyParty(ruby, issuer string, v visit) func(*town, func(string) string) (int, string) {
	here := func(address string) string { return issuer + strings.TrimPrefix(address, "https://id.example") }
	settings, err := json.Marshal(map[string]any{
		"site": issuer, "authorize": here(v.auth), "token": here(v.token), "who": here(v.who), "callback": v.s.OIDC.RedirectURIs[0],
		"id": v.s.OIDC.ID, "secret": secret, "query": strings.Contains(v.who, "whoami"),
	})
	w.Must(err)
	return func(w *town, browse func(string) string) (int, string) {
		w.T.Helper()
		ctx, cancel := context.WithTimeout(w.T.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, ruby, "testdata/omniauth.rb")
		var wrong strings.Builder
		cmd.Stderr = &wrong
		in, err := cmd.StdinPipe()
		w.Must(err)
		out, err := cmd.StdoutPipe()
		w.Must(err)
		w.Must(cmd.Start())
		lines := bufio.NewScanner(out)
		fmt.Fprintf(in, "%s\n", settings)
		if !lines.Scan() {
			w.T.Fatalf("ruby said nothing: %s", wrong.String())
		}
		fmt.Fprintf(in, "%s\n", browse(lines.Text()))
		if !lines.Scan() {
			w.T.Fatalf("ruby said no more: %s", wrong.String())
		}
		w.Must(in.Close())
		var said struct {
			Status int    `json:"status"`
			Said   string `json:"said"`
		}
		w.Must(json.Unmarshal(lines.Bytes(), &said))
		w.Must(cmd.Wait())
		return said.Status, said.Said
	}
}

// lands takes a browser to where the program sends it, by the name that we have
// in this process, and returns what it comes back with.
func (w *town) lands(v visit, address string, allow bool) string {
	w.T.Helper()
	u, err := url.Parse(address)
	w.Must(err)
	back, err := url.Parse(v.s.OIDC.RedirectURIs[0])
	w.Must(err)
	var landed string
	w.Host(back.Host, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { landed = r.URL.RawQuery }))
	page := w.Browser().Go("https://id.example" + u.RequestURI())
	name := "mireia"
	if !allow {
		name = "bernat"
	}
	page = page.LogIn(name)
	if allow {
		page.Allow()
	} else {
		page.At("/login/consent").Submit("answer", "deny")
	}
	return landed
}
