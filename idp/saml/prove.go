// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"
	"net/http"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/web"
)

// skew is how far the clocks of services may be off, either way (Kantara
// saml2int SDP-G01).
const skew = retention.Skew

// prove returns the element that may be read of a message, and whether its
// sender signed it. What claims to be signed, in any place, must be: a message
// whose signature was lost or moved on the way is not one that never had any.
// Only the keys of the sender's metadata count, whatever came along.
func (p *Provider) prove(m message, from party) (root *etree.Element, signed bool, err error) {
	o := xmlsig.Options{SHA1: p.c.Now().Before(from.settings().SHA1Until)}
	keys := from.metadata.SigningKeys
	root = m.root
	if m.detached != nil {
		if err := m.detached(keys, o); err != nil {
			return nil, false, unproven(from, err)
		}
		signed = true
	}
	if xmlsig.Signed(root) {
		if root, err = xmlsig.Verify(root, keys, o); err != nil {
			return nil, false, unproven(from, err)
		}
		signed = true
	}
	return root, signed, nil
}

// unproven is what the person reads whose service could not be believed.
func unproven(from party, cause error) error {
	return web.FailDetail(http.StatusBadRequest, "message-unproven", from.service.Title, cause)
}

// arrived checks that a message was meant for this endpoint, and lately: its
// Destination, which whatever is signed must have (saml-bindings-2.0-os section
// 3.4.5.2), and its IssueInstant.
func (p *Provider) arrived(e envelope, from party, endpoint string, signed bool) error {
	if e.destination != endpoint && (signed || e.destination != "") {
		return unproven(from, errors.New("saml: Destination is another"))
	}
	if age := p.c.Now().Sub(e.issued); age > skew || age < -skew {
		return web.FailDetail(http.StatusBadRequest, "message-stale", from.service.Title, nil)
	}
	return nil
}
