// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/services/rules"
)

// TestOneAddressIsEnough: every preset makes a whole service of it.
func TestOneAddressIsEnough(t *testing.T) {
	for _, p := range library(t).All() {
		t.Run(p.Name, func(t *testing.T) {
			s, made := register(t, p)
			if s.Protocol() == "" || s.Protocol() != p.Protocol() {
				t.Errorf("speaks %q, and the preset %q", s.Protocol(), p.Protocol())
			}
			if s.Preset != p.Name || s.State != directory.Active || s.Access != directory.AccessCollective || s.ID == "" {
				t.Errorf("registered as %+v", s)
			}
			if !p.NoAddress && !strings.HasPrefix(s.URL, address) {
				t.Errorf("people are led to %q", s.URL)
			}
			if Keeps(s) != (made.Secret != "") {
				t.Errorf("a secret of %d characters", len(made.Secret))
			}
			for _, one := range addressesOf(s) {
				if u, err := url.Parse(one); err != nil || u.Scheme != "https" || !strings.HasPrefix(one, address) || u.Fragment != "" {
					t.Errorf("%q is no address of the application", one)
				}
			}
			if s.OIDC != nil && !p.NoAddress {
				if err := rules.Client(*s.OIDC); err != nil {
					t.Errorf("against the rules: %v", err)
				}
			}
			if s.SAML != nil && (s.SAML.EntityID == "" || len(s.SAML.Metadata) == 0) {
				t.Error("a provider that nobody knows")
			}
			if text, _ := json.Marshal(s); made.Secret != "" && bytes.Contains(text, []byte(made.Secret)) {
				t.Error("the secret stands in the record")
			}
		})
	}
}

func addressesOf(s directory.Service) []string {
	var out []string
	switch {
	case s.OIDC != nil:
		m := s.OIDC.Metadata
		out = slices.Concat(s.OIDC.RedirectURIs, m.PostLogoutRedirectURIs)
		for _, one := range []string{m.BackchannelLogoutURI, m.FrontchannelLogoutURI, m.InitiateLoginURI} {
			if one != "" {
				out = append(out, one)
			}
		}
	case s.Discourse != nil:
		out = s.Discourse.ReturnURLs
	case s.Forward != nil:
		out = s.Forward.Origins
	}
	return out
}

// TestWhatEachApplicationIsRegisteredAs holds what was learnt of some of them.
func TestWhatEachApplicationIsRegisteredAs(t *testing.T) {
	client := func(name string) directory.OIDCClient {
		s, _ := register(t, find(t, name))
		return *s.OIDC
	}
	if c := client("nextcloud"); !c.Metadata.ClaimsInIDToken || c.Metadata.PKCEOptional ||
		c.Metadata.BackchannelLogoutURI != address+"/apps/user_oidc/backchannel-logout/clau" ||
		!slices.Contains(c.RedirectURIs, address+"/index.php/apps/user_oidc/code") {
		t.Errorf("nextcloud: %+v", c)
	}
	if c := client("phabricator"); c.Metadata.Bridge != directory.BridgePhabricator || c.Metadata.AuthMethod != "client_secret_post" ||
		c.RedirectURIs[0] != address+"/auth/login/phabricator:clau/" {
		t.Errorf("phabricator: %+v", c)
	}
	if c := client("odoo"); c.Metadata.IDTokenAlg != "RS256" || !c.Metadata.ClaimsInIDToken {
		t.Errorf("odoo: %+v", c)
	}
	if c := client("moodle"); !c.Metadata.SessionState || c.Metadata.FrontchannelLogoutURI != address+"/auth/oidc/logout.php" || !c.Metadata.PKCEOptional {
		t.Errorf("moodle: %+v", c)
	}
	if c := client("greenlight"); c.Metadata.ClaimsInIDToken {
		t.Errorf("greenlight keeps the id_token in a cookie: %+v", c)
	}
	if c := client("wordpress"); !strings.HasSuffix(c.RedirectURIs[0], "admin-ajax.php?action=openid-connect-authorize") ||
		!slices.Contains(c.Metadata.GrantTypes, "refresh_token") {
		t.Errorf("wordpress: %+v", c)
	}
	if c := client("jitsi"); !c.Metadata.PromptStored {
		t.Errorf("jitsi: %+v", c)
	}
	if c := client("limesurvey"); !c.Metadata.CommaScopes {
		t.Errorf("limesurvey: %+v", c)
	}
	if c := client("roundcube"); !c.Metadata.FlatIntrospect || c.Metadata.GroupFormat != directory.GroupsNone {
		t.Errorf("roundcube: %+v", c)
	}
	if s, _ := register(t, find(t, "shibboleth")); s.SAML.Settings.Names != "oid" || s.SAML.Settings.MetadataURL != address+"/Shibboleth.sso/Metadata" {
		t.Errorf("shibboleth: %+v", s.SAML.Settings)
	}
	if s, _ := register(t, find(t, "forward-auth")); s.Forward.Origins[0] != address || s.Forward.GroupFormat != directory.GroupsCSV {
		t.Errorf("forward-auth: %+v", s.Forward)
	}
}

