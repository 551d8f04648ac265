// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
)

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// titleOf is what a collective is called; one that cannot be read costs the
// title, not the page.
func (a *Room) titleOf(ctx context.Context, name directory.CollectiveName) string {
	c, err := a.Directory.Collective(ctx, name)
	if err != nil {
		return string(name)
	}
	return c.Title
}
