// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
)

// Deliver implements [logout.Courier]: it ends all sessions of the person at the
// forum, also those begun in other browsers, since its API ends no single one.
func (p *Provider) Deliver(ctx context.Context, to logout.Participant) error {
	s, err := p.c.Directory.Service(ctx, to.Service)
	if errors.Is(err, directory.ErrNotFound) {
		return logout.ErrUnsupported
	}
	if err != nil {
		return err
	}
	f, err := p.opened(s)
	if errors.Is(err, errUnknownForum) {
		return logout.ErrUnsupported
	}
	if err != nil {
		return err
	}
	forum, ok := p.api(f)
	if !ok {
		return logout.ErrUnsupported
	}
	return forum.logOut(ctx, to.Subject)
}
