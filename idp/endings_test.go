// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"bytes"
	"crypto/rand"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

// TestWhatALogOutDoes is said by what is registered, and not by what is hoped.
func TestWhatALogOutDoes(t *testing.T) {
	master, err := keys.NewMaster(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := keys.NewSealer(master, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forum := func(secrets string) directory.Service {
		s := directory.Service{ID: "f", Discourse: &directory.DiscourseConnect{}}
		s.Discourse.Sealed, err = sealer.Seal([]byte(secrets), s.SealedIn())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	client := func(kind string, m directory.ClientMetadata) directory.Service {
		return directory.Service{Preset: kind, OIDC: &directory.OIDCClient{Metadata: m}}
	}
	said, err := (&foundation{sealer: sealer}).endings()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		service directory.Service
		want    string
	}{
		{"registered for nothing", directory.Service{}, ""},
		{"a client with an ear", client("odoo", directory.ClientMetadata{BackchannelLogoutURI: "https://x.example/"}), "closes"},
		{"a client with a frame", client("", directory.ClientMetadata{FrontchannelLogoutURI: "https://x.example/"}), "closes"},
		{"a client without", client("nextcloud", directory.ClientMetadata{}), "stays"},
		{"one whose tokens die", client("roundcube", directory.ClientMetadata{}), "token-dies"},
		{"a bridge", client("phabricator", directory.ClientMetadata{Bridge: directory.BridgePhabricator}), "stays"},
		{"a service provider", directory.Service{Preset: "moodle-saml", SAML: &directory.SAMLProvider{}}, "closes"},
		{"a service provider of no kind", directory.Service{SAML: &directory.SAMLProvider{}}, ""},
		{"behind a proxy", directory.Service{Forward: &directory.ForwardAuth{}}, "closes"},
		{"a forum with a key", forum(`{"connect":["x"],"api_key":"y"}`), "closes"},
		{"a forum without", forum(`{"connect":["x"]}`), "stays"},
		{"a forum that nobody can read", directory.Service{Discourse: &directory.DiscourseConnect{Sealed: []byte("x")}}, ""},
	} {
		if got := said(c.service); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
