// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// RelieveManager takes a manager off the list provided that another is on it:
// the server compares and changes in one step (RFC 4528).
func (b *Backend) RelieveManager(ctx context.Context, name directory.CollectiveName, id, staying directory.PersonID) error {
	if name == "" || id == "" || staying == "" {
		return refuse(directory.ErrNotFound, "no collective or person")
	}
	if id == staying {
		return refuse(directory.ErrConflict, "who is relieved does not stay")
	}
	stays, err := provided(filter("clauManager", b.tree.person(staying)))
	if err != nil {
		return err
	}
	m := ldap.NewModifyRequest(b.tree.collective(name), []ldap.Control{stays})
	m.Delete("clauManager", []string{b.tree.person(id)})
	err = b.modify(ctx, directory.System(), m)
	if code(err, ldap.LDAPResultNoSuchAttribute) {
		return nil
	}
	return err
}
