// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"encoding/json"
	"slices"
	"time"
)

// AccessPolicy says to whom a service is open. The zero value opens it to nobody.
type AccessPolicy string

const (
	AccessPublic     AccessPolicy = "public"     // everyone with an account
	AccessCollective AccessPolicy = "collective" // members of the collective and of its guests
	AccessGroup      AccessPolicy = "group"      // only whom an access group names
)

// Service is an application that relies on Clau. It belongs to one collective.
type Service struct {
	ID          ServiceID
	Name        ServiceName
	Collective  CollectiveName
	State       State
	Access      AccessPolicy
	Guests      []CollectiveName // collectives whose members may enter as if of Collective
	Managers    []PersonID       // service admins beside the collective's managers
	Title       string           // as displayed; never empty
	Description string
	URL         string // where the portal's link leads

	// Sector is the group of services that know a person by the same
	// identifiers. Empty: the service is its own sector.
	Sector string

	Created time.Time

	// Preset is the kind of application that it was registered as.
	Preset string

	// Essential are the attributes, in the words of package release, without which
	// it can let nobody in, such as the one that it takes for a user's name. People
	// are told so, and cannot leave them out.
	Essential []string

	// StoppedBy is who suspended the service: [StoppedByManager] of its collective,
	// or [StoppedByKeeper]. Empty: an operator, or the service is open. Nobody of a
	// lower rank opens it again.
	StoppedBy string

	// A service speaks one protocol: at most one of these is set.
	OIDC      *OIDCClient       // OpenID Connect relying party, or a bridge's client
	SAML      *SAMLProvider     // SAML 2.0 service provider
	Discourse *DiscourseConnect // forum with Discourse's own log-in
	Forward   *ForwardAuth      // behind a proxy that asks Clau

	// Logo is a PNG or JPEG, at most [LogoMax] bytes. Nil: none.
	Logo []byte

	// Listed services came from a list, which leaves the logo out. Written back
	// without one, they keep theirs.
	Listed bool

	// Version changes with every write (entryCSN); see [Services.ReplaceService].
	Version string
}

// Who stops services; see [Service.StoppedBy].
const (
	StoppedByManager = "manager"
	StoppedByKeeper  = "keeper"
)

// OIDCClient is the registration of a service as an OpenID Connect client.
type OIDCClient struct {
	ID           ClientID
	Secrets      []ClientSecret // newest first; empty for a public client
	RedirectURIs []string
	Metadata     ClientMetadata
}

// ClientSecret is the digest of a client secret. Secrets are random and long,
// so a plain SHA-256 is enough and costs nothing at the token endpoint.
type ClientSecret struct {
	SHA256  string    `json:"sha256"`           // base64url without padding
	Expires time.Time `json:"expires,omitzero"` // zero: never; set while two overlap
}

