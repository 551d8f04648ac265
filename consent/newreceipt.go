// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Event is what a receipt is made of, beside the judgement and the consent.
type Event struct {
	Issuer       string // of the federation's tokens
	Jurisdiction string // as the specification wants it, "ES"; empty: "EU"
	Language     string // in which the person read the screen
	Subject      string // whom the service knows the person as
	Controller   Controller
	Runner       string // title of the collective that runs the service
	Rand         io.Reader

	// Purpose is what the screen says an attribute is for where the collective
	// wrote nothing: the pages' own words, in the language of the receipt.
	Purpose func(release.Attribute) string
}

// NewReceipt returns the receipt of a decision: of what was, in.Consent, and
// what is, after. It is [ErrNothingAsked] when nobody decided anything: the
// service is on the list, and nothing personal leaves.
func NewReceipt(in Input, after directory.Consent, e Event) (Receipt, error) {
	kind := kindOf(in.Consent, after)
	in.Consent = &after
	m := hear(&in)
	agreed := after
	if kind == Reopened || kind == Renewed {
		agreed.Allowed, agreed.Declined, agreed.Groups, agreed.Expires = nil, nil, nil, time.Time{}
	}
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
			Purpose:  m.rules.Purpose.In(e.Language),
			Declined: agreed.Declined, Groups: agreed.Groups, Expires: seconds(agreed.Expires),
		},
	}
	if kind == PreAgreed {
		r.Clau.Agreed = m.rules.Agreed
	}
	record := ServiceRecord{Service: in.Service.Title, Purposes: []Purpose{}}
	for _, name := range agreed.Allowed {
		record.Purposes = append(record.Purposes, m.purpose(release.Attribute(name), kind, after, e))
	}
	r.Services = []ServiceRecord{record}
	r.Clau.Items, err = m.proofs(agreed, e)
	return r, err
}

func kindOf(before *directory.Consent, after directory.Consent) Kind {
	switch {
	case after.State != directory.Active:
		return Withdrawn
	case before != nil && after.Identity > before.Identity:
		return Renewed
	case after.Asked && !after.Expires.After(after.Decided):
		return Reopened
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
	case Reopened, Renewed:
		return "Asked for by the person on their own page"
	}
	return "Consent screen showing each value before it is sent"
}

func (m *matter) purpose(a release.Attribute, k Kind, c directory.Consent, e Event) Purpose {
	rule := m.rule(a)
	p := Purpose{
		Purpose:         cmp.Or(rule.Purpose.In(e.Language), e.ownWords(a), "To use the service"),
		PurposeCategory: []string{"5 - Personalize Experience"},
		ConsentType:     "EXPLICIT", PIICategory: category(a),
		PrimaryPurpose: rule.Need == Required,
		Termination:    termination(k, c, m.Now),
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

func (e Event) ownWords(a release.Attribute) string {
	if e.Purpose == nil {
		return ""
	}
	return e.Purpose(a)
}

// termination is when the agreement ends, not how long the service keeps what
// it got: that is beside each item.
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
	case release.Handle, release.Roles:
		return []string{"5 - Network/Service"}
	case release.Groups:
		return []string{"4 - Communications/Social"}
	}
	return []string{"1 - Biographical"}
}

// proofs digests the values under the appearance and names of the consent.
func (m *matter) proofs(c directory.Consent, e Event) ([]Proof, error) {
	names := Names{Pseudonym: c.Pseudonym, Handle: c.Handle, Alias: c.Alias}
	values := m.real(attributes(c.Allowed))
	out := []Proof{}
	for _, name := range c.Allowed {
		a := release.Attribute(name)
		salt := make([]byte, 16)
		if _, err := io.ReadFull(e.Rand, salt); err != nil {
			return nil, fmt.Errorf("consent: salt: %w", err)
		}
		p := Proof{
			Attribute: name, Salt: base64.RawURLEncoding.EncodeToString(salt), Keep: m.rule(a).Keep.In(e.Language),
		}
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
