// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

// TestProxiesHandOnTheSame: whichever proxy stands before an application, it is
// told the same, the proxy proves itself, and no header that decides anything
// comes from outside.
func TestProxiesHandOnTheSame(t *testing.T) {
	p := find(t, "forward-auth")
	s, made := register(t, p)
	seen := 0
	for _, step := range guide(t, p, s, values(made), "en").Steps {
		for _, c := range step.Commands {
			seen++
			for _, needed := range []string{
				"X-Clau-Subject", "X-Clau-User", "X-Clau-Name", "X-Clau-Email", "X-Clau-Groups", "X-Clau-Assertion",
				"X-Clau-Secret", "X-Clau-Origin", "X-Original-URL", "X-Rewrite-URL", made.Secret, "APPLICATION:PORT",
			} {
				if !strings.Contains(c.Text, needed) {
					t.Errorf("%s says nothing of %s", c.Where, needed)
				}
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d proxies", seen)
	}
}

// TestAnIssuerBelowAPath is asked below it: Caddy wants host and path apart.
func TestAnIssuerBelowAPath(t *testing.T) {
	p := find(t, "forward-auth")
	s, _ := register(t, p)
	text := everything(guide(t, p, s, Values{Issuer: "https://coop.example/clau"}, "en"))
	for _, needed := range []string{`forward_auth "https://coop.example" {`, `uri "/clau/forward/app/check"`, `"https://coop.example/clau/forward/app/auth-request"`} {
		if !strings.Contains(text, needed) {
			t.Errorf("no word of %s:\n%s", needed, text)
		}
	}
}

// TestAPromiseFollowsTheRecord: a client that was given an address for log-outs
// is told of them, and one whose address was taken away is not.
func TestAPromiseFollowsTheRecord(t *testing.T) {
	told := func(m *directory.ClientMetadata) { m.BackchannelLogoutURI = address + "/logout" }
	for name, c := range map[string]struct {
		change func(*directory.ClientMetadata)
		want   Logout
	}{
		"generic-oidc": {told, LogoutCloses},
		"nextcloud":    {func(m *directory.ClientMetadata) { m.BackchannelLogoutURI = "" }, LogoutStays},
		"phabricator":  {told, LogoutStays}, // no application of a bridge listens
	} {
		p := find(t, name)
		s, made := register(t, p)
		if got := p.LogoutOf(s); got != p.Logout {
			t.Errorf("%s as registered: %s, not %s", name, got, p.Logout)
		}
		c.change(&s.OIDC.Metadata)
		g := guide(t, p, s, values(made), "en")
		if g.Logout != c.want || g.LogoutIs != p.words.Logout[c.want].In("en") {
			t.Errorf("%s: %s, %q", name, g.Logout, g.LogoutIs)
		}
	}
}

// TestWhoMustBeWrittenTo when the certificate changes: everybody whose guide has
// it written down somewhere.
func TestWhoMustBeWrittenTo(t *testing.T) {
	for _, p := range library(t).All() {
		s, made := register(t, p)
		text := everything(guide(t, p, s, values(made), "en"))
		f := p.guideFacts(s, values(made), "en")
		if f.Certificate != "" && strings.Contains(text, f.Certificate) && !p.ByHand() && !p.NoAddress {
			t.Errorf("%s has the certificate by hand, and nobody says so", p.Name)
		}
	}
	if !find(t, "mellon").ByHand() || find(t, "shibboleth").ByHand() {
		t.Error("mellon reads metadata once, and Shibboleth again and again")
	}
}

// TestWhoseMetadataItIs: what a preset wrote is told from what came as a file.
func TestWhoseMetadataItIs(t *testing.T) {
	p := find(t, "nextcloud-saml")
	s, _ := register(t, p)
	if !p.Wrote(s) {
		t.Error("it forgets what it wrote")
	}
	s.SAML.Metadata = append(s.SAML.Metadata, ' ')
	if p.Wrote(s) || find(t, "mellon").Wrote(s) {
		t.Error("it takes another's for its own")
	}
}
