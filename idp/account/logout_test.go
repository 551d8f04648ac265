// SPDX-License-Identifier: AGPL-3.0-or-later

package account_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// deafened is a service whose address for log-outs answers nothing good.
func deafened(t *testing.T) func(*directory.Service) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(broken.Close)
	return func(s *directory.Service) { s.OIDC.Metadata.BackchannelLogoutURI = broken.URL }
}

func without(s *directory.Service) { s.OIDC.Metadata.BackchannelLogoutURI = "" }

func TestLoggingOutEverywhereSaysWhatEachServiceAnswered(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum, wiki := clau.Party(t, "forum"), clau.Party(t, "wiki", without)
	maps := clau.Party(t, "maps", deafened(t))
	laptop := comes(t, clau, "anna").enters(forum).enters(wiki)
	phone := comes(t, clau, "anna").enters(forum).enters(maps)

	laptop.Open(clau.Issuer + "/account")
	laptop.Press("#logout-everywhere")
	laptop.Sees("You are logged out", "Service forum", "Logged out", "Service wiki", "It cannot be told", "Service maps", "we will keep trying")
	if n := strings.Count(laptop.browser.Text(), "Service forum"); n != 1 {
		t.Errorf("the forum, with two sessions, is listed %d times", n)
	}
	if n := len(forum.Told()); n != 2 {
		t.Errorf("the forum was told %d times of two sessions", n)
	}
	phone.Open(clau.Issuer + "/account")
	phone.Sees("Log in")

	// At the next log-in they can read how the last log-out went.
	again := comes(t, clau, "anna")
	again.Open(clau.Issuer + "/account/sessions")
	again.Sees("The last time that you logged out", "Service forum", "Logged out")
}

func TestWhoNeverLoggedOutReadsNothingOfIt(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	anna.Open(clau.Issuer + "/account/sessions")
	anna.SeesNot("The last time that you logged out")
}

// A service without a back channel is told in a frame, and the page goes on by
// itself to what came of each.
func TestLoggingOutGoesThroughTheBrowserWhereItMust(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	school := clau.Party(t, "school", without, func(s *directory.Service) {
		s.OIDC.Metadata.FrontchannelLogoutURI = s.URL + "front"
	})
	anna := comes(t, clau, "anna").enters(forum).enters(school)
	anna.Open(clau.Issuer + "/account")
	anna.Press("#logout")
	anna.Sees("Logging you out", "Service forum", "Logged out", "Service school", "does not say whether it heard")
	anna.Press("#continue")
	anna.Sees("You are logged out", "Service school", "does not say whether it heard")
}
