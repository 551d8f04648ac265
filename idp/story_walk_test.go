// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestWalk is what the README promises, in a browser as people have it and
// without scripts, over the embedded stores and over OpenLDAP with Redis.
func TestWalk(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { walk(t, idptest.Start(t, idptest.Options{})) })
	t.Run("OpenLDAP and Redis", func(t *testing.T) { walk(t, idptest.Start(t, idptest.Options{Servers: idptest.RunServers(t)})) })
}

func walk(t *testing.T, clau *idptest.Clau) {
	forum := clau.Party(t, "forum")
	cloud := clau.Party(t, "cloud", func(s *directory.Service) { s.Access = directory.AccessCollective })
	anna := idptest.Sits(t, idptest.NewChromium(t))

	anna.Open(forum.URL)
	anna.Sees("You are not logged in.")
	anna.Press("Log in with Clau")
	anna.IsAt(clau.Issuer)
	anna.LogsIn("anna", "not her password")
	anna.IsAt(clau.Issuer)
	anna.LogsIn("anna", idptest.Password)
	anna.IsAt(forum.URL)
	anna.Sees("You are in.", "Anna Ferrer i Puig", "anna@exemple.coop", "ateneu")

	anna.Open(cloud.URL)
	anna.Press("Log in with Clau")
	anna.IsAt(cloud.URL) // no password was asked
	anna.Sees("You are in.", "Anna Ferrer i Puig")
	if one, other := forum.Last(), cloud.Last(); one.Subject() == other.Subject() || one.SID() == other.SID() {
		t.Error("two services can compare whom they know")
	}

	anna.Press("#refresh")
	anna.Sees("You are in.", "Anna Ferrer i Puig")

	anna.Press("#leave")
	anna.IsAt(cloud.URL + "/left?state=adeu")
	idptest.Eventually(t, 10*time.Second, "the other service is told", forum.LastIsOver)
	anna.Open(forum.URL)
	anna.Sees("You are not logged in.")
	anna.Press("Log in with Clau")
	anna.SeesElement("#username", "#password", "#login")
}

// TestThreeLanguages: the browser's wish, the service's wish and the person's
// own choice each lead to a page in that language.
func TestThreeLanguages(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	browser := idptest.NewBrowser(t)
	for _, wish := range []string{"ca", "es", "en"} {
		browser.Language = wish
		browser.Open(clau.Issuer + "/login")
		if got := browser.Lang(); got != wish {
			t.Errorf("who asks for %q gets %q", wish, got)
		}
	}
	browser.Language = "en"
	forum.Extra.Set("ui_locales", "pt ca")
	browser.Open(forum.URL + "/login")
	if got := browser.Lang(); got != "ca" {
		t.Errorf("a service that asks for Catalan gets %q", got)
	}
}

// TestPrivateService: who is not of the collective is told so, and whom to ask;
// the service is told in the words that every client understands.
func TestPrivateService(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	cloud := clau.Party(t, "cloud", func(s *directory.Service) { s.Access = directory.AccessCollective })
	elies := idptest.Sits(t, idptest.NewBrowser(t))
	elies.Open(cloud.URL + "/login")
	elies.LogsIn("elies", idptest.Password)
	elies.Sees("Service cloud no és obert per a tu", "És per a les persones del col·lectiu") // in the language of the account
	elies.Press("#closed-back")
	elies.IsAt(cloud.URL + "/callback")
	if fault := elies.Value("#error"); fault != "access_denied" {
		t.Errorf("the service is told %q", fault)
	}

	carme := idptest.Sits(t, idptest.NewBrowser(t)) // is of both
	carme.Open(cloud.URL + "/login")
	carme.LogsIn("carme@exemple.coop", idptest.Password)
	carme.Sees("You are in.", "Carme Vidal")
	if groups := carme.Value("#userinfo-groups"); groups != "[ateneu]" {
		t.Errorf("a service of the Ateneu is told of %s", groups) // the Horta is none of its business
	}
}

// TestAnonymous: a person whom only the collective knows enters, under names
// that no other service hears: not even the nickname leaves.
func TestAnonymous(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	falcia := idptest.Sits(t, idptest.NewBrowser(t))
	falcia.Open(forum.URL + "/login")
	falcia.LogsIn("falcia", idptest.Password)
	falcia.Sees("You are in.")
	falcia.SeesNot("Falcia", "falcia")
	for _, claims := range []map[string]any{forum.Last().Claims, forum.Last().UserInfo} {
		for _, name := range []string{"given_name", "family_name"} {
			if v, there := claims[name]; there {
				t.Errorf("%s is released: %v", name, v)
			}
		}
	}
}
