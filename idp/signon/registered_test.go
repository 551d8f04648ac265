// SPDX-License-Identifier: AGPL-3.0-or-later

package signon_test

import (
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Before they decide, people see what the service shows and says of itself: its
// picture from our own origin, and where its own words are.
func TestWhoDecidesSeesWhatTheServiceSaysOfItself(t *testing.T) {
	w := start(t).needing(release.Name)
	w.town.mu.Lock()
	s := w.town.services["nuvol"]
	s.Logo, s.Version = []byte("\x89PNG"), "7"
	s.OIDC = &directory.OIDCClient{ID: "nuvol", Metadata: directory.ClientMetadata{
		PolicyURI: "https://nuvol.example/privacy", TosURI: "https://nuvol.example/terms", LogoURI: "https://nuvol.example/logo.png",
	}}
	w.town.services["nuvol"] = s
	w.town.mu.Unlock()
	screen := w.browser().begin().login("anna").asked()
	screen.says("https://nuvol.example/privacy", "https://nuvol.example/terms", "/services/"+string(s.Name)+"/logo?v=")
	if strings.Contains(screen.body, "nuvol.example/logo.png") {
		t.Error("the page loads something from the service")
	}
}
