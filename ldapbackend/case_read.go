// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// undecided tells cases that wait from registrations that were decided on.
func undecided() string {
	return and("(objectClass=clauCase)", or("(objectClass=clauRequest)",
		filter("clauState", string(directory.PendingConfirmation)), filter("clauState", string(directory.PendingApproval))))
}

// Case reads one case, by one search.
func (b *Backend) Case(ctx context.Context, name directory.CollectiveName, id directory.CaseID) (directory.Case, error) {
	entry, err := b.findCase(ctx, name, id)
	if err != nil {
		return directory.Case{}, err
	}
	return b.tree.caseOf(entry), nil
}

// findCase looks for a registration among the people too: one whose acceptance
// was cut off still waits to be finished.
func (b *Backend) findCase(ctx context.Context, name directory.CollectiveName, id directory.CaseID) (*ldap.Entry, error) {
	if name == "" || id == "" {
		return nil, refuse(directory.ErrNotFound, "no collective or case named")
	}
	entries, err := b.below(ctx, b.tree.base, and(filter("clauId", string(id)), undecided()), caseAttributes()...)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if c := b.tree.caseOf(e); c.ID == id && c.Collective == name {
			return e, nil
		}
	}
	return nil, refuse(directory.ErrNotFound, "no such case")
}

// ListCases yields the cases that match, all of them read before the first is
// yielded: they come in order, and the caller may decide each.
func (b *Backend) ListCases(ctx context.Context, f directory.CaseFilter) iter.Seq2[directory.Case, error] {
	return func(yield func(directory.Case, error) bool) {
		list, err := b.cases(ctx, f)
		if err != nil {
			yield(directory.Case{}, err)
			return
		}
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (b *Backend) cases(ctx context.Context, f directory.CaseFilter) ([]directory.Case, error) {
	var list []directory.Case
	for _, r := range b.caseSearches(f) {
		for c, err := range mapped(b.pages(ctx, r), b.tree.caseOf) {
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(x, y directory.Case) int {
		return inOrder(string(x.Collective), x.Created, string(x.ID), string(y.Collective), y.Created, string(y.ID))
	})
	return list, nil
}

func inOrder(collective string, created time.Time, id, collective2 string, created2 time.Time, id2 string) int {
	return cmp.Or(cmp.Compare(collective, collective2), created.Compare(created2), cmp.Compare(id, id2))
}

// caseSearches are one search, or two for a collective: what stands below it,
// and those among the people whose acceptance was cut off.
func (b *Backend) caseSearches(f directory.CaseFilter) []*ldap.SearchRequest {
	wanted := b.caseFilter(f)
	if f.Collective == "" {
		return []*ldap.SearchRequest{request(b.tree.base, ldap.ScopeWholeSubtree, wanted, caseAttributes())}
	}
	unit := b.tree.collective(f.Collective)
	cutOff := and(wanted, filter("clauPrimaryCollective", unit))
	return []*ldap.SearchRequest{
		request(unit, ldap.ScopeWholeSubtree, wanted, caseAttributes()),
		request(b.tree.people(), ldap.ScopeSingleLevel, cutOff, caseAttributes()),
	}
}

func (b *Backend) caseFilter(f directory.CaseFilter) string {
	parts := []string{undecided()}
	if f.Person != "" {
		parts = append(parts, or(filter("clauPerson", b.tree.person(f.Person)), filter("clauId", string(f.Person))))
	}
	if f.Kind != "" {
		parts = append(parts, filter("clauKind", string(f.Kind)))
	}
	if !f.Due.IsZero() {
		parts = append(parts, until("clauExpires", f.Due))
	}
	return and(parts...)
}
