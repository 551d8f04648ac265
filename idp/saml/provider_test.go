// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"crypto/rand"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

func TestNewRefusesWhatIsNoIssuer(t *testing.T) {
	w := start(t)
	good := w.p.c
	for _, issuer := range []string{"", "id.example", "https://id.example/", "https://id.example?x", "https://id.example#x", "::"} {
		c := good
		c.Issuer = issuer
		if _, err := New(c); err == nil {
			t.Errorf("%q was taken", issuer)
		}
	}
	c := good
	c.Rand = nil
	if _, err := New(c); err == nil {
		t.Error("without randomness")
	}
}

// Below a path everything is below it, and the entity with it.
func TestAnIssuerMayHaveAPath(t *testing.T) {
	w := start(t)
	c := w.p.c
	c.Issuer += "/clau"
	p, err := New(c)
	w.must(err)
	for _, route := range p.Routes() {
		if _, path, _ := strings.Cut(route.Pattern, " "); !strings.HasPrefix(path, "/clau/saml/") || route.Needs == "" {
			t.Errorf("%s needs %q", route.Pattern, route.Needs)
		}
	}
	if p.EntityID() != "https://id.example/clau/saml/metadata" || p.host != "id.example" {
		t.Errorf("%s, of %s", p.EntityID(), p.host)
	}
}

// Only what a service posts through a browser may come from another site.
func TestWhoMayAsk(t *testing.T) {
	for _, route := range start(t).p.Routes() {
		foreign := strings.HasPrefix(route.Pattern, "POST") && (strings.HasSuffix(route.Pattern, ssoPath) || strings.HasSuffix(route.Pattern, sloPath))
		if (route.Needs == web.AnyoneFromAnySite) != foreign {
			t.Errorf("%s needs %s", route.Pattern, route.Needs)
		}
		if foreign && route.Body != bodyMax {
			t.Errorf("%s takes %d bytes", route.Pattern, route.Body)
		}
	}
}

func TestWithoutRandomnessNothingIsSent(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	w.p.c.Rand = strings.NewReader("")
	anna.asks(nuvol).told("internal")
	w.p.c.Rand = rand.Reader
	anna.asks(nuvol).granted()
}
