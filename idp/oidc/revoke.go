// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/store"
)

// giveBack is RFC 7009: the token's whole grant ends. Whatever is not a token
// of this client is none at all, and giving back what is not there is done
// already (section 2.2).
func (p *Provider) giveBack(ctx context.Context, c client, token string) error {
	if refresh, err := p.openRefresh(c.oidc.ID, token); err == nil {
		return p.revoke(ctx, refresh.key)
	}
	access, err := p.openAccess(token)
	if err != nil {
		return nil
	}
	g, err := p.load(ctx, access.key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || g.Client != c.oidc.ID {
		return err
	}
	return p.revoke(ctx, access.key)
}
