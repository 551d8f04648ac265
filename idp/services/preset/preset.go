// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/services/rules"
)

// Preset is what is known of one kind of application. Strings that hold an
// address or a value are templates over the facts of a registration.
type Preset struct {
	Name    string   `toml:"-"` // of its file
	Aliases []string `toml:"aliases"`
	Title   string   `toml:"title"` // the application's own name, the same in every language
	About   Text     `toml:"about"`

	// Link is where people enter, for the portal; by default the address itself.
	Link string `toml:"link"`

	// NoAddress lets it be registered without an address.
	NoAddress bool    `toml:"no_address"`
	Params    []Param `toml:"params"`

	// Needs are the attributes that it makes use of: what a policy must not
	// forbid if it is to work as its users expect.
	Needs []release.Attribute `toml:"needs"`

	// Essential are those of them without which it lets nobody in, such as what it
	// takes for a user's name: people cannot leave them out.
	Essential []release.Attribute `toml:"essential"`

	// NeedsMail marks what does not work without a verified address, and is
	// therefore not for people who give none.
	NeedsMail bool `toml:"needs_mail"`

	Logout   Logout   `toml:"logout"`
	LogoutIf Text     `toml:"logout_if"` // says so where it depends on something that Clau may not have yet
	Warnings []string `toml:"warnings"`  // names of shared ones, in library/words.toml
	Beware   []Text   `toml:"beware"`    // its own

	// Exactly one of these is there: a service speaks one protocol.
	OIDC      *OIDC      `toml:"oidc"`
	SAML      *SAML      `toml:"saml"`
	Discourse *Discourse `toml:"discourse"`
	Forward   *Forward   `toml:"forward"`

	Steps []step `toml:"steps"`

	words words
}

// Param is something that an administrator may choose beside the address.
type Param struct {
	Name    string `toml:"name"`
	Default string `toml:"default"` // empty: must be given
	Pattern string `toml:"pattern"` // regular expression of all of it
	About   Text   `toml:"about"`
}

// Logout says what becomes of a person's session at the service when they log
// out of Clau.
type Logout string

const (
	LogoutCloses Logout = "closes"     // it ends at once
	LogoutDies   Logout = "token-dies" // it ends when its token is next renewed
	LogoutStays  Logout = "stays"      // it goes on until the service ends it by itself
)

// OIDC is the registration of an OpenID Connect client, or of a bridge's, in the
// words of [directory.ClientMetadata].
type OIDC struct {
	RedirectURIs    []string              `toml:"redirect_uris"`
	AfterLogout     []string              `toml:"post_logout_redirect_uris"`
	Backchannel     string                `toml:"backchannel_logout_uri"`
	Frontchannel    string                `toml:"frontchannel_logout_uri"`
	InitiateLogin   string                `toml:"initiate_login_uri"`
	AuthMethod      string                `toml:"auth_method"`
	Alg             string                `toml:"alg"`
	Scopes          []string              `toml:"scopes"` // that it is told to ask for
	Refresh         bool                  `toml:"refresh"`
	PKCEOptional    bool                  `toml:"pkce_optional"`
	ClaimsInIDToken bool                  `toml:"claims_in_id_token"`
	AccessToken     string                `toml:"access_token"`
	GroupFormat     directory.GroupFormat `toml:"group_format"`
	Bridge          string                `toml:"bridge"`
	FlatIntrospect  bool                  `toml:"flat_introspect"`
	SessionState    bool                  `toml:"session_state"`
	PromptStored    bool                  `toml:"prompt_stored"`
	CommaScopes     bool                  `toml:"comma_scopes"`
	DefaultScopes   []string              `toml:"default_scopes"`
}

// SAML is the registration of a service provider, in the words of
// [directory.SAMLSettings]. EntityID, ACS and SLO make up for metadata where the
// application has none worth asking for.
type SAML struct {
	EntityID    string `toml:"entity_id"`
	ACS         string `toml:"acs"`
	SLO         string `toml:"slo"`
	MetadataURL string `toml:"metadata_url"` // where it publishes its own

	NameID         string                `toml:"name_id"`
	Names          string                `toml:"names"`
	GroupFormat    directory.GroupFormat `toml:"group_format"`
	Sign           string                `toml:"sign"`
	Encrypt        string                `toml:"encrypt"`
	Cipher         string                `toml:"cipher"`
	RequireSigned  bool                  `toml:"require_signed"`
	UnsignedLogout bool                  `toml:"unsigned_logout"`
	Unsolicited    bool                  `toml:"unsolicited"`
	DeflatedPost   bool                  `toml:"deflated_post"`
	NoPersistentID bool                  `toml:"no_persistent_id"`
}

// Discourse is the registration of a forum with Discourse's own log-in.
type Discourse struct {
	ReturnURLs []string `toml:"return_urls"`
	FullGroups bool     `toml:"full_groups"`
}

// Forward is the registration of an application behind a proxy that asks Clau.
type Forward struct {
	Origins     []string              `toml:"origins"`
	GroupFormat directory.GroupFormat `toml:"group_format"`
}

// Protocol is what the application speaks, as [directory.Service.Protocol] names it.
func (p Preset) Protocol() string {
	switch {
	case p.OIDC != nil && p.OIDC.Bridge != "":
		return p.OIDC.Bridge
	case p.OIDC != nil:
		return directory.ProtocolOIDC
	case p.SAML != nil:
		return directory.ProtocolSAML
	case p.Discourse != nil:
		return directory.ProtocolDiscourse
	case p.Forward != nil:
		return directory.ProtocolForward
	}
	return ""
}

// Scopes are those that the service is told to ask for. One that may not renew
// what it gets does not ask to.
func (p Preset) Scopes(s directory.Service) []string {
	if p.OIDC == nil || s.OIDC == nil || slices.Contains(rules.Grants(*s.OIDC), rules.GrantRefresh) {
		return p.OIDC.scopes()
	}
	return slices.DeleteFunc(p.OIDC.scopes(), func(scope string) bool { return scope == "offline_access" })
}

func (o *OIDC) scopes() []string {
	if o == nil {
		return nil
	}
	return slices.Clone(o.Scopes)
}

// LogoutOf is what a log-out does to a service that was registered by the preset
// and perhaps changed since: a client is told at the addresses that it has.
func (p Preset) LogoutOf(s directory.Service) Logout {
	if s.OIDC == nil || s.OIDC.Metadata.Bridge != "" {
		return p.Logout
	}
	told := s.OIDC.Metadata.BackchannelLogoutURI != "" || s.OIDC.Metadata.FrontchannelLogoutURI != ""
	switch {
	case told:
		return LogoutCloses
	case p.Logout == LogoutCloses:
		return LogoutStays
	}
	return p.Logout
}

// ByHand reports whether the application keeps a certificate of Clau's that
// somebody must change there when Clau signs with another.
func (p Preset) ByHand() bool {
	return slices.Contains(p.Warnings, "certificate-by-hand") || slices.Contains(p.Warnings, "metadata-read-once")
}

// Need is what the application makes use of.
func (p Preset) Need() release.Need { return p.Needs }
