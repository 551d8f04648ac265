// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// TestSecretsOverlap: while the other side is changed over, both hold.
func TestSecretsOverlap(t *testing.T) {
	for _, name := range []string{"nextcloud", "phabricator", "forward-auth"} {
		s, first := register(t, find(t, name))
		m := minter(t)
		secrets := func() []directory.ClientSecret {
			if s.Forward != nil {
				return s.Forward.Secrets
			}
			return s.OIDC.Secrets
		}
		m.Rand = bytes.NewReader(bytes.Repeat([]byte{7}, 256))
		second, err := m.Rotate(&s, time.Hour)
		if err != nil || second == first {
			t.Fatalf("%s: %v", name, err)
		}
		got := secrets()
		if len(got) != 2 || got[0] != digest(second.Secret) || got[1].SHA256 != digest(first.Secret).SHA256 || !got[1].Expires.Equal(noon().Add(time.Hour)) {
			t.Errorf("%s: %+v", name, got)
		}
		m.Now = func() time.Time { return noon().Add(time.Minute) }
		if _, err := m.Rotate(&s, 0); err != nil {
			t.Fatal(err)
		}
		if got := secrets(); len(got) != 1 || !got[0].Expires.IsZero() {
			t.Errorf("%s, stolen: %+v", name, got)
		}
	}
}

// TestAForumsSecretsAreSealed, turn over, and keep the key of its API.
func TestAForumsSecretsAreSealed(t *testing.T) {
	s, first := register(t, find(t, "discourse-connect"))
	m := minter(t)
	open := func() directory.DiscourseSecrets {
		t.Helper()
		plain, err := m.Sealer.Open(s.Discourse.Sealed, s.SealedIn())
		if err != nil {
			t.Fatal(err)
		}
		var shared directory.DiscourseSecrets
		if err := json.Unmarshal(plain, &shared); err != nil {
			t.Fatal(err)
		}
		return shared
	}
	if got := open(); len(got.Connect) != 1 || got.Connect[0] != first.Secret {
		t.Fatalf("registered with %+v", got)
	}
	if err := m.SetAPIKey(&s, "the key"); err != nil {
		t.Fatal(err)
	}
	second, err := m.Rotate(&s, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got := open()
	if len(got.Connect) != 2 || got.Connect[0] != second.Secret || got.Connect[1] != first.Secret || got.APIKey != "the key" {
		t.Errorf("after one turn: %+v", got)
	}
	if !s.Discourse.Settings.OverlapEnds.Equal(noon().Add(time.Hour)) {
		t.Errorf("the older ends at %v", s.Discourse.Settings.OverlapEnds)
	}
	third, _ := m.Rotate(&s, time.Hour)
	if got := open(); len(got.Connect) != 2 || got.Connect[0] != third.Secret || got.Connect[1] != second.Secret {
		t.Errorf("a third beside two: %+v", got)
	}
	fourth, _ := m.Rotate(&s, 0)
	if got := open(); len(got.Connect) != 1 || got.Connect[0] != fourth.Secret || got.APIKey != "the key" {
		t.Errorf("stolen: %+v", got)
	}
	s.ID = "another"
	if _, err := m.Rotate(&s, 0); err == nil {
		t.Error("the secrets of one service opened as another's")
	}
}

// TestAKeyStaysAtItsForum: who moves a forum elsewhere does not get the key of
// its API sent there.
func TestAKeyStaysAtItsForum(t *testing.T) {
	m := minter(t)
	s := directory.Service{ID: "forum", Discourse: &directory.DiscourseConnect{ReturnURLs: []string{"https://forum.example/f/session/sso_login"}}}
	if err := m.SetAPIKey(&s, "the key"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		urls []string
		key  string
	}{
		{[]string{"https://evil.example/session/sso_login", "https://forum.example/f/session/sso_login"}, "the key"},
		{[]string{"https://evil.example/session/sso_login"}, ""},
		{[]string{"https://forum.example/f/session/sso_login"}, ""},
	} {
		if err := m.SetReturnURLs(&s, step.urls); err != nil {
			t.Fatal(err)
		}
		plain, err := m.Sealer.Open(s.Discourse.Sealed, s.SealedIn())
		if err != nil {
			t.Fatal(err)
		}
		var shared directory.DiscourseSecrets
		if err := json.Unmarshal(plain, &shared); err != nil {
			t.Fatal(err)
		}
		want := ""
		if step.key != "" {
			want = "https://forum.example/f"
		}
		if shared.APIKey != step.key || shared.APIBase != want {
			t.Errorf("%v: %q at %q", step.urls, shared.APIKey, shared.APIBase)
		}
	}
	s.Discourse.ReturnURLs = nil
	if err := m.SetAPIKey(&s, "the key"); err == nil {
		t.Error("a key of nowhere")
	}
}

// TestWhoHasNoSecretGetsNone.
func TestWhoHasNoSecretGetsNone(t *testing.T) {
	m := minter(t)
	for _, s := range []directory.Service{
		{SAML: &directory.SAMLProvider{}},
		{OIDC: &directory.OIDCClient{Metadata: directory.ClientMetadata{AuthMethod: "none"}}},
		{OIDC: &directory.OIDCClient{Metadata: directory.ClientMetadata{AuthMethod: "private_key_jwt"}}},
		{},
	} {
		if made, err := m.Give(&s); err != nil || made.Secret != "" {
			t.Errorf("%q was given %+v, %v", s.Protocol(), made, err)
		}
		if _, err := m.Rotate(&s, time.Hour); !errors.Is(err, ErrNoSecret) {
			t.Errorf("%q: %v", s.Protocol(), err)
		}
	}
	m.Sealer = nil
	forum := directory.Service{Discourse: &directory.DiscourseConnect{}}
	if _, err := m.Give(&forum); err == nil {
		t.Error("a forum's secret that is not sealed")
	}
}