// ClientMetadata is the long tail of a registration, stored as JSON under the
// names of RFC 7591 section 2 and OpenID Connect Dynamic Registration section 2.
type ClientMetadata struct {
	PostLogoutRedirectURIs []string        `json:"post_logout_redirect_uris,omitempty"`
	AuthMethod             string          `json:"token_endpoint_auth_method,omitempty"` // none, client_secret_basic, client_secret_post, private_key_jwt
	GrantTypes             []string        `json:"grant_types,omitempty"`                // empty: authorization_code, refresh_token
	IDTokenAlg             string          `json:"id_token_signed_response_alg,omitempty"`
	JWKS                   json.RawMessage `json:"jwks,omitempty"`
	SubjectType            string          `json:"subject_type,omitempty"` // pairwise (default) or public
	BackchannelLogoutURI   string          `json:"backchannel_logout_uri,omitempty"`
	InitiateLoginURI       string          `json:"initiate_login_uri,omitempty"`
	DefaultMaxAge          int             `json:"default_max_age,omitempty"`
	PolicyURI              string          `json:"policy_uri,omitempty"`
	TosURI                 string          `json:"tos_uri,omitempty"`
	LogoURI                string          `json:"logo_uri,omitempty"` // where [Service].Logo came from; pages never load it

	SectorIdentifierURI   string   `json:"sector_identifier_uri,omitempty"`
	JWKSURI               string   `json:"jwks_uri,omitempty"`
	FrontchannelLogoutURI string   `json:"frontchannel_logout_uri,omitempty"`
	Contacts              []string `json:"contacts,omitempty"`
	SoftwareID            string   `json:"software_id,omitempty"`
	SoftwareVersion       string   `json:"software_version,omitempty"`

	// Clau's own, prefixed so that they cannot collide with a registry's.

	// Bridge is the protocol of a bridge that the client speaks in place of
	// OpenID Connect: [BridgePhabricator] or [BridgeGitLab]. A client of a bridge
	// gets nothing at the endpoints of OpenID Connect, and the other way round.
	Bridge string `json:"clau_bridge,omitempty"`

	GroupFormat    GroupFormat       `json:"clau_group_format,omitempty"`
	GroupNames     map[string]string `json:"clau_group_names,omitempty"`     // what the service calls a group of ours; "" keeps it from being told
	FlatIntrospect bool              `json:"clau_flat_introspect,omitempty"` // for mail servers: no lists in introspection, and the mailbox as username
	SessionState   bool              `json:"clau_session_state,omitempty"`   // session_state = sid in the authorization response
	PromptStored   bool              `json:"clau_prompt_stored,omitempty"`   // prompt=consent is satisfied by what was agreed to
	CommaScopes    bool              `json:"clau_comma_scopes,omitempty"`    // scopes may come with commas
	DefaultScopes  []string          `json:"clau_default_scopes,omitempty"`  // what an empty scope means

	// RegistrationSHA256 is the digest of the registration access token (RFC 7592),
	// and Registrar the id of the [Registrar] that the service registered with.
	RegistrationSHA256 string `json:"clau_registration_sha256,omitempty"`
	Registrar          string `json:"clau_registrar,omitempty"`

	AccessTokenFormat string `json:"clau_access_token_format,omitempty"` // opaque (default) or jwt (RFC 9068)
	PKCEOptional      bool   `json:"clau_pkce_optional,omitempty"`       // for old confidential clients only
	ClaimsInIDToken   bool   `json:"clau_claims_in_id_token,omitempty"`  // scope claims in the id_token too
}

// The bridges.
const (
	BridgePhabricator = "phabricator"
	BridgeGitLab      = "gitlab"
)

// GroupFormat is how the groups of a person are written for a service.
type GroupFormat string

// The zero value is an array of strings.
const (
	GroupsArray   GroupFormat = "array"
	GroupsCSV     GroupFormat = "csv"     // one string, commas between
	GroupsSpace   GroupFormat = "space"   // one string, spaces between
	GroupsObjects GroupFormat = "objects" // [{"gid": …, "displayName": …}]
	GroupsNone    GroupFormat = "none"
)

// Public reports whether the client cannot keep a secret (RFC 6749 section 2.1).
func (c OIDCClient) Public() bool { return c.Metadata.AuthMethod == "none" }

// Open reports whether a person of the given standing may enter the service,
// leaving aside the account's own state (see [Person.MayEnter]).
func (s Service) Open(standing Standing) bool {
	if s.State != Active {
		return false
	}
	if slices.ContainsFunc(standing.Access, s.Granted) {
		return true
	}
	switch s.Access {
	case AccessPublic:
		return true
	case AccessCollective:
		return standing.MemberOf(s.Collective) || slices.ContainsFunc(s.Guests, standing.MemberOf)
	}
	return false
}

// Granted reports whether an access opens the service. Only the collective that
// runs it and its guests can open it, also where everybody may enter: the
// managers of any other could write such an access into their own part of the
// directory.
func (s Service) Granted(a Access) bool { return a.Service == s.ID && s.LetsIn(a.Collective) }

// LetsIn reports whether a collective has a say in who enters: the one that runs
// the service, or a guest.
func (s Service) LetsIn(c CollectiveName) bool {
	return c == s.Collective || slices.Contains(s.Guests, c)
}

// ServiceFilter chooses services to list. Zero fields do not restrict.
type ServiceFilter struct {
	Collective CollectiveName
}

// Key is a signing key as the directory keeps it: the public half in clear, the
// private half sealed by package keys.
type Key struct {
	ID        KeyID
	Algorithm string // RS256, ES256, EdDSA
	State     State  // active, or retired when withdrawn early
	Public    []byte // JWK, JSON
	Sealed    []byte
	Created   time.Time
	Activates time.Time // not used to sign before; published from Created on
	Retires   time.Time // not used to sign after; zero: not known yet
	Expires   time.Time // removed after; zero: not known yet
}
