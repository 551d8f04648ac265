// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"errors"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
)

// Lead implements [logout.Escort]: a service without a back channel is told in a
// frame of our page, by the address that it registered, with iss and sid
// (OpenID Connect Front-Channel Logout 1.0 section 2). Both are always there:
// whoever knows the address could log people out otherwise.
func (p *Provider) Lead(ctx context.Context, to logout.Participant, _ string) (logout.Visit, error) {
	s, err := p.c.Directory.Service(ctx, to.Service)
	if errors.Is(err, directory.ErrNotFound) {
		return logout.Visit{}, logout.ErrUnsupported
	}
	if err != nil {
		return logout.Visit{}, err
	}
	if s.Protocol() != directory.ProtocolOIDC || s.OIDC.Metadata.FrontchannelLogoutURI == "" {
		return logout.Visit{}, logout.ErrUnsupported
	}
	there := target{URI: s.OIDC.Metadata.FrontchannelLogoutURI}
	said := url.Values{"iss": {p.c.Issuer}, "sid": {to.SID}}
	return logout.Visit{URL: there.with('?', said), Frame: true}, nil
}
