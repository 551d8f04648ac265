// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// samlSites are the service providers that can be had, each a stranger's code.
func samlSites() map[string]func(*testing.T, *idptest.Clau) samlSite {
	return map[string]func(*testing.T, *idptest.Clau) samlSite{
		"mellon": startMellon, "simplesamlphp": startSimpleSAML, "node-saml": startNodeSAML,
	}
}

// TestSAMLServices (case P30, with those that can be had): each lets people in by Clau's word, is told what they agreed
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

// TestSAMLInChromium: in a browser as people have it, without scripts, the
// collective's words stand on the question of consent with the
// very values, the second service asks for nothing but consent, and the log-out
// visits both.
func TestSAMLInChromium(t *testing.T) {
	idptest.Program(t, "chromium")
	clau := idptest.Start(t, idptest.Options{})
	clau.SetPolicy(t, idptest.Ateneu, `,"intro":{"en":"Share only what you like."},
		"attributes":{"email":{"purpose":{"en":"To tell you."}}}`)
	english := "en"
	check(t, clau.Directory.ChangePerson(t.Context(), directory.System(), clau.People["anna"].ID, directory.PersonChange{Language: &english}))
	first, second := startSimpleSAML(t, clau), startNodeSAML(t, clau)
	browser := idptest.NewChromium(t)
	browser.Speaks("en")
	anna := idptest.Sits(t, browser).Reads()

	anna.Open(first.Enter)
	anna.LogsIn("anna", idptest.Password)
	anna.Sees("Share only what you like.", "To tell you.", "anna@exemple.coop")
	anna.Press("#consent-allow")
	comes(t, anna, first.URL, "You are in.")

	anna.Open(second.Enter)
	anna.Sees("Share only what you like.")
	anna.Press("#consent-allow")
	comes(t, anna, second.URL, "You are in.")

	anna.Open(first.Leave)
	comes(t, anna, first.URL, "You have left")
	anna.Open(second.URL)
	anna.Sees("Nobody is in.")
}

// comes waits for a browser that follows what pages tell it, other than forms,
// which need scripts to send themselves.
func comes(t *testing.T, who idptest.Person, site, words string) {
	t.Helper()
	idptest.Eventually(t, 30*time.Second, "at "+site+": "+words, func() bool {
		if who.Has("#go-on") {
			who.Press("#go-on")
		}
		return strings.HasPrefix(who.Address(), site) && strings.Contains(who.Text(), words)
	})
}
