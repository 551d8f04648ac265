// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"

	"commonscloud.coop/clau/idp/directory"
)

// Taken implements [directory.People].
func (b *Backend) Taken(ctx context.Context, handle directory.Handle, address string) ([]directory.Person, error) {
	var claims []string
	if loginForm(string(handle)) {
		claims = append(claims, filter("uid", string(handle)))
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
		switch f := (fields{e}); {
		case f.is("clauAccount"):
			found = append(found, b.tree.personOf(e))
		case f.is("clauRetired"):
			found = append(found, directory.Person{
				ID: directory.PersonID(f.text("clauId")), Handle: directory.Handle(f.text("uid")), State: directory.Deleted,
			})
		}
	}
	return found, nil
}
