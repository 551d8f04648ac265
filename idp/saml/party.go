// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/web"
)

// party is a service provider as it is registered now: its record, and what its
// metadata says. Neither is changed.
type party struct {
	service  directory.Service
	metadata *metadata.Provider
}

func (s party) settings() directory.SAMLSettings { return s.service.SAML.Settings }

func (s party) entityID() string { return s.service.SAML.EntityID }

// errNoParty says that a service cannot be talked with in SAML.
var errNoParty = errors.New("saml: no service provider of ours")

// partyOf reads what a service is registered as. That of another protocol, or
// with metadata that cannot be believed any more, is [errNoParty].
func (p *Provider) partyOf(s directory.Service) (party, error) {
	if s.Protocol() != directory.ProtocolSAML {
		return party{}, fmt.Errorf("%w: %s speaks %q", errNoParty, s.ID, s.Protocol())
	}
	read, err := p.c.Book.Provider(s)
	if err != nil {
		return party{}, fmt.Errorf("%w: %w", errNoParty, err)
	}
	return party{s, read}, nil
}

// sender finds who issued a message, before anything else of it is read. A
// service that was stopped is nobody, and gets no answer either.
func (p *Provider) sender(ctx context.Context, root *etree.Element) (party, error) {
	issuer, err := issuerOf(root)
	if err != nil {
		return party{}, web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	unknown := web.Fail(http.StatusBadRequest, "client-unknown", fmt.Errorf("issuer %q", issuer))
	if p.strangers.met(issuer, p.c.Now()) {
		return party{}, unknown
	}
	s, err := p.c.Directory.ServiceByEntityID(ctx, issuer)
	if errors.Is(err, directory.ErrNotFound) {
		p.strangers.meet(issuer, p.c.Now())
		return party{}, unknown
	}
	if err == nil && s.State != directory.Active {
		return party{}, unknown
	}
	if err != nil {
		return party{}, err
	}
	from, err := p.partyOf(s)
	if err != nil {
		return party{}, web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	web.Note(ctx, "service", string(s.ID))
	return from, nil
}

// issuerMax is how long an entityID may be (saml-core-2.0-os section 8.3.6).
const issuerMax = 1024

func issuerOf(root *etree.Element) (string, error) {
	el, err := one(root, nsAssertion, "Issuer")
	if err != nil {
		return "", err
	}
	issuer := xmlsig.Text(el)
	format, said := xmlsig.Attr(el, "Format")
	switch {
	case issuer == "", len(issuer) > issuerMax, len(el.ChildElements()) > 0:
		return "", errors.New("saml: no issuer")
	case said && format != entityFormat:
		return "", errors.New("saml: issuer is no entity")
	}
	return issuer, nil
}

// one returns the child {ns}name of el, nil if there is none. More than one is
// an error: two readers might each take another one.
func one(el *etree.Element, ns, name string) (*etree.Element, error) {
	switch found := xmlsig.Children(el, ns, name); len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("saml: %s more than once", name)
}
