// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestARelayIsHeard: at its routes alone what a stranger says of a request stays,
// with the browser's cookies; what programs read in more than one way never does.
func TestARelayIsHeard(t *testing.T) {
	show := func(w http.ResponseWriter, r *http.Request) error {
		for _, name := range []string{"X-Forwarded-Uri", "X_forwarded_uri", "Forwarded", "Cookie"} {
			if values, ok := r.Header[name]; ok {
				w.Header()["Seen-"+name] = values
			}
		}
		return hello(w, r)
	}
	d := newDoor(t, nil,
		Route{Pattern: "GET /page", Needs: Anyone, Handle: show}, Route{Pattern: "GET /token", Needs: Service, Handle: show},
		Route{Pattern: "GET /check", Needs: Relay, Handle: show})
	for path, want := range map[string][2]string{"/page": {"", "a=b"}, "/token": {"", ""}, "/check": {"/x", "a=b"}} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header["X-Forwarded-Uri"], r.Header["X_forwarded_uri"] = []string{"/x"}, []string{"/y"}
		r.Header["Forwarded"], r.Header["Cookie"] = []string{"host=evil.example"}, []string{"a=b"}
		h := d.ask(r).Header()
		if h.Get("Seen-X-Forwarded-Uri") != want[0] || h.Get("Seen-Cookie") != want[1] {
			t.Errorf("%s: %v", path, h)
		}
		if len(h["Seen-X_forwarded_uri"])+len(h["Seen-Forwarded"]) > 0 {
			t.Errorf("%s believes what is read in more than one way: %v", path, h)
		}
	}
}
