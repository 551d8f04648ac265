// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto"
	"crypto/rsa"
	"slices"
	"strings"
	"time"
)

// Provider is what the metadata of a service provider says, checked. Where an
// entity describes several roles of a service provider they are told as one: all
// endpoints in their order, all keys, and a wish that any of them has.
//
// Providers are shared between requests. Nobody changes one.
type Provider struct {
	EntityID      string
	ValidUntil    time.Time     // zero: it does not say
	CacheDuration time.Duration // zero: it does not say

	ACS []Endpoint // AssertionConsumerServices of every binding, in document order
	SLO []Endpoint // SingleLogoutServices

	// SigningKeys verify what it signs; each is to be tried. None: it cannot sign.
	SigningKeys []crypto.PublicKey

	// EncryptionKeys are for what only it shall read. The first is as good as any.
	EncryptionKeys []EncryptionKey

	AuthnRequestsSigned  bool // an unsigned request is not from it
	WantAssertionsSigned bool

	NameIDFormats    []string
	AttributeSets    []AttributeSet
	EntityAttributes map[string][]string // values by name, as [SubjectIDRequirement]
	UI               UI
	Organization     Organization

	// Notes are what was left out because Clau cannot use it, for the admin.
	Notes []Fault
}

// Endpoint is where one binding is spoken (saml-metadata-2.0-os sections 2.2.2
// and 2.2.3).
type Endpoint struct {
	Binding          string
	Location         string
	ResponseLocation string // empty: answers go to Location too
	Index            int    // of ACS; -1 for endpoints that have none
	Default          bool   // isDefault="true"
	notDefault       bool   // isDefault="false"
}

// Answer is where answers go.
func (e Endpoint) Answer() string {
	if e.ResponseLocation != "" {
		return e.ResponseLocation
	}
	return e.Location
}

// EncryptionKey is a key to encrypt to.
type EncryptionKey struct {
	Key         *rsa.PublicKey
	Certificate []byte   // DER, as it was written
	Methods     []Method // that it says it can decrypt, in its order; often none
}

// Method is an xenc EncryptionMethod.
type Method struct {
	Algorithm string
	Digest    string // of OAEP
}

// Supports reports whether the method is among those listed.
func (k EncryptionKey) Supports(algorithm string) bool {
	return slices.ContainsFunc(k.Methods, func(m Method) bool { return m.Algorithm == algorithm })
}

// AttributeSet is an AttributeConsumingService: what it would like to be told.
type AttributeSet struct {
	Index     int
	Default   bool
	Names     Words
	Requested []Requested
}

// Requested is a RequestedAttribute.
type Requested struct {
	Name         string
	NameFormat   string
	FriendlyName string
	Required     bool
	Values       []string // only these are wanted; none: any
}

// Words are one text in several languages, by BCP 47 tag in lower case.
type Words map[string]string

// In is the text in a language, or in what comes closest: the tag without its
// region, English, the first by tag.
func (w Words) In(tag string) string {
	tag = strings.ToLower(tag)
	base, _, _ := strings.Cut(tag, "-")
	for _, t := range []string{tag, base, "en"} {
		if text := w[t]; text != "" {
			return text
		}
	}
	tags := make([]string, 0, len(w))
	for t := range w {
		tags = append(tags, t)
	}
	if len(tags) == 0 {
		return ""
	}
	return w[slices.Min(tags)]
}

// UI is what it says of itself to people (sstc-saml-metadata-ui-v1.0). Addresses
// are web addresses; what is not was left out.
type UI struct {
	Names        Words
	Descriptions Words
	Information  Words // addresses
	Privacy      Words // addresses
	Logos        []Logo
}

// Logo is a picture. Clau shows none from elsewhere: it is for admins who fetch it.
type Logo struct {
	URL           string
	Width, Height int
	Language      string
}

// Organization is who runs it.
type Organization struct {
	Names        Words
	DisplayNames Words
	URLs         Words
}

// Title is what people may know it by.
func (p *Provider) Title(language string) string {
	for _, w := range []Words{p.UI.Names, p.serviceNames(), p.Organization.DisplayNames} {
		if title := w.In(language); title != "" {
			return title
		}
	}
	return p.EntityID
}

func (p *Provider) serviceNames() Words {
	for _, s := range p.AttributeSets {
		if len(s.Names) > 0 {
			return s.Names
		}
	}
	return nil
}

// Category reports whether a federation counts it in (RFC 8409).
func (p *Provider) Category(uri string) bool {
	return slices.Contains(p.EntityAttributes[EntityCategory], uri)
}

// Expired reports whether it says itself that it is too old.
func (p *Provider) Expired(at time.Time) bool {
	return !p.ValidUntil.IsZero() && !at.Before(p.ValidUntil)
}
