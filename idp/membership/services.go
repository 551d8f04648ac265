// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"

	"commonscloud.coop/clau/idp/directory"
)

// Admit opens a service to somebody with an account, who is named by handle or
// verified address: also from outside the collective. A collective's managers
// may, and the service's own admins. [ErrNotThere] if nobody is called so.
func (m *Room) Admit(ctx context.Context, by By, service directory.ServiceName, login, role string) error {
	return errUnwritten
}

// Shut takes that back, and ends what the person has at the service.
func (m *Room) Shut(ctx context.Context, by By, service directory.ServiceName, id directory.PersonID, role string) error {
	return errUnwritten
}

// Entrust makes a member an admin of a service of the collective, or ends that.
func (m *Room) Entrust(ctx context.Context, by By, service directory.ServiceName, id directory.PersonID, on bool) error {
	return errUnwritten
}
