// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/idptest"
)

// TestNothingSecretIsWritten goes through a sign-on with all that hangs on it,
// and then looks for every secret of it in everything that Clau wrote.
func TestNothingSecretIsWritten(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	in := letIn(t, clau, "merce")
	code, verifier := in.code(t)
	first := in.service.Redeem(code, verifier)
	again := in.service.Refresh(first.Text("refresh_token"))
	in.service.Refresh("refresh-canary-of-nobody")
	in.service.UserInfo("access-canary-of-nobody")
	in.service.Revoke(again.Text("refresh_token"))
	in.service.Redeem("code-canary-of-nobody", "verifier-canary-of-nobody-0123456789012345678")
	wrong := idptest.Sits(t, idptest.NewBrowser(t))
	wrong.Open(in.service.URL + "/login")
	wrong.LogsIn("merce", "password-canary")

	secrets := map[string]string{
		"a password": idptest.Password, "a wrong password": "password-canary", "a client secret": in.service.Secret,
		"a code": code, "a verifier": verifier, "an unknown code": "code-canary-of-nobody",
		"an unknown refresh token": "refresh-canary-of-nobody", "an unknown access token": "access-canary-of-nobody",
		"an id_token": first.Text("id_token"), "an access token": first.Text("access_token"),
		"a refresh token": first.Text("refresh_token"), "a rotated refresh token": again.Text("refresh_token"),
	}
	for _, c := range in.browser.Cookies(clau.Issuer) {
		secrets["the cookie "+c.Name] = c.Value
	}
	clau.Logs.Hides(t, secrets)
	for _, e := range clau.Audit.Events() {
		for what, secret := range secrets {
			if strings.Contains(e.Reason, secret) {
				t.Errorf("the audit log shows %s", what)
			}
		}
	}
	if len(clau.Audit.Events()) == 0 || clau.Logs.String() == "" {
		t.Error("nothing was written at all, so this says nothing")
	}
}

// TestPoisonedHeaders: whatever a request says of its own host, links and
// answers speak of the configured issuer alone, or there is no answer.
func TestPoisonedHeaders(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	poisons := []http.Header{
		{"Host": {"evil.example"}}, {"X-Forwarded-Host": {"evil.example"}}, {"Forwarded": {"host=evil.example;proto=https"}},
		{"X-Forwarded-Proto": {"javascript"}}, {"X-Original-Url": {"/evil.example"}}, {"X-Rewrite-Url": {"//evil.example"}},
		{"X-Forwarded-Prefix": {"//evil.example"}}, {"X-Host": {"evil.example"}}, {"X_Forwarded_Host": {"evil.example"}},
		{"X-Forwarded-For": {"evil.example"}}, {"X-Forwarded-For": {strings.Repeat("9.9.9.9, ", 300)}},
		{"Referer": {"http://evil.example/"}}, {"Origin": {"http://evil.example"}}, {"X-Forwarded-Server": {"evil.example"}},
	}
	doors := []string{"/", "/login", "/account", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
		"/jwks", "/logout", "/nowhere", strings.TrimPrefix(forum.Begin(), clau.Issuer)}
	for _, poison := range poisons {
		for _, door := range doors {
			b := idptest.NewBrowser(t)
			b.Catch("http://")
			r, err := http.NewRequest(http.MethodGet, clau.Issuer+door, nil)
			check(t, err)
			r.Header = poison.Clone()
			if host := poison.Get("Host"); host != "" {
				r.Host = host
			}
			b.Send(r)
			if strings.Contains(b.Body, "evil.example") || strings.Contains(strings.Join(b.Header.Values("Location"), " "), "evil.example") ||
				strings.Contains(strings.Join(b.Header.Values("Set-Cookie"), " "), "evil.example") {
				t.Errorf("%v at %s is believed: %s", poison, door, b.Body)
			}
			if b.Status >= 500 {
				t.Errorf("%v at %s: status %d", poison, door, b.Status)
			}
			if poison.Get("Host") != "" && b.Status < 400 {
				t.Errorf("another host is answered at %s with %d", door, b.Status)
			}
		}
	}
}

// TestNoSecretInAddresses: what a browser keeps in its history opens nothing
// later (codes are spent by then).
func TestNoSecretInAddresses(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	b := idptest.NewBrowser(t)
	anna := idptest.Sits(t, b)
	anna.Open(forum.URL + "/login")
	hops := b.Hops
	anna.LogsIn("anna", idptest.Password)
	for _, hop := range append(hops, b.Hops...) {
		u, err := url.Parse(hop)
		check(t, err)
		for name := range u.Query() {
			switch name {
			case "password", "client_secret", "access_token", "refresh_token", "id_token", "code_verifier":
				t.Errorf("%s stands in %s", name, hop)
			}
		}
		for _, c := range b.Cookies(clau.Issuer) {
			if strings.Contains(hop, c.Value) {
				t.Errorf("the cookie %s stands in %s", c.Name, hop)
			}
		}
	}
}

// TestHTTPS: with an https issuer cookies are bound to this very host and to
// TLS, and browsers are told never to come without it.
func TestHTTPS(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{TLS: true})
	forum := clau.Party(t, "forum")
	b := idptest.NewBrowser(t)
	b.Trust(clau.Roots)
	anna := idptest.Sits(t, b)
	anna.Open(forum.URL + "/login")
	if hsts := b.Header.Get("Strict-Transport-Security"); hsts == "" {
		t.Error("no HSTS")
	}
	anna.LogsIn("anna", idptest.Password)
	for _, hop := range b.Answers {
		for _, cookie := range hop.Header.Values("Set-Cookie") {
			if strings.Contains(cookie, "clau") && (!strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "HttpOnly") || strings.Contains(cookie, "Domain")) {
				t.Errorf("a cookie without protection: %s", strings.Split(cookie, "=")[0])
			}
		}
	}
	anna.Sees("You are in.")
	anna.Press("#refresh")
	anna.Sees("You are in.")

	names := cookiesOfClau(b, clau.Issuer)
	for _, name := range names {
		if !strings.HasPrefix(name, "__Host-") {
			t.Errorf("the cookie %s is not bound to the host", name)
		}
	}
	if len(names) != 2 {
		t.Errorf("a browser and a session have the cookies %v", names)
	}
	anna.Press("#leave")
	anna.Sees("You have left, adeu")
}

// cookiesOfClau leaves out those of the services, which here share the host.
func cookiesOfClau(b *idptest.Plain, address string) []string {
	var names []string
	for _, c := range b.Cookies(address) {
		if strings.Contains(c.Name, "clau") {
			names = append(names, c.Name)
		}
	}
	return names
}
