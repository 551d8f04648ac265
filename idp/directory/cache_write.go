// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"time"
)

// The writes of a Cache go to the directory and make stale what they touched,
// also when they failed: an answer that was lost says nothing of the write.

// ChangePerson is [People].ChangePerson.
func (c *Cache) ChangePerson(ctx context.Context, by Actor, id PersonID, change PersonChange) error {
	defer c.people.forget(id)
	return c.Backend.ChangePerson(ctx, by, id, change)
}

// RemovePerson is [People].RemovePerson.
func (c *Cache) RemovePerson(ctx context.Context, by Actor, id PersonID) error {
	defer c.flush() // a person may be mentioned anywhere
	return c.Backend.RemovePerson(ctx, by, id)
}

// SetPassword is [People].SetPassword; it ends [Person.MustChange].
func (c *Cache) SetPassword(ctx context.Context, by Actor, id PersonID, password string) error {
	defer c.people.forget(id)
	return c.Backend.SetPassword(ctx, by, id, password)
}

// ProveAddress is [People].ProveAddress.
func (c *Cache) ProveAddress(ctx context.Context, id PersonID, address string) error {
	defer c.people.forget(id)
	return c.Backend.ProveAddress(ctx, id, address)
}

// SwapCode is [People].SwapCode.
func (c *Cache) SwapCode(ctx context.Context, id PersonID, old, new string) error {
	defer c.people.forget(id)
	return c.Backend.SwapCode(ctx, id, old, new)
}

// Approve is [People].Approve.
func (c *Cache) Approve(ctx context.Context, by Actor, name CollectiveName, id PersonID, at time.Time) error {
	defer c.people.forget(id)
	defer c.managementChanged(name, id)
	return c.Backend.Approve(ctx, by, name, id, at)
}

// ChangeCase is [Cases].ChangeCase. What it changes of a registration is also
// the person's, who has the same id.
func (c *Cache) ChangeCase(ctx context.Context, by Actor, name CollectiveName, id CaseID, change CaseChange) error {
	defer c.people.forget(PersonID(id))
	return c.Backend.ChangeCase(ctx, by, name, id, change)
}

// MoveCase is [Cases].MoveCase.
func (c *Cache) MoveCase(ctx context.Context, name CollectiveName, id CaseID, to CollectiveName) error {
	defer c.people.forget(PersonID(id))
	return c.Backend.MoveCase(ctx, name, id, to)
}

// RemoveCase is [Cases].RemoveCase.
func (c *Cache) RemoveCase(ctx context.Context, by Actor, name CollectiveName, id CaseID) error {
	defer c.people.forget(PersonID(id))
	return c.Backend.RemoveCase(ctx, by, name, id)
}

// ChangeCollective is [Collectives].ChangeCollective.
func (c *Cache) ChangeCollective(ctx context.Context, by Actor, name CollectiveName, change CollectiveChange) error {
	defer c.collectives.forget(name)
	return c.Backend.ChangeCollective(ctx, by, name, change)
}

// RemoveCollective is [Collectives].RemoveCollective.
func (c *Cache) RemoveCollective(ctx context.Context, by Actor, name CollectiveName) error {
	defer c.flush()
	return c.Backend.RemoveCollective(ctx, by, name)
}

// AddMember is [Collectives].AddMember.
func (c *Cache) AddMember(ctx context.Context, by Actor, name CollectiveName, id PersonID) error {
	defer c.standings.forget(id)
	return c.Backend.AddMember(ctx, by, name, id)
}

// RemoveMember is [Collectives].RemoveMember.
func (c *Cache) RemoveMember(ctx context.Context, by Actor, name CollectiveName, id PersonID) error {
	defer c.managementChanged(name, id)
	return c.Backend.RemoveMember(ctx, by, name, id)
}

// AddManager is [Collectives].AddManager.
func (c *Cache) AddManager(ctx context.Context, by Actor, name CollectiveName, id PersonID) error {
	defer c.managementChanged(name, id)
	return c.Backend.AddManager(ctx, by, name, id)
}

// RemoveManager is [Collectives].RemoveManager.
func (c *Cache) RemoveManager(ctx context.Context, by Actor, name CollectiveName, id PersonID) error {
	defer c.managementChanged(name, id)
	return c.Backend.RemoveManager(ctx, by, name, id)
}

func (c *Cache) managementChanged(name CollectiveName, id PersonID) {
	c.standings.forget(id)
	c.collectives.forget(name)
}

// GrantAccess is [Collectives].GrantAccess.
func (c *Cache) GrantAccess(ctx context.Context, by Actor, a Access, id PersonID) error {
	defer c.standings.forget(id)
	return c.Backend.GrantAccess(ctx, by, a, id)
}

// RevokeAccess is [Collectives].RevokeAccess.
func (c *Cache) RevokeAccess(ctx context.Context, by Actor, a Access, id PersonID) error {
	defer c.standings.forget(id)
	return c.Backend.RevokeAccess(ctx, by, a, id)
}

// AddService is [Services].AddService.
func (c *Cache) AddService(ctx context.Context, by Actor, s Service) error {
	defer c.flushServices()
	return c.Backend.AddService(ctx, by, s)
}

// ReplaceService is [Services].ReplaceService.
func (c *Cache) ReplaceService(ctx context.Context, by Actor, s Service) error {
	defer c.flushServices()
	return c.Backend.ReplaceService(ctx, by, s)
}

// RemoveService is [Services].RemoveService.
func (c *Cache) RemoveService(ctx context.Context, by Actor, id ServiceID) error {
	defer c.flushServices()
	defer c.standings.flush()
	return c.Backend.RemoveService(ctx, by, id)
}
