// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// Taken implements [directory.People].
func (b *Backend) Taken(ctx context.Context, handle directory.Handle, address string) ([]directory.Person, error) {
	var claims []string
	if loginForm(string(handle)) {
		claims = append(append(claims, filter("uid", string(handle))), loginFilters(string(handle))...)
	}
	if loginForm(address) {
		claims = append(claims, filter("clauMailVerified", address), filter("clauMailPending", address))
	}
	if len(claims) == 0 {
		return nil, nil
	}
	entries, err := b.below(ctx, b.tree.base, or(claims...), personAttributes()...)
	if err != nil {
		return nil, err
	}
	var found []directory.Person
	for _, e := range entries {
		account := (fields{e}).is("clauAccount")
		switch p := b.tree.personOf(e); {
		case account && concerns(p, handle, address):
			found = append(found, p)
		case account || b.tree.place(e.DN).kind == retired:
			// Some service knows somebody by that handle, or somebody was erased who had it.
			found = append(found, directory.Person{Handle: handle, State: directory.Deleted})
		}
	}
	return found, nil
}

// concerns reports whether a person has the handle or the address.
func concerns(p directory.Person, handle directory.Handle, address string) bool {
	return strings.EqualFold(string(p.Handle), string(handle)) ||
		address != "" && (strings.EqualFold(p.Pending, address) || containsFold(p.Verified, address))
}
