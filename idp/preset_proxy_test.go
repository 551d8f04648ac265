// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"

	"commonscloud.coop/clau/idp/idptest"
)

// proxied asks Clau about each request, as the guide tells Caddy to, hands on
// what is no success, and otherwise shows what the application is told.
func (a *presetApp) proxied(w http.ResponseWriter, r *http.Request) {
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, a.at.ForwardURL+"/check", nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	ask.Header = r.Header.Clone()
	maps.DeleteFunc(ask.Header, func(name string, _ []string) bool { return strings.HasPrefix(name, "X-Clau") })
	for name, value := range map[string]string{
		"X-Clau-Secret": a.secret, "X-Clau-Origin": a.site.URL, "X-Forwarded-Uri": r.RequestURI, "X-Forwarded-Method": r.Method,
	} {
		ask.Header.Set(name, value)
	}
	answer, err := a.site.ask.Do(ask)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		maps.Copy(w.Header(), answer.Header)
		w.WriteHeader(answer.StatusCode)
		io.Copy(w, answer.Body) // a broken connection is the browser's to notice
		return
	}
	a.site.keep(knock{Method: r.Method, Path: r.URL.Path, Header: answer.Header})
	fmt.Fprint(w, "<p>You are at the application.</p>")
}

// tellsForward is the story of an application that knows no protocol.
func (a *presetApp) tellsForward() {
	page := a.site.URL + "/pages/juny?of=2026"
	a.nuria.Open(page)
	a.nuria.LogsIn("nuria", idptest.Password)
	a.answers("#consent-deny")
	a.nuria.IsAt(a.clau.Issuer) // the application knows no refusal: the page is ours
	if a.browser.Status != http.StatusForbidden || len(a.site.heard()) > 0 {
		a.t.Errorf("núria refused, and is at %s: %d %s", a.browser.Address(), a.browser.Status, a.browser.Text())
	}

	a.nuria.Open(page)
	a.answers("#consent-allow")
	a.readsHeaders(page)
	a.nuria.Open(page) // asks nothing
	a.readsHeaders(page)

	a.leaves()
	a.isAsPromised()
	a.nuria.Open(page)
	a.nuria.SeesElement("#username")
}

// readsHeaders is what the application is told of who asked for the page.
func (a *presetApp) readsHeaders(page string) {
	a.t.Helper()
	a.nuria.IsAt(page)
	told := a.site.last("/pages/juny").Header
	for name, want := range map[string]string{
		"X-Clau-User": "nuria", "X-Clau-Name": "N%C3%BAria %C3%91and%C3%BA", "X-Clau-Email": "nuria@exemple.coop", "X-Clau-Groups": "ateneu",
	} {
		if told.Get(name) != want {
			a.t.Errorf("%s is %q", name, told.Get(name))
		}
	}
	if strings.Count(told.Get("X-Clau-Assertion"), ".") != 2 {
		a.t.Errorf("the assertion is %q", told.Get("X-Clau-Assertion"))
	}
	a.knows(told.Get("X-Clau-Subject"))
}
