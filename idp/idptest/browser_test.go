// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"commonscloud.coop/clau/idp/idptest"
)

// village is a site with a door, a form and a page that only scripts change.
func village(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "no-referrer")
		fmt.Fprint(w, `<!doctype html><title>no</title><body><p>Benvinguda</p><noscript>no scripts here</noscript>
			<script>document.body.innerHTML = "scripted"</script>
			<form method="post" action="/in"><input type="hidden" name="h" value="kept">
			<input id="username" name="u" value="old"><input id="ticked" type="checkbox" name="c" checked>
			<button id="login" name="b" value="1">Log <b>in</b></button></form>
			<a href="/away">go away</a></body>`)
	})
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		fault := "none"
		if err := http.NewCrossOriginProtection().Check(r); err != nil {
			fault = err.Error()
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes", Path: "/"})
		http.Redirect(w, r, fmt.Sprintf("/done?form=%s-%s-%s-%s&fault=%s&origin=%s", r.FormValue("u"),
			r.FormValue("h"), r.FormValue("c"), r.FormValue("b"), fault, r.Header.Get("Origin")), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /done", func(w http.ResponseWriter, r *http.Request) {
		cookie, _ := r.Cookie("seen")
		fmt.Fprintf(w, `<p id="said">%s</p><p>%s origin %s cookie %v</p>`,
			r.FormValue("form"), r.FormValue("fault"), r.FormValue("origin"), cookie)
	})
	mux.HandleFunc("GET /away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/done?form=away", http.StatusFound)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestBrowsersAgree: a story told with either browser is the same story.
func TestBrowsersAgree(t *testing.T) {
	browsers := map[string]func(*testing.T) idptest.Browser{
		"plain":    func(t *testing.T) idptest.Browser { return idptest.NewBrowser(t) },
		"chromium": func(t *testing.T) idptest.Browser { return idptest.NewChromium(t) },
	}
	for name, start := range browsers {
		t.Run(name, func(t *testing.T) {
			home := village(t)
			anna := idptest.Sits(t, start(t))
			anna.Open(home + "/")
			anna.Sees("Benvinguda", "no scripts here")
			anna.SeesNot("scripted")
			anna.Fill("#username", "anna")
			anna.Press("Log in")
			anna.IsAt(home + "/done")
			anna.Sees("anna-kept-on-1", "none origin null cookie seen=yes")
			if said := anna.Value("#said"); said != "anna-kept-on-1" {
				t.Errorf("#said is %q", said)
			}
			anna.Open(home + "/")
			anna.Press("go away")
			anna.IsAt(home + "/done?form=away")
			if anna.Has("#username") {
				t.Error("a field of the page before")
			}
		})
	}
}

// TestCatch: a browser that waits for an answer does not follow it.
func TestCatch(t *testing.T) {
	home := village(t)
	b := idptest.NewBrowser(t)
	b.Catch(home + "/done")
	b.Open(home + "/away")
	if b.Address() != home+"/done?form=away" || b.Status != http.StatusFound {
		t.Errorf("caught %d at %s", b.Status, b.Address())
	}
}
