// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"cmp"
	"context"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// Standing reads all groups of a person by one search, found through indexes
// on the members. Who manages a collective is a member of it, whatever the
// member list says: the access rules of the server see it the same way.
func (b *Backend) Standing(ctx context.Context, id directory.PersonID) (directory.Standing, error) {
	if id == "" {
		return directory.Standing{}, nil
	}
	dn := b.tree.person(id)
	groups := or(filter("member", dn), filter("clauManager", dn))
	entries, err := b.below(ctx, b.tree.collectives(), groups, "clauServiceId", "clauRole")
	if err != nil {
		return directory.Standing{}, err
	}
	return b.tree.standing(entries), nil
}

func (t tree) standing(entries []*ldap.Entry) directory.Standing {
	var s directory.Standing
	manages := make(map[directory.CollectiveName]bool) // every collective of the person
	for _, e := range entries {
		switch p := t.place(e.DN); p.kind {
		case collective:
			manages[p.collective] = true
		case members:
			if !manages[p.collective] {
				manages[p.collective] = false // who manages it may be listed first
			}
		case access:
			f := fields{e}
			a := directory.Access{Collective: p.collective, Service: directory.ServiceID(f.text("clauServiceId")), Role: f.text("clauRole")}
			if a.Service != "" {
				s.Access = append(s.Access, a)
			}
		}
	}
	for name, manager := range manages {
		s.Memberships = append(s.Memberships, directory.Membership{Collective: name, Manager: manager})
	}
	slices.SortFunc(s.Memberships, func(x, y directory.Membership) int { return cmp.Compare(x.Collective, y.Collective) })
	slices.SortFunc(s.Access, func(x, y directory.Access) int {
		return cmp.Or(cmp.Compare(x.Collective, y.Collective), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Role, y.Role))
	})
	return s
}

// AddMember adds the person to the collective's member list.
func (b *Backend) AddMember(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	if err := b.checkMembership(ctx, by, name, id); err != nil {
		return err
	}
	return b.addValue(ctx, by, b.tree.members(name), "member", b.tree.person(id))
}

// checkMembership refuses names that lead nowhere: a group takes any DN.
func (b *Backend) checkMembership(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if name == "" {
		return refuse(directory.ErrNotFound, "no collective")
	}
	_, err := b.findPerson(ctx, id)
	return err
}

// RemoveMember takes a person out of the member list. A manager is relieved
// first, so that nobody manages a collective without belonging to it; the
// access rules let no manager do that to another.
func (b *Backend) RemoveMember(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	unit, err := b.Collective(ctx, name)
	if err != nil {
		return err
	}
	if slices.Contains(unit.Managers, id) {
		if err := b.RemoveManager(ctx, by, name, id); err != nil {
			return err
		}
	}
	return b.deleteValue(ctx, by, b.tree.members(name), "member", b.tree.person(id))
}

// AddManager entrusts a person with a collective, making them a member too.
func (b *Backend) AddManager(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	if err := b.checkMembership(ctx, by, name, id); err != nil {
		return err
	}
	if err := b.addValue(ctx, by, b.tree.collective(name), "clauManager", b.tree.person(id)); err != nil {
		return err
	}
	return b.addValue(ctx, by, b.tree.members(name), "member", b.tree.person(id))
}

// RemoveManager takes that trust back; the person remains a member.
func (b *Backend) RemoveManager(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	if name == "" || id == "" {
		return refuse(directory.ErrNotFound, "no collective or person")
	}
	return b.deleteValue(ctx, by, b.tree.collective(name), "clauManager", b.tree.person(id))
}
