// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

// TestPhorgeLogsIn: the button, the log-in, consent, and an account; then once
// more in the same browser, which asks nothing, and in another.
func TestPhorgeLogsIn(t *testing.T) {
	for _, c := range []struct {
		name   string
		silent bool
		base   string
	}{
		{"Phorge", false, phorgeBase + "/"},
		{"Phabricator, which has no User-Agent", true, phorgeBase},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t)
			p := newPhorge(w)
			p.silent, p.base = c.silent, c.base
			b := w.Browser()
			page := b.Go("https://phorge.example/auth/start/").Submit().LogIn("mireia").Allow()
			if page.Status != http.StatusOK || page.Body != "Registered mireia" {
				t.Fatalf("%d %s", page.Status, page.Body)
			}
			if phid := p.last["phid"].(string); len(phid) != 32 || strings.Contains(phid, "mireia") {
				t.Errorf("phid %q is no pseudonym", phid)
			}
			if p.last["realName"] != "Mireia Ñandú" || p.last["primaryEmail"] != "mireia@coop.example" || p.last["image"] != nil {
				t.Errorf("told %v", p.last)
			}
			if roles := p.last["roles"].([]any); !slices.Contains(roles, any("verified")) {
				t.Errorf("roles %v", roles)
			}
			if page := b.Go("https://phorge.example/auth/start/").Submit(); page.Body != "Welcome back, mireia" {
				t.Errorf("again: %s", page.Body)
			}
			if page := w.Browser().Go("https://phorge.example/auth/start/").Submit().LogIn("mireia"); page.Body != "Welcome back, mireia" {
				t.Errorf("elsewhere: %s", page.Body)
			}
			if len(p.accounts) != 1 {
				t.Errorf("accounts: %v", p.accounts)
			}
		})
	}
}

// TestPhorgeIsToldNo: who declines, or may not enter, comes back with an error
// that Phorge shows as a sentence and not as a stack trace.
func TestPhorgeIsToldNo(t *testing.T) {
	w := start(t)
	p := newPhorge(w)
	page := w.Browser().Go("https://phorge.example/auth/start/").Submit().LogIn("mireia").
		At("/login/consent").Submit("answer", "deny")
	if page.URL.Host != "phorge.example" || !strings.HasSuffix(page.Body, "error: access_denied") || p.nobody > 0 {
		t.Errorf("declined: %s %s", page.URL, page.Body)
	}
	w.Town.SetStanding("bernat", directory.Standing{})
	closed := w.Browser().Go("https://phorge.example/auth/start/").Submit().LogIn("bernat").At("/login/closed")
	if closed.Status != http.StatusForbidden {
		t.Errorf("closed to bernat: %d", closed.Status)
	}
}

// TestPhorgeIsToldNoMore than the person agreed to, and never what nobody proved.
func TestPhorgeIsToldNoMore(t *testing.T) {
	for _, c := range []struct {
		name   string
		but    []string
		change func(*directory.Person)
		want   func(told map[string]any) bool
	}{
		{"the address kept back", []string{"email"}, func(*directory.Person) {},
			func(told map[string]any) bool { return told["primaryEmail"] == nil && told["userName"] == "mireia" }},
		{"the name kept back", []string{"name"}, func(*directory.Person) {},
			func(told map[string]any) bool { return told["realName"] == "" }},
		{"an address that nobody proved", nil, func(p *directory.Person) { p.Verified = nil },
			func(told map[string]any) bool {
				return told["primaryEmail"] == nil && !slices.Contains(told["roles"].([]any), any("verified"))
			}},
		{"an address that Phorge would refuse", nil, func(p *directory.Person) {
			p.Mail, p.Verified = "mireia%x@coop.example", []string{"mireia%x@coop.example"}
		}, func(told map[string]any) bool { return told["primaryEmail"] == nil }},
		{"a handle from another time", nil, func(p *directory.Person) { p.Handle = "núria.puig@coöp." },
			func(told map[string]any) bool { return told["userName"] == "nuria.puig-coop" }},
		{"a very long name", nil, func(p *directory.Person) { p.Name = strings.Repeat("Ñ", 100) },
			func(told map[string]any) bool { return told["realName"] == strings.Repeat("Ñ", 64) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t)
			p := newPhorge(w)
			w.Town.SetPerson("mireia", c.change)
			page := w.Browser().Go("https://phorge.example/auth/start/").Submit().LogIn("mireia").Allow(c.but...)
			if page.Status != http.StatusOK || !c.want(p.last) {
				t.Errorf("%d %s: told %v", page.Status, page.Body, p.last)
			}
		})
	}
}

// TestPhorgeMayBeToldLess by its record, and is told whom it is public to.
func TestPhorgeMayBeToldLess(t *testing.T) {
	w := start(t)
	p := newPhorge(w, func(s *directory.Service) { s.OIDC.Metadata.DefaultScopes = []string{"openid", "profile"} })
	w.Browser().Go("https://phorge.example/auth/start/").Submit().LogIn("mireia").Allow()
	if p.last["primaryEmail"] != nil || p.last["realName"] != "Mireia Ñandú" {
		t.Errorf("told %v", p.last)
	}
}
