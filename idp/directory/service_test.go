// SPDX-License-Identifier: AGPL-3.0-or-later

package directory_test

import (
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

func TestToWhomAServiceIsOpen(t *testing.T) {
	service := directory.Service{ID: "s1", Collective: "ateneu", State: directory.Active, Guests: []directory.CollectiveName{"horta"}}
	member := func(names ...directory.CollectiveName) (s directory.Standing) {
		for _, n := range names {
			s.Memberships = append(s.Memberships, directory.Membership{Collective: n})
		}
		return s
	}
	access := func(by directory.CollectiveName, to directory.ServiceID) directory.Standing {
		return directory.Standing{Access: []directory.Access{{Collective: by, Service: to}}}
	}
	for name, c := range map[string]struct {
		policy   directory.AccessPolicy
		state    directory.State
		standing directory.Standing
		open     bool
	}{
		"public, anybody":                        {directory.AccessPublic, directory.Active, member(), true},
		"public, but stopped":                    {directory.AccessPublic, directory.Suspended, member("ateneu"), false},
		"collective, a member":                   {directory.AccessCollective, directory.Active, member("ateneu"), true},
		"collective, a guest's member":           {directory.AccessCollective, directory.Active, member("horta"), true},
		"collective, an outsider":                {directory.AccessCollective, directory.Active, member("altres"), false},
		"collective, an outsider who was let in": {directory.AccessCollective, directory.Active, access("ateneu", "s1"), true},
		"group, a member":                        {directory.AccessGroup, directory.Active, member("ateneu"), false},
		"group, let in by the host":              {directory.AccessGroup, directory.Active, access("ateneu", "s1"), true},
		"group, let in by a guest":               {directory.AccessGroup, directory.Active, access("horta", "s1"), true},
		"group, let in elsewhere":                {directory.AccessGroup, directory.Active, access("ateneu", "s2"), false},
		// Managers can write such an access into their own unit.
		"group, let in by somebody without a say": {directory.AccessGroup, directory.Active, access("altres", "s1"), false},
		"no policy at all":                        {"", directory.Active, member("ateneu"), false},
		"no state at all":                         {directory.AccessPublic, "", member("ateneu"), false},
	} {
		s := service
		s.Access, s.State = c.policy, c.state
		if got := s.Open(c.standing); got != c.open {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestAServiceSpeaksOneProtocol: every door asks, and answers its own only.
func TestAServiceSpeaksOneProtocol(t *testing.T) {
	client := func(bridge, subject string) directory.Service {
		return directory.Service{OIDC: &directory.OIDCClient{Metadata: directory.ClientMetadata{Bridge: bridge, SubjectType: subject}}}
	}
	for name, c := range map[string]struct {
		service  directory.Service
		protocol string
		public   bool
	}{
		"a client":                  {client("", ""), directory.ProtocolOIDC, false},
		"a client that knows names": {client("", "public"), directory.ProtocolOIDC, true},
		"a pairwise one":            {client("", "pairwise"), directory.ProtocolOIDC, false},
		"Phabricator":               {client(directory.BridgePhabricator, ""), directory.ProtocolPhabricator, false},
		"Mattermost":                {client(directory.BridgeGitLab, "public"), directory.ProtocolGitLab, true},
		"a provider":                {directory.Service{SAML: &directory.SAMLProvider{}}, directory.ProtocolSAML, false},
		"a provider that knows names": {
			directory.Service{SAML: &directory.SAMLProvider{Settings: directory.SAMLSettings{SubjectType: "public"}}}, directory.ProtocolSAML, true},
		"a forum":           {directory.Service{Discourse: &directory.DiscourseConnect{}}, directory.ProtocolDiscourse, false},
		"behind a proxy":    {directory.Service{Forward: &directory.ForwardAuth{SubjectType: "public"}}, directory.ProtocolForward, true},
		"nothing as yet":    {directory.Service{}, "", false},
		"of another's name": {client("saml", "Public"), "", false},
	} {
		if got := c.service.Protocol(); got != c.protocol {
			t.Errorf("%s: %q", name, got)
		}
		if got := c.service.PublicSubject(); got != c.public {
			t.Errorf("%s: public is %v", name, got)
		}
	}
}

func TestHandlesAndNames(t *testing.T) {
	for handle, want := range map[directory.Handle]bool{
		"anna": true, "a1": true, "anna.vila": true, "anna-vila_2": true, "0anna": true,
		"a": false, "": false, "Anna": false, "anna.": false, ".anna": false, "anna..vila": false, "anna@example.coop": false,
		"anna vila": false, "ànna": false, "admin": false, "root": false, "clau": false, "anna/vila": false, "anna:x": false,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": true, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": false,
	} {
		if got := handle.Valid(); got != want {
			t.Errorf("%q: %v", handle, got)
		}
	}
}
