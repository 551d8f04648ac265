// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket

import (
	"context"

	"commonscloud.coop/clau/idp/store"
)

// GiveBack makes a spent ticket good again, for who spent it and could not do
// what it is for: a password that the directory found weak must not cost the
// link it came by. Whoever lost the race against them meanwhile was told so.
func (d *Desk) GiveBack(ctx context.Context, t Ticket) error {
	return d.Store.Write(context.WithoutCancel(ctx), store.Delete{Key: "ticket:" + t.mac})
}
