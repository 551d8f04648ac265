// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// batch is how many people one search asks for by name.
const batch = 100

// ListPeople yields the people that match, in no order. With a collective they
// are its members; asked for a state that is not active, also the
// registrations that wait for it or were denied, and asked for one that waits
// these alone: nobody who waits is a member, and of those there are many.
func (b *Backend) ListPeople(ctx context.Context, f directory.PersonFilter) iter.Seq2[directory.Person, error] {
	if f.Collective != "" {
		return b.listMembers(ctx, f)
	}
	r := request(b.tree.base, ldap.ScopeWholeSubtree, peopleFilter(f), personAttributes())
	return mapped(b.pages(ctx, r), b.tree.personOf)
}

func peopleFilter(f directory.PersonFilter, more ...string) string {
	parts := append([]string{"(objectClass=clauAccount)"}, more...)
	if f.State != "" {
		parts = append(parts, filter("clauState", string(f.State)))
	}
	if !f.Due.IsZero() {
		parts = append(parts, or(until("clauExpires", f.Due), until("clauUntil", f.Due)))
	}
	if f.Text != "" {
		var contained []string
		for _, name := range []string{"uid", "cn", "displayName", "mail", "clauMailVerified"} {
			contained = append(contained, "("+name+"=*"+ldap.EscapeFilter(f.Text)+"*)")
		}
		parts = append(parts, or(contained...))
	}
	return and(parts...)
}

func (b *Backend) listMembers(ctx context.Context, f directory.PersonFilter) iter.Seq2[directory.Person, error] {
	return func(yield func(directory.Person, error) bool) {
		if f.State != "" && f.State != directory.Active {
			r := request(b.tree.registrations(f.Collective), ldap.ScopeSingleLevel, peopleFilter(f), personAttributes())
			for p, err := range mapped(b.pages(ctx, r), b.tree.personOf) {
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
		if f.State == directory.PendingApproval || f.State == directory.PendingConfirmation {
			return
		}
		group, err := b.entry(ctx, b.tree.members(f.Collective), "member")
		if errors.Is(err, directory.ErrNotFound) {
			return
		}
		if err != nil {
			yield(directory.Person{}, err)
			return
		}
		ids := b.tree.personIDs((fields{group}).texts("member"))
		for chunk := range slices.Chunk(ids, batch) {
			if !b.yieldPeople(ctx, f, chunk, yield) {
				return
			}
		}
	}
}

// yieldPeople yields those of ids that match, and reports whether to go on.
func (b *Backend) yieldPeople(ctx context.Context, f directory.PersonFilter, ids []directory.PersonID, yield func(directory.Person, error) bool) bool {
	var names []string
	for _, id := range ids {
		names = append(names, filter("clauId", string(id)))
	}
	entries, err := b.below(ctx, b.tree.people(), peopleFilter(f, or(names...)), personAttributes()...)
	if err != nil {
		yield(directory.Person{}, err)
		return false
	}
	for _, e := range entries {
		if !yield(b.tree.personOf(e), nil) {
			return false
		}
	}
	return true
}
