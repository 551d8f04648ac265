// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import "context"

// RelieveManager is [Collectives].RelieveManager.
func (c *Cache) RelieveManager(ctx context.Context, name CollectiveName, id, staying PersonID) error {
	defer c.managementChanged(name, id)
	return c.Backend.RelieveManager(ctx, name, id, staying)
}
