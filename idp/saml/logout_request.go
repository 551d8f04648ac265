// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"crypto"
	"errors"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// nsAsynchronous is that of the extension by which a service says that it does
// not wait for an answer (saml-async-slo-v1.0 section 2.1).
const nsAsynchronous = "urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo"

// indexesMax bounds the sessions that one request can name.
const indexesMax = 100

// logoutRequest is a LogoutRequest (saml-core-2.0-os section 3.7.1), read from
// bytes that are proven as far as they claim to be.
type logoutRequest struct {
	envelope
	expires time.Time // zero: it does not say
	name    nameID
	indexes []string // none: all sessions
	silent  bool     // nobody waits for an answer
}

func (r logoutRequest) over(now time.Time) bool {
	return !r.expires.IsZero() && !now.Before(r.expires.Add(skew))
}

// parseLogout reads one. A hidden name is looked into only where the request is
// proven, since the way of the answer shows whether it could be read.
func (p *Provider) parseLogout(root *etree.Element, signed bool) (logoutRequest, error) {
	e, err := envelopeOf(root, "LogoutRequest")
	if err != nil {
		return logoutRequest{}, err
	}
	r := logoutRequest{envelope: e}
	if until, said := xmlsig.Attr(root, "NotOnOrAfter"); said {
		if r.expires, err = instantOf(until); err != nil {
			return logoutRequest{}, err
		}
	}
	if r.name, err = p.nameOf(root, signed); err != nil {
		return logoutRequest{}, err
	}
	for _, el := range xmlsig.Children(root, nsProtocol, "SessionIndex") {
		if len(r.indexes) == indexesMax || len(el.ChildElements()) > 0 || xmlsig.Text(el) == "" {
			return logoutRequest{}, errors.New("saml: SessionIndex")
		}
		r.indexes = append(r.indexes, xmlsig.Text(el))
	}
	extensions, err := one(root, nsProtocol, "Extensions")
	if err != nil {
		return logoutRequest{}, err
	}
	r.silent = extensions != nil && len(xmlsig.Children(extensions, nsAsynchronous, "Asynchronous")) > 0
	return r, nil
}

var errNoName = errors.New("saml: a log-out of nobody")

// nameOf reads who is to be logged out: exactly one name, in clear or hidden.
func (p *Provider) nameOf(root *etree.Element, signed bool) (nameID, error) {
	plain, err := one(root, nsAssertion, "NameID")
	if err != nil {
		return nameID{}, err
	}
	hidden, err := one(root, nsAssertion, "EncryptedID")
	if err != nil {
		return nameID{}, err
	}
	if (plain == nil) == (hidden == nil) || xmlsig.Children(root, nsAssertion, "BaseID") != nil {
		return nameID{}, errNoName
	}
	if hidden != nil {
		if !signed {
			return nameID{}, errNoName
		}
		if plain, err = xmlsig.Decrypt(hidden, p.decrypters(), p.c.Rand); err != nil {
			return nameID{}, err
		}
		if !xmlsig.Is(plain, nsAssertion, "NameID") {
			return nameID{}, xmlsig.ErrDecrypt
		}
	}
	name := readNameID(plain)
	if name.Value == "" {
		return nameID{}, errNoName
	}
	return name, nil
}

// decrypters are the keys of all certificates that are published: a service
// that hides names takes the one that it pinned.
func (p *Provider) decrypters() []crypto.Decrypter {
	var keys []crypto.Decrypter
	for _, c := range p.c.Certificates.Published() {
		if key, ok := c.Signer.(crypto.Decrypter); ok {
			keys = append(keys, key)
		}
	}
	return keys
}
