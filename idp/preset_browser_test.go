// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/services/preset/presettest"
)

// TestFormsLeadAwayInChromium: browsers hold every redirect behind a form
// against the form-action of the page that had the form. Ours must name the
// application, and Phabricator's names Clau and nobody else.
func TestFormsLeadAwayInChromium(t *testing.T) {
	idptest.Program(t, "chromium")
	world := newPresetWorld(t)
	browser := idptest.NewChromium(t)
	sits := func(t *testing.T, name string) *presetApp {
		a := world.installs(t, name)
		a.nuria = idptest.Sits(t, browser).Reads()
		return a
	}
	t.Run("15 from the log-in", func(t *testing.T) { sits(t, "nextcloud").entersByForms() })
	t.Run("15 by a form of ours", func(t *testing.T) { sits(t, "moodle").entersByPost() })
	t.Run("15 from Phabricator's button", func(t *testing.T) { sits(t, "phabricator").entersByButton() })
}

// entersByForms: the question of consent, and then the log-in itself, are forms
// that end at the application.
func (a *presetApp) entersByForms() {
	run := a.begins()
	a.opens(run)
	a.nuria.LogsIn("nuria", idptest.Password)
	a.nuria.Press("#consent-deny")
	a.isHome()
	a.opens(run)
	a.nuria.Press("#consent-allow")
	a.isGivenCode(run)
	a.leaves()
	a.opens(run)
	a.nuria.LogsIn("nuria", idptest.Password)
	a.isGivenCode(run)
}

// entersByPost: the answer is a form, to another site.
func (a *presetApp) entersByPost() {
	run := a.begins()
	a.opens(run)
	if a.nuria.Has("#username") {
		a.nuria.LogsIn("nuria", idptest.Password)
	}
	a.nuria.Press("#consent-allow")
	a.nuria.Press("#go-on")
	a.isGivenCode(run)
}

func (a *presetApp) opens(run presettest.Run) {
	a.t.Helper()
	address, err := a.does.AuthorizeURL(run)
	check(a.t, err)
	a.nuria.Open(address)
}

// entersByButton: Phabricator's page names itself and Clau. That browsers do
// follow it into the redirects is shown by a page of another origin, with the
// same button: it leads to Clau, and from there no further.
func (a *presetApp) entersByButton() {
	run := a.begins()
	a.site.front = a.button(run)
	a.nuria.Open(a.site.URL + enterPath)
	a.nuria.Press("#enter")
	a.nuria.IsAt(a.clau.Issuer)
	if a.nuria.Has("#username") {
		a.nuria.LogsIn("nuria", idptest.Password)
	}
	a.nuria.Press("#consent-deny")
	a.isRefused()

	a.nuria.Open(a.site.URL + enterPath)
	a.nuria.Press("#enter")
	a.nuria.Press("#consent-allow")
	a.isGivenCode(run)

	a.nuria.Open(a.site.URL + enterPath)
	a.site.forgets()
	a.nuria.Press("#enter") // through Clau and back without a page
	a.isGivenCode(run)

	elsewhere := httptest.NewServer(a.button(run))
	defer elsewhere.Close()
	a.nuria.Open(elsewhere.URL)
	a.site.forgets()
	a.nuria.Tick("#enter") // waits for no page: there is none to come
	time.Sleep(time.Second)
	if heard := a.site.heard(); len(heard) > 0 {
		a.t.Errorf("the browser follows redirects that the page does not allow: nothing was shown here. Heard %v", heard)
	}
}

// button is a page like Phabricator's, with its policy.
func (a *presetApp) button(run presettest.Run) http.HandlerFunc {
	address, err := a.does.AuthorizeURL(run)
	check(a.t, err)
	to, query, _ := strings.Cut(address, "?")
	fields, err := url.ParseQuery(query)
	check(a.t, err)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; form-action 'self' "+a.clau.Issuer)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>Phabricator</title><form method="GET" action="%s">`, html.EscapeString(to))
		for name := range fields {
			fmt.Fprintf(w, `<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(fields.Get(name)))
		}
		fmt.Fprint(w, `<button id="enter">Log in</button></form>`)
	}
}
