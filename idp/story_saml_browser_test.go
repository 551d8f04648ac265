// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/idptest"
)

// samlSites are the service providers that can be had, each a stranger's code.
func samlSites() map[string]func(*testing.T, *idptest.Clau) samlSite {
	return map[string]func(*testing.T, *idptest.Clau) samlSite{
		"mellon": startMellon, "simplesamlphp": startSimpleSAML, "node-saml": startNodeSAML,
	}
}

// TestSAMLServices: each lets people in by Clau's word, is told what they agreed
// to and no more, and asks for no password when they come from another.
func TestSAMLServices(t *testing.T) {
	for name, start := range samlSites() {
		t.Run(name, func(t *testing.T) {
			clau := idptest.Start(t, idptest.Options{})
			site, forum := start(t, clau), clau.Party(t, "forum")
			anna := idptest.Sits(t, idptest.NewBrowser(t))

			anna.Open(site.Enter)
			anna.IsAt(clau.Issuer)
			anna.LogsIn("anna", idptest.Password)
			arrives(t, anna, site.URL, "You are in.")
			if uid := anna.Value("#uid"); uid != "anna" {
				t.Errorf("uid is %q", uid)
			}
			if mail := anna.Value("#mail"); mail != "anna@exemple.coop" {
				t.Errorf("mail is %q", mail)
			}
			if groups := anna.Value("#groups"); groups != "ateneu" {
				t.Errorf("groups are %q", groups)
			}
			who := anna.Value("#name-id")
			if len(who) < 32 || strings.Contains(who, "anna") { // mellon asks for a transient one
				t.Errorf("the NameID is %q", who)
			}

			anna.Open(forum.URL)
			anna.Press("#enter")
			anna.Sees("You are in.")
			if forum.Last().Subject() == who {
				t.Error("two services know anna by one name")
			}

			// Out at the SAML service is out everywhere.
			anna.Open(site.Leave)
			arrives(t, anna, site.URL, "You have left")
			idptest.Eventually(t, 10*time.Second, "the forum heard of it", func() bool { return len(forum.Told()) > 0 })
			anna.Open(site.Enter)
			anna.SeesElement("#username")
		})
	}
}

// TestOutAtOneIsOutAtAll: who leaves an OpenID Connect service has left the SAML
// ones when the browser is back.
func TestOutAtOneIsOutAtAll(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	var sites []samlSite
	for _, name := range []string{"mellon", "simplesamlphp", "node-saml"} {
		sites = append(sites, samlSites()[name](t, clau))
	}
	anna := idptest.Sits(t, idptest.NewBrowser(t))
	anna.Open(sites[0].Enter)
	anna.LogsIn("anna", idptest.Password)
	arrives(t, anna, sites[0].URL, "You are in.")
	for _, site := range sites[1:] {
		anna.Open(site.Enter)
		arrives(t, anna, site.URL, "You are in.")
	}
	anna.Open(forum.URL)
	anna.Press("#enter")
	anna.Sees("You are in.")
	anna.Press("#leave")
	arrives(t, anna, forum.URL, "You have left")
	for _, site := range sites {
		anna.Open(site.Enter)
		anna.SeesElement("#username")
	}
}

// arrives waits until the browser has come to a site and reads the words there:
// on the way are pages that go on by themselves, or by a button.
func arrives(t *testing.T, who idptest.Person, site, words string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		for _, onward := range []string{"#go-on", "#continue"} { // where nothing goes on by itself
			if who.Has(onward) && !strings.HasPrefix(who.Address(), site) {
				who.Press(onward)
			}
		}
		if strings.HasPrefix(who.Address(), site) && strings.Contains(who.Text(), words) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("did not come to read %q at %s, but is at %s:\n%s", words, site, who.Address(), who.Text())
		}
		time.Sleep(100 * time.Millisecond)
	}
}
