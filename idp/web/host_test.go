// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Host poisoning (CVE-2023-49097 and CVE-2024-47070 in other providers): a page
// for a name that is not ours is never drawn.
func TestOnlyOurOwnHostIsAnswered(t *testing.T) {
	for _, test := range []struct {
		issuer, extra, host string
		ours                bool
	}{
		{"https://id.example.coop", "", "id.example.coop", true},
		{"https://id.example.coop", "", "ID.Example.Coop", true},
		{"https://id.example.coop", "", "id.example.coop:443", true},
		{"https://id.example.coop", "", "id.example.coop:8443", false},
		{"https://id.example.coop", "", "id.example.coop.evil.example", false},
		{"https://id.example.coop", "", "evil.example", false},
		{"https://id.example.coop", "", "", false},
		{"https://id.example.coop", "", "id.example.coop@evil.example", false},
		{"https://id.example.coop", "", "localhost", false},
		{"https://id.example.coop", "", "127.0.0.1", false},
		{"https://id.example.coop", "old.example.coop", "old.example.coop", true},
		{"https://id.example.coop:8443", "", "id.example.coop:8443", true},
		{"https://id.example.coop:8443", "", "id.example.coop", false},
		{"http://localhost:8080", "", "127.0.0.1:8080", true},
		{"http://localhost:8080", "", "[::1]:8080", true},
		{"http://localhost:8080", "", "localhost:8080", true},
		{"http://localhost:8080", "", "localhost:9090", false},
		{"http://localhost:8080", "", "localhost", false},
		{"http://localhost:8080", "", "evil.example:8080", false},
		{"http://127.0.0.1:8080", "", "localhost:8080", true},
	} {
		t.Run(test.issuer+" asked as "+test.host, func(t *testing.T) {
			issuer, err := url.Parse(test.issuer)
			if err != nil {
				t.Fatal(err)
			}
			d := newDoor(t, func(c *Config) { c.Issuer = issuer; c.Hosts = strings.Fields(test.extra) },
				Route{Pattern: "GET /x", Needs: Anyone, Handle: hello})
			r := httptest.NewRequest("GET", "/x", nil)
			r.Host = test.host
			r.Header.Set("X-Forwarded-Host", "id.example.coop")
			r.RemoteAddr = "10.0.0.1:1"
			w := d.ask(r)
			status := http.StatusMisdirectedRequest
			if test.ours {
				status = http.StatusOK
			}
			want(t, "status", w.Code, status)
			if strings.Contains(w.Body.String(), "evil") {
				t.Errorf("the page repeats the host: %q", w.Body)
			}
		})
	}
}

// Balancers ask by address.
func TestHealthIsAnsweredUnderAnyName(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "GET /healthz", Needs: Service, Handle: hello})
	r := httptest.NewRequest("GET", "/healthz", nil)
	r.Host = "10.1.2.3:8080"
	want(t, "status", d.ask(r).Code, 200)
}
