// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// roleMax keeps the name of an access group below what OpenLDAP can index.
const roleMax = 128

// GrantAccess adds the person to the group that opens the service in the name
// of the collective, and makes the group when it is the first. Only the
// service's own collective and its guests may open it: a manager could
// otherwise let people into services of others.
func (b *Backend) GrantAccess(ctx context.Context, by directory.Actor, a directory.Access, id directory.PersonID) error {
	if err := b.checkMembership(ctx, by, a.Collective, id); err != nil {
		return err
	}
	if len(a.Role) > roleMax {
		return refuse(directory.ErrInvalid, "role of %d bytes", len(a.Role))
	}
	s, err := b.Service(ctx, a.Service)
	if err != nil {
		return err
	}
	if a.Collective != s.Collective && !slices.Contains(s.Guests, a.Collective) {
		return refuse(directory.ErrRefused, "the collective neither runs the service nor is its guest")
	}
	dn := b.tree.access(a.Collective, s.Name, a.Role)
	err = b.addValue(ctx, by, dn, "member", b.tree.person(id))
	if !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	// A group of nobody opens nothing: Clau makes it, and who writes the member
	// is who may.
	err = b.add(ctx, directory.System(), dn, b.tree.accessEntry(s, a.Role))
	if err != nil && !errors.Is(err, directory.ErrExists) { // somebody else was first
		return err
	}
	return b.addValue(ctx, by, dn, "member", b.tree.person(id))
}

func (t tree) accessEntry(s directory.Service, role string) attributes {
	var a attributes
	a.set("objectClass", "groupOfMembers", "clauGroup")
	a.set("cn", accessName(s.Name, role))
	a.set("clauService", t.service(s.Collective, s.Name))
	a.set("clauServiceId", string(s.ID))
	a.set("clauRole", role)
	return a
}

// RevokeAccess takes the person out of every group that grants exactly this,
// by whatever name it has; the group stays.
func (b *Backend) RevokeAccess(ctx context.Context, by directory.Actor, a directory.Access, id directory.PersonID) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if a.Collective == "" || a.Service == "" || id == "" {
		return refuse(directory.ErrNotFound, "no collective, service or person")
	}
	dn := b.tree.person(id)
	role := "(!(clauRole=*))"
	if a.Role != "" {
		role = filter("clauRole", a.Role)
	}
	groups := and(filter("member", dn), filter("clauServiceId", string(a.Service)), role)
	entries, err := b.below(ctx, b.tree.accesses(a.Collective), groups, "1.1")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := b.deleteValue(ctx, by, e.DN, "member", dn); err != nil {
			return err
		}
	}
	return nil
}
