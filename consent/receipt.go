// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// ReceiptType is the typ of a signed receipt: it is a token for nothing else.
const ReceiptType = "consent-receipt+jwt"

// receiptVersion is the specification whose field names a receipt has.
const receiptVersion = "KI-CR-v1.1.0"

// Kind says what a receipt is proof of.
type Kind string

const (
	Given     Kind = "given"
	Changed   Kind = "changed"    // an earlier decision was added to or altered
	Withdrawn Kind = "stopped"    // the person stopped the service
	PreAgreed Kind = "pre-agreed" // nobody was asked: the assembly has agreed
	Reopened  Kind = "reopened"   // the person wants to be asked again: nothing is agreed to until then
	Renewed   Kind = "renewed"    // the person wants to be somebody new to the service
)

// Receipt is the record of a decision, for the person to keep. The names are
// those of the Kantara Consent Receipt Specification 1.1.0, whose record
// ISO/IEC TS 27560 builds upon; what Clau adds stands under "clau". It holds no
// value of the person's: each is there as a salted digest, so that the person,
// who has the salt, can prove what was sent, and nobody can guess it from the
// digest in the directory of somebody else.
type Receipt struct {
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"` // seconds since 1970

	Version          string          `json:"version"`
	Jurisdiction     string          `json:"jurisdiction"`
	ConsentTimestamp int64           `json:"consentTimestamp"` // seconds since 1970
	CollectionMethod string          `json:"collectionMethod"`
	ConsentReceiptID string          `json:"consentReceiptID"` // UUID
	Language         string          `json:"language"`
	PIIPrincipalID   string          `json:"piiPrincipalId"` // whom the service knows the person as
	PIIControllers   []Controller    `json:"piiControllers"`
	PolicyURL        string          `json:"policyUrl"`
	Services         []ServiceRecord `json:"services"`
	Sensitive        bool            `json:"sensitive"`
	SPICategories    []string        `json:"spiCat"`

	Clau Decision `json:"clau"`
}

// Controller is who answers for what becomes of the data.
type Controller struct {
	Name    string `json:"piiController"`
	Contact string `json:"contact"`
	Email   string `json:"email,omitempty"`
	URL     string `json:"piiControllerUrl,omitempty"`
}

// ServiceRecord is a service and what it gets the data for.
type ServiceRecord struct {
	Service  string    `json:"service"`
	Purposes []Purpose `json:"purposes"`
}

// Purpose is what one attribute is for. The numbered categories are those of
// the specification's appendices.
type Purpose struct {
	Purpose         string   `json:"purpose"`
	PurposeCategory []string `json:"purposeCategory"`
	ConsentType     string   `json:"consentType"`
	PIICategory     []string `json:"piiCategory"`
	PrimaryPurpose  bool     `json:"primaryPurpose"`
	Termination     string   `json:"termination"`
	ThirdParty      bool     `json:"thirdPartyDisclosure"`
	ThirdPartyName  string   `json:"thirdPartyName,omitempty"`
}

// Decision is what Clau knows beyond the specification's words.
type Decision struct {
	Kind       Kind                       `json:"kind"`
	Collective directory.CollectiveName   `json:"collective"`
	Service    directory.ServiceName      `json:"service"`
	Purpose    string                     `json:"purpose,omitempty"` // what the collective says the service is for
	Appearance directory.Appearance       `json:"appearance"`
	Items      []Proof                    `json:"items"`
	Declined   []string                   `json:"declined,omitempty"`
	Groups     []directory.CollectiveName `json:"groups,omitempty"`
	Expires    int64                      `json:"expires,omitempty"` // seconds since 1970
	Agreed     *Agreement                 `json:"agreed,omitempty"`
}

// Proof is the salted digest of a value that was agreed to:
//
//	sha256 = BASE64URL( SHA-256( salt ‖ attribute ‖ 0x00 ‖ value ) )
//
// with the salt as bytes, the value in UTF-8, and a list with a line feed after
// each entry.
type Proof struct {
	Attribute string `json:"attribute"`
	Salt      string `json:"salt"`           // 16 random bytes, base64url
	Keep      string `json:"keep,omitempty"` // how long the service keeps it; empty: nobody said
	SHA256    string `json:"sha256,omitempty"`
}

// Signer signs claims as a JWS in compact form; keys.Ring does.
type Signer interface {
	Sign(alg, typ string, claims any) (string, error)
}

// Sign returns the receipt as a JWS in compact form (RFC 7515 section 3.1).
func (r Receipt) Sign(s Signer, alg string) (string, error) { return s.Sign(alg, ReceiptType, r) }

// Partial reports whether the person kept something back that they could have
// given. What does not go with a pseudonym, such as a family name, is no such thing.
func (r Receipt) Partial() bool {
	return slices.ContainsFunc(r.Clau.Declined, func(name string) bool {
		return carries(r.Clau.Appearance, release.Attribute(name))
	})
}

// Proves reports whether the value is the one that was agreed to.
func (r Receipt) Proves(a release.Attribute, value any) bool {
	for _, p := range r.Clau.Items {
		if p.Attribute != string(a) {
			continue
		}
		salt, err := base64.RawURLEncoding.DecodeString(p.Salt)
		return err == nil && subtle.ConstantTimeCompare([]byte(p.SHA256), []byte(proof(salt, a, value))) == 1
	}
	return false
}

func proof(salt []byte, a release.Attribute, value any) string {
	sum := sha256.Sum256(slices.Concat(salt, []byte(a), []byte{0}, []byte(written(value))))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
