// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestAnApplicationMoves: it is registered as if it had always been there, with
// the same secret, and what others hold of the record stays as it was.
func TestAnApplicationMoves(t *testing.T) {
	const there = "https://casa-nova.example/sota"
	for _, p := range library(t).All() {
		if p.NoAddress || p.SAML != nil {
			continue
		}
		in := input(t, p)
		s, _, err := p.Register(in)
		if err != nil {
			t.Fatal(err)
		}
		before := unshared(s)
		moved, stay, err := p.Move(s, there+"/")
		if err != nil || len(stay) > 0 {
			t.Errorf("%s: %v, and %v stay", p.Name, err, stay)
		}
		if !reflect.DeepEqual(s, before) {
			t.Errorf("%s: the record of others was written to", p.Name)
		}
		in.URL = there
		wanted, _, _ := p.Register(in)
		if !slices.Equal(addressesOf(moved), addressesOf(wanted)) || moved.URL != wanted.URL || moved.ID != s.ID {
			t.Errorf("%s moved to\n%v %s, not\n%v %s", p.Name, addressesOf(moved), moved.URL, addressesOf(wanted), wanted.URL)
		}
	}
}

// TestWhatSomebodyChoseStays, and is named.
func TestWhatSomebodyChoseStays(t *testing.T) {
	p := find(t, "nextcloud")
	s, _ := register(t, p)
	own, other := address+"/our/own", "https://elsewhere.example/done"
	s.OIDC.RedirectURIs = append(s.OIDC.RedirectURIs, own, other)
	moved, stay, err := p.Move(s, "https://casa-nova.example")
	if err != nil || !slices.Equal(stay, []string{own}) || !slices.Contains(moved.OIDC.RedirectURIs, other) {
		t.Errorf("%v: %v stay, of %v", err, stay, moved.OIDC.RedirectURIs)
	}
	if got := moved.OIDC.Metadata.BackchannelLogoutURI; !strings.HasPrefix(got, "https://casa-nova.example/") {
		t.Errorf("log-outs are told to %s", got)
	}
}

// TestAnotherFrontPageIsNoMove.
func TestAnotherFrontPageIsNoMove(t *testing.T) {
	p := find(t, "nextcloud")
	s, _ := register(t, p)
	moved, _, err := p.Move(s, address+"/apps/dashboard")
	if err != nil || moved.URL != address+"/apps/dashboard" || !slices.Equal(moved.OIDC.RedirectURIs, s.OIDC.RedirectURIs) {
		t.Errorf("%v: %s %v", err, moved.URL, moved.OIDC.RedirectURIs)
	}
}

// TestAProviderIsWhereItsMetadataSays.
func TestAProviderIsWhereItsMetadataSays(t *testing.T) {
	p := find(t, "nextcloud-saml")
	s, _ := register(t, p)
	moved, stay, err := p.Move(s, "https://casa-nova.example")
	if err != nil || !slices.Contains(stay, s.SAML.EntityID) || moved.SAML.EntityID != s.SAML.EntityID || !strings.HasPrefix(moved.URL, "https://casa-nova.example/") {
		t.Errorf("%v: %v stay, people are led to %s", err, stay, moved.URL)
	}
}
