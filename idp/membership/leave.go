// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"

	"commonscloud.coop/clau/idp/directory"
)

// carryOut does what a proposal is about, when enough managers agree: by is the
// one whose voice was the last. The case is removed by who calls it. To be
// written with the acts themselves.
func (m *Room) carryOut(ctx context.Context, by By, c directory.Case) error { return errUnwritten }
