// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/services/rules"
)

// serviceView is a service as commands print it. The names of its fields are a
// promise to scripts; where a standard has a name, it is that. Fields of other
// protocols than the service's are left out.
type serviceView struct {
	Service       directory.ServiceName      `json:"service"`
	ID            directory.ServiceID        `json:"id"`
	Title         string                     `json:"title"`
	Description   string                     `json:"description,omitempty"`
	Collective    directory.CollectiveName   `json:"collective"`
	State         directory.State            `json:"state"`
	Access        directory.AccessPolicy     `json:"access"`
	Guests        []directory.CollectiveName `json:"guests,omitempty"`
	URL           string                     `json:"url,omitempty"`
	Sector        string                     `json:"sector,omitempty"`
	Preset        string                     `json:"preset,omitempty"`
	Protocol      string                     `json:"protocol,omitempty"`
	Issuer        string                     `json:"issuer"`
	SubjectType   string                     `json:"subject_type"`
	SecretsExpire []time.Time                `json:"old_secrets_expire,omitempty"`
	Attributes    []string                   `json:"attributes,omitempty"` // that it may be given, but for OpenID Connect, where scopes say so
	GroupFormat   directory.GroupFormat      `json:"group_format,omitempty"`
	GroupNames    map[string]string          `json:"group_names,omitempty"`
	Quirks        []string                   `json:"quirks,omitempty"`
	EndSession    string                     `json:"end_session_endpoint,omitempty"`

	*clientView // nil for other protocols
	bridgeView
	providerView
	forumView
	proxyView
}

// clientView is of a client of OpenID Connect, or of a bridge.
type clientView struct {
	ClientID      directory.ClientID `json:"client_id"`
	ClientSecret  string             `json:"client_secret,omitempty"` // only when just made
	PublicClient  bool               `json:"public_client"`
	RedirectURIs  []string           `json:"redirect_uris"`
	AfterLogout   []string           `json:"post_logout_redirect_uris"`
	Backchannel   string             `json:"backchannel_logout_uri,omitempty"`
	Frontchannel  string             `json:"frontchannel_logout_uri,omitempty"`
	InitiateLogin string             `json:"initiate_login_uri,omitempty"`
	AuthMethod    string             `json:"token_endpoint_auth_method"`
	GrantTypes    []string           `json:"grant_types"`
	SigningAlg    string             `json:"id_token_signed_response_alg,omitempty"`
	AccessToken   string             `json:"access_token,omitempty"`
	PKCE          string             `json:"code_challenge_method"`     // S256; empty: not demanded
	Scopes        []string           `json:"scopes"`                    // that it is told to ask for
	UserClaim     string             `json:"user_name_claim,omitempty"` // where no guide says what it takes
	Discovery     string             `json:"discovery_uri,omitempty"`
}

// bridgeView is of a client that logs people in as if by another application.
type bridgeView struct {
	BaseURI   string `json:"base_uri,omitempty"`
	Authorize string `json:"authorization_endpoint,omitempty"`
	Token     string `json:"token_endpoint,omitempty"`
	Userinfo  string `json:"userinfo_endpoint,omitempty"`
}

// providerView is of a SAML service provider.
type providerView struct {
	EntityID        string    `json:"entity_id,omitempty"` // of Clau, and where it is spoken to
	MetadataURL     string    `json:"metadata_url,omitempty"`
	SSO             string    `json:"sso_url,omitempty"`
	SLO             string    `json:"slo_url,omitempty"`
	Certificate     string    `json:"certificate,omitempty"` // PEM, of the key that signs
	SPEntityID      string    `json:"sp_entity_id,omitempty"`
	SPMetadataURL   string    `json:"sp_metadata_url,omitempty"`     // where its own is read anew
	SPWritten       bool      `json:"sp_metadata_written,omitempty"` // by Clau, of its address
	Fetched         time.Time `json:"sp_metadata_fetched,omitzero"`
	NameID          string    `json:"name_id,omitempty"`
	AttributeNames  string    `json:"attribute_names,omitempty"`
	SignedParts     string    `json:"signed_parts,omitempty"`
	Encryption      string    `json:"encryption,omitempty"`
	SigningKey      string    `json:"signing_key,omitempty"`
	RequestsSigned  bool      `json:"requests_signed,omitempty"` // demanded by the record; its metadata may too
	UnsignedLogout  bool      `json:"unsigned_logout,omitempty"`
	IdPInitiated    bool      `json:"idp_initiated,omitempty"`
	SHA1Until       time.Time `json:"sha1_until,omitzero"`
	DeflatedPost    bool      `json:"deflated_post,omitempty"`
	NoPersistentIDs bool      `json:"no_persistent_id,omitempty"`
}

// forumView is of a forum with Discourse's own log-in.
type forumView struct {
	ConnectURL    string   `json:"connect_url,omitempty"`
	ConnectSecret string   `json:"connect_secret,omitempty"` // only when just made
	ReturnURLs    []string `json:"return_urls,omitempty"`
	FullGroups    bool     `json:"full_groups,omitempty"`
	APIUser       string   `json:"api_user,omitempty"`
	APIKey        string   `json:"api_key,omitempty"` // held, none or unreadable; never the key
}

// proxyView is of an application behind a proxy.
type proxyView struct {
	ForwardURL  string                  `json:"forward_url,omitempty"`
	ProxySecret string                  `json:"proxy_secret,omitempty"` // only when just made
	Origins     []string                `json:"origins,omitempty"`
	Rules       []directory.ForwardRule `json:"rules,omitempty"`
}

