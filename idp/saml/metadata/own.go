// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto"
	"time"
)

// Own is what Clau says of itself.
type Own struct {
	EntityID string
	SSO      string // spoken by redirect and POST
	SLO      string // spoken by redirect and POST; empty: not offered
	SOAP     string // single logout over SOAP; empty: not offered

	// Certificates are those that messages may be signed with, DER, the one in use
	// first; Signer is its key, and signs the document.
	Certificates [][]byte
	Signer       crypto.Signer

	// Encryption are certificates that identifiers may be encrypted to. None: Clau
	// reads no encrypted identifiers.
	Encryption [][]byte

	// Scopes are the domains that Clau may speak for in scoped attributes: others
	// drop those of any other.
	Scopes []string

	NameIDFormats           []string // the first is what many take where nobody chose; none: persistent, transient, emailAddress
	WantAuthnRequestsSigned bool

	Texts    []Text // one for each language
	Logos    []Logo
	ErrorURL string
	Contacts []Contact

	// EntityAttributes are what a federation asks entities to say, by name.
	EntityAttributes map[string][]string

	Now      time.Time
	ValidFor time.Duration // 0: 14 days, which lasts over an outage
	CacheFor time.Duration // 0: 6 hours
}

// Text is how Clau presents itself in one language. What is empty is left out;
// the organisation is told only where all three of it are there.
type Text struct {
	Language    string // BCP 47 tag
	DisplayName string
	Description string
	Information string // address of a page
	Privacy     string // address of the privacy statement

	Organization            string
	OrganizationDisplayName string
	OrganizationURL         string
}

// Contact is whom the people of other entities write to.
type Contact struct {
	Type    string // technical, support, administrative, billing, other or [Security]
	Company string
	Given   string
	Surname string
	Mails   []string
}

// Security is the type of contact for incidents (REFEDS security contact
// metadata extension): "other" to who does not know it.
const Security = "security"
