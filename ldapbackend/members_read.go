// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"cmp"
	"context"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// PeopleByID reads people, also such as wait, by one search through the index
// of their ids. It names no class: the server would look at the whole list of
// people to find out whether those few are among them.
func (b *Backend) PeopleByID(ctx context.Context, ids []directory.PersonID) ([]directory.Person, error) {
	if len(ids) > directory.PageMax {
		return nil, refuse(directory.ErrInvalid, "%d people at once", len(ids))
	}
	var names []string
	for _, id := range ids {
		if id != "" {
			names = append(names, filter("clauId", string(id)))
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	entries, err := b.below(ctx, b.tree.base, or(names...), personAttributes()...)
	if err != nil {
		return nil, err
	}
	var people []directory.Person
	for _, e := range accounts(entries) {
		if p := b.tree.personOf(e); slices.Contains(ids, p.ID) {
			people = append(people, p)
		}
	}
	return people, nil
}

// MemberIDs reads the member list.
func (b *Backend) MemberIDs(ctx context.Context, name directory.CollectiveName) ([]directory.PersonID, error) {
	if name == "" {
		return nil, refuse(directory.ErrNotFound, "no collective named")
	}
	group, err := b.entry(ctx, b.tree.members(name), "member")
	if err != nil {
		return nil, err
	}
	ids := b.tree.personIDs((fields{group}).texts("member"))
	slices.Sort(ids)
	return ids, nil
}

// Holders reads the groups by which a collective opens a service, by one
// search.
func (b *Backend) Holders(ctx context.Context, name directory.CollectiveName, service directory.ServiceID) ([]directory.Holder, error) {
	if name == "" || service == "" {
		return nil, refuse(directory.ErrNotFound, "no collective or service named")
	}
	open := filter("clauServiceId", string(service))
	entries, err := b.below(ctx, b.tree.accesses(name), open, "clauServiceId", "clauRole", "member")
	if err != nil {
		return nil, err
	}
	var list []directory.Holder
	for _, e := range entries {
		f := fields{e}
		if f.text("clauServiceId") != string(service) {
			continue
		}
		for _, id := range b.tree.personIDs(f.texts("member")) {
			list = append(list, directory.Holder{Person: id, Role: f.text("clauRole")})
		}
	}
	slices.SortFunc(list, func(x, y directory.Holder) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.Role, y.Role))
	})
	return slices.Compact(list), nil
}