func viewService(s directory.Service, issuer string) serviceView {
	v := serviceView{
		Service: s.Name, ID: s.ID, Title: s.Title, Description: s.Description, Collective: s.Collective,
		State: s.State, Access: s.Access, Guests: s.Guests, URL: s.URL, Sector: s.Sector, Preset: s.Preset,
		Protocol: s.Protocol(), Issuer: issuer, SubjectType: "pairwise",
	}
	if s.PublicSubject() {
		v.SubjectType = "public"
	}
	at := preset.EndpointsOf(issuer, s)
	switch {
	case s.OIDC != nil:
		v.viewClient(s, at)
	case s.SAML != nil:
		v.viewProvider(*s.SAML, at)
		p, err := presetOf(s)
		v.SPWritten = err == nil && p.Wrote(s)
	case s.Discourse != nil:
		v.viewForum(*s.Discourse, at)
	case s.Forward != nil:
		v.viewProxy(*s.Forward, at)
	}
	return v
}

func (v *serviceView) viewClient(s directory.Service, at preset.Endpoints) {
	c, m := *s.OIDC, s.OIDC.Metadata
	v.clientView = &clientView{RedirectURIs: []string{}, AfterLogout: []string{}, GrantTypes: []string{}, Scopes: []string{}}
	v.ClientID, v.PublicClient, v.AuthMethod = c.ID, c.Public(), orElse(m.AuthMethod, rules.AuthBasic)
	v.RedirectURIs = append(v.RedirectURIs, c.RedirectURIs...)
	v.AfterLogout = append(v.AfterLogout, m.PostLogoutRedirectURIs...)
	v.Backchannel, v.Frontchannel, v.InitiateLogin = m.BackchannelLogoutURI, m.FrontchannelLogoutURI, m.InitiateLoginURI
	v.GrantTypes = append(v.GrantTypes, rules.Grants(c)...)
	v.GroupFormat, v.GroupNames, v.Quirks = m.GroupFormat, m.GroupNames, quirksOf(m)
	v.SecretsExpire = ends(c.Secrets)
	if m.Bridge != "" {
		v.bridgeView = bridgeView{BaseURI: at.BaseURI, Authorize: at.Authorize, Token: at.Token, Userinfo: at.Userinfo}
		return
	}
	v.SigningAlg, v.AccessToken = orElse(m.IDTokenAlg, algRS256), orElse(m.AccessTokenFormat, "opaque")
	if !m.PKCEOptional {
		v.PKCE = "S256"
	}
	v.Discovery, v.EndSession = at.Discovery, at.EndSession
	p, err := presetOf(s)
	if err != nil {
		return // of a library that cannot be read, which a test would have seen
	}
	v.Scopes = p.Scopes(s)
	if p.Name == presetOIDC {
		v.UserClaim = "preferred_username"
	}
}

func (v *serviceView) viewProvider(p directory.SAMLProvider, at preset.Endpoints) {
	s := p.Settings
	v.Attributes, v.GroupFormat, v.GroupNames = s.Attributes, s.GroupFormat, s.GroupNames
	v.providerView = providerView{
		EntityID: at.EntityID, MetadataURL: at.MetadataURL, SSO: at.SSO, SLO: at.SLO,
		SPEntityID: p.EntityID, SPMetadataURL: s.MetadataURL, Fetched: s.Fetched,
		NameID: orElse(s.NameID, "persistent"), AttributeNames: orElse(s.Names, "basic"), SignedParts: orElse(s.Sign, "both"),
		Encryption: orElse(s.Encrypt, "auto"), SigningKey: string(s.Key), RequestsSigned: s.RequireSigned,
		UnsignedLogout: s.UnsignedLogout, IdPInitiated: s.Unsolicited, SHA1Until: s.SHA1Until,
		DeflatedPost: s.DeflatedPost, NoPersistentIDs: s.NoPersistentID,
	}
}

func (v *serviceView) viewForum(d directory.DiscourseConnect, at preset.Endpoints) {
	v.Attributes, v.GroupNames = d.Settings.Attributes, d.Settings.GroupNames
	v.forumView = forumView{
		ConnectURL: at.ConnectURL, ReturnURLs: d.ReturnURLs, FullGroups: d.Settings.FullGroups, APIUser: d.Settings.APIUser,
	}
	v.EndSession = at.EndSession
	if !d.Settings.OverlapEnds.IsZero() {
		v.SecretsExpire = []time.Time{d.Settings.OverlapEnds}
	}
}

func (v *serviceView) viewProxy(f directory.ForwardAuth, at preset.Endpoints) {
	v.Attributes, v.GroupFormat, v.SecretsExpire = f.Attributes, f.GroupFormat, ends(f.Secrets)
	v.proxyView = proxyView{ForwardURL: at.ForwardURL, Origins: f.Origins, Rules: f.Rules}
}

// ends are when the secrets end that do.
func ends(secrets []directory.ClientSecret) []time.Time {
	var out []time.Time
	for _, s := range secrets {
		if !s.Expires.IsZero() {
			out = append(out, s.Expires)
		}
	}
	return out
}

// tell puts a secret that was just made where the other side looks for it.
func (v *serviceView) tell(made preset.Credentials) {
	switch v.Protocol {
	case directory.ProtocolDiscourse:
		v.ConnectSecret = made.Secret
	case directory.ProtocolForward:
		v.ProxySecret = made.Secret
	case directory.ProtocolOIDC, directory.ProtocolPhabricator, directory.ProtocolGitLab:
		v.ClientSecret = made.Secret
	}
}

// knownAs is what the service calls itself.
func (v serviceView) knownAs() string {
	if v.clientView != nil {
		return string(v.ClientID)
	}
	return v.SPEntityID
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
