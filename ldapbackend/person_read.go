// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// loginMax is longer than any address that mail can reach (RFC 5321 section
// 4.5.3.1: 64 + 1 + 255).
const loginMax = 320

// Person reads one person, by one search.
func (b *Backend) Person(ctx context.Context, id directory.PersonID) (directory.Person, error) {
	entry, err := b.findPerson(ctx, id, personAttributes()...)
	if err != nil {
		return directory.Person{}, err
	}
	return b.tree.personOf(entry), nil
}

// PersonByLogin finds a person by handle or verified address, by one search.
// Space around the login is ignored.
func (b *Backend) PersonByLogin(ctx context.Context, login string) (directory.Person, error) {
	login = strings.TrimSpace(login)
	if !loginForm(login) {
		return directory.Person{}, refuse(directory.ErrNotFound, "not a login name")
	}
	entries, err := b.below(ctx, b.tree.base, loginFilter(login), personAttributes()...)
	if err != nil {
		return directory.Person{}, err
	}
	entries = accounts(entries)
	if len(entries) != 1 {
		return directory.Person{}, refuse(directory.ErrNotFound, "%d people of that login", len(entries))
	}
	return b.tree.personOf(entries[0]), nil
}

// loginForm reports whether s can be a handle or an address as the directory
// keeps them. What lies beyond printable ASCII cannot, and would come back
// from the string preparation of RFC 4518 as something else.
func loginForm(s string) bool {
	return s != "" && len(s) <= loginMax && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func loginFilter(login string) string {
	return or(filter("uid", login), filter("clauMailVerified", login))
}

// accounts leaves out entries that happen to have the same attributes but are
// no people of Clau, such as those of an older application in the same tree.
func accounts(entries []*ldap.Entry) []*ldap.Entry {
	var kept []*ldap.Entry
	for _, e := range entries {
		if (fields{e}).is("clauAccount") {
			kept = append(kept, e)
		}
	}
	return kept
}

// findPerson reads a person's entry wherever it is, in ou=people or among the
// registrations of a collective. Asking for "clauId" and "objectClass" is not
// needed.
func (b *Backend) findPerson(ctx context.Context, id directory.PersonID, names ...string) (*ldap.Entry, error) {
	if id == "" {
		return nil, refuse(directory.ErrNotFound, "no person id")
	}
	names = append([]string{"objectClass", "clauId"}, names...)
	entries, err := b.below(ctx, b.tree.base, filter("clauId", string(id)), names...)
	if err != nil {
		return nil, err
	}
	for _, e := range accounts(entries) {
		if (fields{e}).text("clauId") == string(id) {
			return e, nil
		}
	}
	return nil, refuse(directory.ErrNotFound, "no such person")
}
