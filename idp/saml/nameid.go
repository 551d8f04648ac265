// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/signon"
)

// nameID is a NameID (saml-core-2.0-os section 2.2.3). Its members but the value
// are what a [logout.Participant] keeps as Detail, so that a log-out can say it
// again to the letter: services look their sessions up by it.
type nameID struct {
	Value       string `json:"-"`
	Format      string `json:"format,omitempty"`
	Qualifier   string `json:"qualifier,omitempty"`    // NameQualifier
	SPQualifier string `json:"sp_qualifier,omitempty"` // SPNameQualifier
}

// readNameID reads a NameID that a service sent. A child element in it makes
// its value nobody's.
func readNameID(el *etree.Element) nameID {
	var n nameID
	n.Format, _ = xmlsig.Attr(el, "Format")
	n.Qualifier, _ = xmlsig.Attr(el, "NameQualifier")
	n.SPQualifier, _ = xmlsig.Attr(el, "SPNameQualifier")
	if len(el.ChildElements()) == 0 {
		n.Value = xmlsig.Text(el)
	}
	return n
}

// fits refuses one that is longer than any that Clau gives; qualifiers are entityIDs.
func (n nameID) fits() error {
	return errors.Join(atMost(wordMax, n.Value, n.Format), atMost(issuerMax, n.Qualifier, n.SPQualifier))
}

// rememberedName is the NameID that a session was begun with at a service.
func rememberedName(value, detail string) (nameID, error) {
	n := nameID{Value: value}
	if err := json.Unmarshal([]byte(detail), &n); err != nil {
		return nameID{}, fmt.Errorf("saml: unreadable detail of a name: %w", err)
	}
	return n, nil
}

func (n nameID) detail() string {
	raw, _ := json.Marshal(n) // strings only
	return string(raw)
}

// names reports whether a NameID that a service sent is n. It may leave out the
// qualifiers, and then they are as n has them (saml-core-2.0-os section 8.3.7),
// but not say others; without a format any will do.
func (n nameID) names(sent nameID) bool {
	if sent.Format == metadata.NameIDUnspecified {
		sent.Format = ""
	}
	same := func(said, is string) bool { return said == "" || said == is }
	return sent.Value != "" && sent.Value == n.Value &&
		same(sent.Format, n.Format) && same(sent.Qualifier, n.Qualifier) && same(sent.SPQualifier, n.SPQualifier)
}

// element writes it.
func (n nameID) element() *etree.Element { return n.typed().Element() }

func (n nameID) typed() *crewjam.NameID {
	return &crewjam.NameID{Value: n.Value, Format: n.Format, NameQualifier: n.Qualifier, SPNameQualifier: n.SPQualifier}
}

// usualFormat is what a service is answered that does not ask for a format. It
// is one that stays: services that keep accounts by NameID would make a new one
// at every log-in by a transient one.
func usualFormat(s directory.SAMLSettings) string {
	if format, ok := nameFormats[s.NameID]; ok {
		return format
	}
	if s.NoPersistentID {
		return metadata.NameIDTransient
	}
	return metadata.NameIDPersistent
}

var errNameIDPolicy = errors.New("saml: no NameID of that kind for this service")

// formatFor decides the format of the NameID that a request is answered with.
// An address is given only where the record says so: it is the same everywhere.
func (r *authnRequest) formatFor(from party) (string, error) {
	settings := from.settings()
	if r.qualifier != "" && r.qualifier != from.entityID() {
		return "", errNameIDPolicy
	}
	usual := usualFormat(settings)
	switch r.format {
	case "", metadata.NameIDUnspecified, usual:
		return usual, nil
	case metadata.NameIDTransient:
		return r.format, nil
	case metadata.NameIDPersistent:
		if !settings.NoPersistentID {
			return r.format, nil
		}
	}
	return "", errNameIDPolicy
}

// Name implements [signon.Namer]: it is asked once for each answer, before it is
// made. An empty name is one that cannot be given; [Provider.Answer] says so.
func (p *Provider) Name(result signon.Result) (name, detail string, err error) {
	to, err := replyOf(result.Request)
	if err != nil {
		return "", "", err
	}
	if result.Service.SAML == nil {
		return "", "", nil
	}
	n := nameID{Format: to.Format}
	switch to.Format {
	case metadata.NameIDTransient:
		n.Value, err = p.random()
	case metadata.NameIDEmailAddress:
		n.Value = addressOf(result.Release)
	default:
		n.Value = result.Subject
	}
	if to.Format == metadata.NameIDPersistent || to.Format == metadata.NameIDTransient {
		n.Qualifier, n.SPQualifier = p.EntityID(), result.Service.SAML.EntityID
	}
	if err != nil || n.Value == "" {
		return "", "", err
	}
	return n.Value, n.detail(), nil
}

// addressOf is a person's address, if it is released and proven: what somebody
// merely typed may be somebody else's. One that Clau made up in its place is
// below .invalid, where nobody has any (RFC 2606 section 2).
func addressOf(r release.Release) string {
	address, _ := r[release.Mail].(string)
	if proven, _ := r[release.MailVerified].(bool); !proven && !strings.HasSuffix(address, ".invalid") {
		return ""
	}
	return address
}

// random returns 160 random bits that are a good xs:ID.
func (p *Provider) random() (string, error) {
	var raw [20]byte
	if _, err := io.ReadFull(p.c.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("saml: no randomness: %w", err)
	}
	return "_" + strings.ToLower(base32.StdEncoding.EncodeToString(raw[:])), nil
}
