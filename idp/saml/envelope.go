// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// envelope is what every message has (saml-core-2.0-os sections 3.2.1 and 3.2.2).
type envelope struct {
	id          string
	issued      time.Time
	destination string // empty: none
	issuer      string
}

// envelopeOf reads it of a message of one kind.
func envelopeOf(root *etree.Element, kind string) (envelope, error) {
	if !xmlsig.Is(root, nsProtocol, kind) {
		return envelope{}, fmt.Errorf("saml: not a %s", kind)
	}
	var e envelope
	e.id, _ = xmlsig.Attr(root, "ID")
	e.destination, _ = xmlsig.Attr(root, "Destination")
	version, _ := xmlsig.Attr(root, "Version")
	instant, _ := xmlsig.Attr(root, "IssueInstant")
	switch {
	case !isID(e.id):
		return envelope{}, errors.New("saml: ID")
	case version != "2.0":
		return envelope{}, errors.New("saml: Version")
	}
	var err error
	if e.issued, err = instantOf(instant); err != nil {
		return envelope{}, err
	}
	e.issuer, err = issuerOf(root)
	return e, err
}

const (
	// idMax bounds what comes back in every answer.
	idMax = 256

	// wordMax bounds values of messages, many of which wait in the store: anybody
	// can write a message. It is how long a NameID may be (saml-core-2.0-os section
	// 8.3.7); formats, classes and indexes are shorter.
	wordMax = 256

	// addressMax bounds addresses.
	addressMax = 2048
)

// atMost refuses values of more than a number of bytes.
func atMost(limit int, values ...string) error {
	for _, value := range values {
		if len(value) > limit {
			return fmt.Errorf("saml: a value of %d bytes", len(value))
		}
	}
	return nil
}

// isID reports whether s is an xs:ID: it comes back as InResponseTo, which
// would not be valid otherwise.
func isID(s string) bool {
	if s == "" || len(s) > idMax {
		return false
	}
	for i, c := range s {
		letter := c == '_' || unicode.IsLetter(c)
		if !letter && (i == 0 || c != '-' && c != '.' && !unicode.IsDigit(c)) {
			return false
		}
	}
	return true
}

// instantOf reads an xs:dateTime. A time without a zone is nobody's: SAML has
// UTC only (saml-core-2.0-os section 1.3.3).
func instantOf(s string) (time.Time, error) {
	if len(s) > 40 {
		return time.Time{}, errors.New("saml: too long for an instant")
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, errors.New("saml: not an instant")
	}
	return at.UTC(), nil
}

// boolOf reads an xs:boolean attribute; without one it is false.
func boolOf(el *etree.Element, name string) (bool, error) {
	value, _ := xmlsig.Attr(el, name)
	switch strings.TrimSpace(value) {
	case "":
		return false, nil
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("saml: %s is no boolean", name)
}

// indexOf reads an xs:unsignedShort attribute; without one it is nil.
func indexOf(el *etree.Element, name string) (*int, error) {
	value, said := xmlsig.Attr(el, name)
	if !said {
		return nil, nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
	if err != nil {
		return nil, fmt.Errorf("saml: %s is no index", name)
	}
	index := int(n)
	return &index, nil
}
