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
const indexesMax = 50

// logoutRequest is a LogoutRequest (saml-core-2.0-os section 3.7.1), read from
// bytes that are proven as far as they claim to be.
type logoutRequest struct {
	envelope
	expires time.Time // zero: it does not say
	name    nameID
	hidden  *etree.Element // an EncryptedID in place of the name, not yet looked into
	indexes []string       // none: all sessions
	silent  bool           // nobody waits for an answer
}

func (r logoutRequest) over(now time.Time) bool {
	return !r.expires.IsZero() && !now.Before(r.expires.Add(skew))
}

// parseLogout reads one. A hidden name is taken only where the request is proven,
// since the way of the answer shows whether it could be read; see [Provider.reveal].
func parseLogout(root *etree.Element, signed bool) (logoutRequest, error) {
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
	if err = r.readName(root, signed); err != nil {
		return logoutRequest{}, err
	}
	for _, el := range xmlsig.Children(root, nsProtocol, "SessionIndex") {
		if len(r.indexes) == indexesMax || len(el.ChildElements()) > 0 || xmlsig.Text(el) == "" {
			return logoutRequest{}, errors.New("saml: SessionIndex")
		}
		r.indexes = append(r.indexes, xmlsig.Text(el))
	}
	if err := atMost(wordMax, r.indexes...); err != nil {
		return logoutRequest{}, err
	}
	extensions, err := one(root, nsProtocol, "Extensions")
	if err != nil {
		return logoutRequest{}, err
	}
	r.silent = extensions != nil && len(xmlsig.Children(extensions, nsAsynchronous, "Asynchronous")) > 0
	return r, nil
}

var errNoName = errors.New("saml: a log-out of nobody")

// readName reads who is to be logged out: exactly one name, in clear or hidden.
func (r *logoutRequest) readName(root *etree.Element, signed bool) error {
	plain, err := one(root, nsAssertion, "NameID")
	if err != nil {
		return err
	}
	if r.hidden, err = one(root, nsAssertion, "EncryptedID"); err != nil {
		return err
	}
	switch {
	case (plain == nil) == (r.hidden == nil), xmlsig.Children(root, nsAssertion, "BaseID") != nil:
		return errNoName
	case plain != nil:
		return r.take(plain)
	case !signed:
		return errNoName
	}
	return nil
}

func (r *logoutRequest) take(el *etree.Element) error {
	r.name = readNameID(el)
	if r.name.Value == "" {
		return errNoName
	}
	return r.name.fits()
}

// reveal looks into a hidden name, of a request that is proven and spent.
func (p *Provider) reveal(r *logoutRequest) error {
	if r.hidden == nil {
		return nil
	}
	plain, err := xmlsig.Decrypt(r.hidden, p.decrypters(), p.c.Rand)
	if err != nil {
		return err
	}
	if !xmlsig.Is(plain, nsAssertion, "NameID") {
		return xmlsig.ErrDecrypt
	}
	return r.take(plain)
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
