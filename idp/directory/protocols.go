// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"net/url"
	"strings"
	"time"
)

// The protocols that services speak, as [Service.Protocol] returns them.
const (
	ProtocolOIDC        = "oidc"
	ProtocolSAML        = "saml"
	ProtocolDiscourse   = "discourse"
	ProtocolPhabricator = BridgePhabricator
	ProtocolGitLab      = BridgeGitLab
	ProtocolForward     = "forward-auth"
)

// Protocol is what the service speaks, or "" while it is registered for nothing.
func (s Service) Protocol() string {
	switch {
	case s.OIDC != nil:
		return s.OIDC.protocol()
	case s.SAML != nil:
		return ProtocolSAML
	case s.Discourse != nil:
		return ProtocolDiscourse
	case s.Forward != nil:
		return ProtocolForward
	}
	return ""
}

// protocol of a client that names a bridge which is none is nobody's: it could
// name another door.
func (c OIDCClient) protocol() string {
	switch bridge := c.Metadata.Bridge; bridge {
	case "":
		return ProtocolOIDC
	case BridgePhabricator, BridgeGitLab:
		return bridge
	}
	return ""
}

// PublicSubject reports whether the service knows people by their handle in
// place of a pseudonym. Consent says so to each.
func (s Service) PublicSubject() bool {
	switch {
	case s.OIDC != nil:
		return s.OIDC.Metadata.SubjectType == "public"
	case s.SAML != nil:
		return s.SAML.Settings.SubjectType == "public"
	case s.Forward != nil:
		return s.Forward.SubjectType == "public"
	}
	return false
}

// What a registration may hold at most, in bytes.
const (
	EntityIDMax     = 1024 // saml-core-2.0-os section 8.3.6
	SAMLMetadataMax = 256 << 10
)

// SAMLProvider is the registration of a service as a SAML 2.0 service provider.
type SAMLProvider struct {
	EntityID string

	// Metadata is the EntityDescriptor (saml-metadata-2.0-os section 2.3.2), one
	// entity, checked when it came, at most [SAMLMetadataMax]. Where it is fetched,
	// the last good copy.
	Metadata []byte

	Settings SAMLSettings
}

// SAMLSettings are what metadata does not say, stored as JSON. The zero value is
// safe: persistent NameID, both signatures, encryption where the other side has a
// key, and nothing released that was not asked for.
type SAMLSettings struct {
	MetadataURL  string    `json:"metadata_url,omitempty"`  // fetched anew; empty: came as a file
	MetadataKeys []string  `json:"metadata_keys,omitempty"` // certificates, DER in base64: one of them signs what is fetched
	Fetched      time.Time `json:"fetched,omitzero"`

	NameID      string            `json:"name_id,omitempty"`      // persistent (default), transient, emailAddress or unspecified
	SubjectType string            `json:"subject_type,omitempty"` // pairwise (default) or public
	Names       string            `json:"names,omitempty"`        // how attributes are named: basic (default) or oid
	Attributes  []string          `json:"attributes,omitempty"`   // that it may be given, in the words of package release
	GroupFormat GroupFormat       `json:"group_format,omitempty"` // array (default: one value each), csv or none
	GroupNames  map[string]string `json:"group_names,omitempty"`

	Sign    string `json:"sign,omitempty"`    // both (default), response or assertion
	Encrypt string `json:"encrypt,omitempty"` // auto (default: if it has a key), never or required
	Cipher  string `json:"cipher,omitempty"`  // where it lists none: aes128-gcm (default), aes256-gcm, aes128-cbc or aes256-cbc
	Key     KeyID  `json:"key,omitempty"`     // signs with this certificate's key in place of the current one

	RequireSigned  bool      `json:"require_signed,omitempty"`   // also where its metadata does not say so
	SHA1Until      time.Time `json:"sha1_until,omitzero"`        // requests signed with RSA-SHA1 are taken until then
	UnsignedLogout bool      `json:"unsigned_logout,omitempty"`  // an unsigned LogoutRequest leads to a page that asks the person
	Unsolicited    bool      `json:"unsolicited,omitempty"`      // it takes answers that it did not ask for
	DeflatedPost   bool      `json:"deflated_post,omitempty"`    // its POST holds what a redirect would (Nextcloud)
	NoPersistentID bool      `json:"no_persistent_id,omitempty"` // keeps persistent NameIDs from a service that must not have them
}

// DiscourseConnect is the registration of a forum that speaks Discourse's own
// log-in, with Clau as its provider.
type DiscourseConnect struct {
	// ReturnURLs are where answers may go, letter by letter.
	ReturnURLs []string

	// Sealed holds a [DiscourseSecrets] as JSON, sealed by package keys in the
	// context of [Service.SealedIn].
	Sealed []byte

	Settings DiscourseSettings
}

// DiscourseSecrets are what Clau and the forum share.
type DiscourseSecrets struct {
	Connect []string `json:"connect"`           // newest first; two while they overlap
	APIKey  string   `json:"api_key,omitempty"` // of the forum's API, to end sessions and push changes

	// APIBase is where the key opens something, as the registration was when the
	// key was given. It goes nowhere else: whoever changes where answers go could
	// have it sent to themselves.
	APIBase string `json:"api_base,omitempty"`
}

// ForumBase is the address of a forum that takes answers at back, or "". A forum
// may live below a path.
func ForumBase(back string) string {
	if base, ok := strings.CutSuffix(back, "/session/sso_login"); ok {
		return base
	}
	u, err := url.Parse(back)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Bases are the addresses of the forum, one for each that takes answers.
func (d DiscourseConnect) Bases() []string {
	var out []string
	for _, back := range d.ReturnURLs {
		if base := ForumBase(back); base != "" {
			out = append(out, base)
		}
	}
	return out
}

// DiscourseSettings is stored as JSON.
type DiscourseSettings struct {
	APIUser     string            `json:"api_user,omitempty"`    // default "system"
	Attributes  []string          `json:"attributes,omitempty"`  // that it may be given
	FullGroups  bool              `json:"full_groups,omitempty"` // it overrides all groups with those it is told
	GroupNames  map[string]string `json:"group_names,omitempty"` // what the forum calls a group of ours
	OverlapEnds time.Time         `json:"overlap_ends,omitzero"` // when the older secret ceases to be taken
}

// ForwardAuth is the registration of an application that knows no protocol: its
// proxy asks Clau about each request.
type ForwardAuth struct {
	Origins     []string // scheme://host[:port] that the application has
	Rules       []ForwardRule
	Attributes  []string       // that it may be given, as headers
	SubjectType string         // pairwise (default) or public
	Secrets     []ClientSecret // what its proxy proves itself with
	GroupFormat GroupFormat
}

// ForwardRule says who may reach the paths below Prefix. The longest prefix that
// fits rules; without any, everybody to whom the service is open may.
type ForwardRule struct {
	Prefix      string           `json:"prefix"`
	Collectives []CollectiveName `json:"collectives,omitempty"` // members of any of them
	Groups      []string         `json:"groups,omitempty"`      // or in any of these groups, as they are released
	Open        bool             `json:"open,omitempty"`        // everybody, logged in or not
}
