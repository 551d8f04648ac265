// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

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
	Salt      string `json:"salt"` // 16 random bytes, base64url
	SHA256    string `json:"sha256,omitempty"`
}

// Event is what a receipt is made of, beside the judgement and the consent.
type Event struct {
	Issuer       string // of the federation's tokens
	Jurisdiction string // as the specification wants it, "ES"; empty: "EU"
	Language     string // in which the person read the screen
	Subject      string // whom the service knows the person as
	Controller   Controller
	Runner       string // title of the collective that runs the service
	Rand         io.Reader
}

// Signer signs claims as a JWS in compact form; keys.Ring does.
type Signer interface {
	Sign(alg, typ string, claims any) (string, error)
}

// NewReceipt returns the receipt of a decision: of what was, in.Consent, and
// what is, after. It is [ErrNothingAsked] when nobody decided anything: the
// service is on the list, and nothing personal leaves.
func NewReceipt(in Input, after directory.Consent, e Event) (Receipt, error) {
	kind := kindOf(in.Consent, after)
	in.Consent = &after
	m := hear(&in)
	if kind == PreAgreed && m.rules.Agreed == nil {
		return Receipt{}, ErrNothingAsked
	}
	id, err := uuid(e.Rand)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{
		Issuer: e.Issuer, IssuedAt: in.Now.Unix(), Version: receiptVersion,
		Jurisdiction: cmp.Or(e.Jurisdiction, "EU"), ConsentTimestamp: in.Now.Unix(),
		CollectionMethod: method(kind), ConsentReceiptID: id, Language: e.Language,
		PIIPrincipalID: e.Subject, PIIControllers: []Controller{e.Controller}, PolicyURL: m.rules.PrivacyURL,
		SPICategories: []string{},
		Clau: Decision{
			Kind: kind, Collective: after.Collective, Service: in.Service.Name, Appearance: after.Appearance,
			Declined: after.Declined, Groups: after.Groups, Expires: seconds(after.Expires),
		},
	}
	if kind == PreAgreed {
		r.Clau.Agreed = m.rules.Agreed
	}
	record := ServiceRecord{Service: in.Service.Title, Purposes: []Purpose{}}
	for _, name := range after.Allowed {
		record.Purposes = append(record.Purposes, m.purpose(release.Attribute(name), kind, after, e))
	}
	r.Services = []ServiceRecord{record}
	r.Clau.Items, err = m.proofs(after, e.Rand)
	return r, err
}

// Sign returns the receipt as a JWS in compact form (RFC 7515 section 3.1).
func (r Receipt) Sign(s Signer, alg string) (string, error) { return s.Sign(alg, ReceiptType, r) }

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

func kindOf(before *directory.Consent, after directory.Consent) Kind {
	switch {
	case after.State != directory.Active:
		return Withdrawn
	case !after.Asked:
		return PreAgreed
	case before == nil || before.State != directory.Active || !before.Asked:
		return Given
	}
	return Changed
}

func method(k Kind) string {
	switch k {
	case PreAgreed:
		return "Agreement of the collective's assembly; the person was not asked"
	case Withdrawn:
		return "Withdrawn by the person on their own page"
	}
	return "Consent screen showing each value before it is sent"
}

func (m *matter) purpose(a release.Attribute, k Kind, c directory.Consent, e Event) Purpose {
	rule := m.rule(a)
	p := Purpose{
		Purpose:         cmp.Or(rule.Purpose.In(e.Language), m.rules.Purpose.In(e.Language), "To use the service"),
		PurposeCategory: []string{"5 - Personalize Experience"},
		ConsentType:     "EXPLICIT", PIICategory: category(a),
		PrimaryPurpose: rule.Need == Required,
		Termination:    cmp.Or(rule.Keep.In(e.Language), termination(k, c, m.Now)),
	}
	if k == PreAgreed {
		p.ConsentType = "IMPLICIT"
	}
	if rule.Need == Required {
		p.PurposeCategory = []string{"1 - Core Function"}
	}
	if m.Service.Collective != c.Collective {
		p.ThirdParty, p.ThirdPartyName = true, cmp.Or(e.Runner, string(m.Service.Collective))
	}
	return p
}

func termination(k Kind, c directory.Consent, now time.Time) string {
	switch {
	case k == Withdrawn:
		return now.UTC().Format(time.RFC3339)
	case c.Expires.IsZero():
		return "when the agreement ends or the person stops the service"
	}
	return c.Expires.UTC().Format(time.RFC3339)
}

func category(a release.Attribute) []string {
	switch a {
	case release.Mail:
		return []string{"2 - Contact"}
	case release.Handle:
		return []string{"5 - Network/Service"}
	case release.Groups:
		return []string{"4 - Communications/Social"}
	}
	return []string{"1 - Biographical"}
}

// proofs digests the values under the appearance and names of the consent.
func (m *matter) proofs(c directory.Consent, rand io.Reader) ([]Proof, error) {
	names := Names{Pseudonym: c.Pseudonym, Handle: c.Handle, Alias: c.Alias}
	values := m.real(attributes(c.Allowed))
	out := []Proof{}
	for _, name := range c.Allowed {
		a := release.Attribute(name)
		salt := make([]byte, 16)
		if _, err := io.ReadFull(rand, salt); err != nil {
			return nil, fmt.Errorf("consent: salt: %w", err)
		}
		p := Proof{Attribute: name, Salt: base64.RawURLEncoding.EncodeToString(salt)}
		if value := instead(c.Appearance, a, values[a], names); value != nil {
			p.SHA256 = proof(salt, a, value)
		}
		out = append(out, p)
	}
	return out, nil
}

func attributes(names []string) release.Need {
	var out release.Need
	for _, name := range names {
		out = append(out, release.Attribute(name))
	}
	return out
}

func proof(salt []byte, a release.Attribute, value any) string {
	sum := sha256.Sum256(slices.Concat(salt, []byte(a), []byte{0}, []byte(written(value))))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// uuid returns a random UUID (RFC 9562 section 5.4).
func uuid(rand io.Reader) (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(rand, b); err != nil {
		return "", fmt.Errorf("consent: receipt id: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}