// TestNobodyIsKnownByHandle: a service gets pseudonyms unless somebody decides
// otherwise, and a preset is not somebody.
func TestNobodyIsKnownByHandle(t *testing.T) {
	for _, p := range library(t).All() {
		if s, _ := register(t, p); s.PublicSubject() {
			t.Errorf("%s knows people by their handles", p.Name)
		}
	}
}

// TestParamsAreHeldToTheirForm, and what is wrong is said at once.
func TestParamsAreHeldToTheirForm(t *testing.T) {
	p := find(t, "phabricator")
	in := input(t, p)
	in.URL, in.Params = "http://tasques.example", map[string]string{"server": "Ateneu!", "colour": "red"}
	_, _, err := p.Register(in)
	faults := Faults(err)
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field+" "+f.Code)
	}
	if want := []string{"url https", "colour unknown", "server form"}; !slices.Equal(fields, want) {
		t.Errorf("wrong are %v, not %v", fields, want)
	}
	in.URL, in.Params = address, map[string]string{"server": "ateneu.tasques"}
	s, _, err := p.Register(in)
	if err != nil || s.OIDC.RedirectURIs[0] != address+"/auth/login/phabricator:ateneu.tasques/" {
		t.Errorf("%v %+v", err, s.OIDC)
	}
}

// TestAProviderIsKnownByItsMetadata: where an application publishes it, what
// came is kept as it is, and nothing of it is taken for a setting.
func TestAProviderIsKnownByItsMetadata(t *testing.T) {
	p := find(t, "mellon")
	in := input(t, p)
	in.Provider.Settings.UnsignedLogout = true // not for whoever wrote the metadata to say
	s, _, err := p.Register(in)
	if err != nil || s.SAML.EntityID != address+"/sp" || s.SAML.Settings.MetadataURL != address+"/mellon/metadata" {
		t.Fatalf("%v %+v", err, s.SAML)
	}
	if s.SAML.Settings.UnsignedLogout || !s.SAML.Settings.RequireSigned || !slices.Contains(s.SAML.Settings.Attributes, "groups") {
		t.Errorf("settings %+v", s.SAML.Settings)
	}
	in.Provider = nil
	if _, _, err := p.Register(in); !errors.Is(err, ErrMetadata) {
		t.Errorf("without metadata: %v", err)
	}
}

// TestMetadataThatIsWrittenIsWhole: it is read by whoever reads that of others.
func TestMetadataThatIsWrittenIsWhole(t *testing.T) {
	for _, name := range []string{"nextcloud-saml", "discourse-saml"} {
		s, _ := register(t, find(t, name))
		read, err := metadata.Parse(s.SAML.Metadata, noon(), metadata.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		acs, _ := read.DefaultACS()
		slo, tells := read.Logout(metadata.BindingRedirect)
		if read.EntityID != s.SAML.EntityID || acs.Binding != metadata.BindingPOST || !strings.HasPrefix(acs.Location, address) ||
			!tells || !strings.HasPrefix(slo.Location, address) || read.AuthnRequestsSigned {
			t.Errorf("%s: %s", name, s.SAML.Metadata)
		}
	}
}

// TestEachSecretIsAnother, and two registrations have nothing in common.
func TestEachSecretIsAnother(t *testing.T) {
	p := find(t, "nextcloud")
	in := input(t, p)
	a, first, err1 := p.Register(in)
	b, second, err2 := p.Register(in)
	if err := errors.Join(err1, err2); err != nil || a.ID == b.ID || first == second {
		t.Errorf("%v: %s %s, %v %v", err, a.ID, b.ID, first, second)
	}
	in.Minter.Rand = strings.NewReader("too little")
	if _, _, err := p.Register(in); err == nil {
		t.Error("a secret without randomness")
	}
}
