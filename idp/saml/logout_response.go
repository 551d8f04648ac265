// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"
	"strings"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// logoutResponse is a LogoutResponse (saml-core-2.0-os section 3.7.2), read from
// bytes that are proven as far as they claim to be.
type logoutResponse struct {
	envelope
	to      string // InResponseTo
	success bool   // and not partly
}

// relay is that of the request which it answers, and false where no request of
// ours could be called so.
func (r logoutResponse) relay() (string, bool) { return strings.CutPrefix(r.to, requestPrefix) }

func parseLogoutResponse(root *etree.Element) (logoutResponse, error) {
	e, err := envelopeOf(root, "LogoutResponse")
	if err != nil {
		return logoutResponse{}, err
	}
	r := logoutResponse{envelope: e}
	r.to, _ = xmlsig.Attr(root, "InResponseTo")
	if !isID(r.to) {
		return logoutResponse{}, errors.New("saml: InResponseTo")
	}
	status, err := one(root, nsProtocol, "Status")
	if err != nil {
		return logoutResponse{}, err
	}
	code, err := one(status, nsProtocol, "StatusCode")
	if err != nil {
		return logoutResponse{}, err
	}
	if code == nil {
		return logoutResponse{}, errors.New("saml: no status")
	}
	value, _ := xmlsig.Attr(code, "Value")
	second, err := one(code, nsProtocol, "StatusCode")
	if err != nil {
		return logoutResponse{}, err
	}
	detail, _ := xmlsig.Attr(second, "Value")
	r.success = value == statusSuccess && detail != statusPartialLogout
	return r, nil
}
