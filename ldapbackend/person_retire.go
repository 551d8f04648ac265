// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// retire makes of a person's entry the one that keeps handle and reservations.
// The entry moves, rather than being deleted and another made: at no moment
// could somebody else have them. Until it is bare it is still found as the
// person, so that the call can be repeated.
func (b *Backend) retire(ctx context.Context, id directory.PersonID, dn string) error {
	m := ldap.NewModifyRequest(dn, nil)
	replace(m, "clauState", string(directory.Deleted)) // nobody logs in from here on
	if err := b.modify(ctx, directory.System(), m); err != nil {
		return err
	}
	if err := b.deleteBelow(ctx, directory.System(), dn); err != nil {
		return err
	}
	if b.tree.place(dn).kind == person {
		move := ldap.NewModifyDNRequest(dn, personRDN(id), true, b.tree.retired())
		if err := b.write(ctx, func(c *ldap.Conn) error { return c.ModifyDN(move) }); err != nil {
			return err
		}
		dn = personRDN(id) + "," + b.tree.retired()
	}
	entry, err := b.entry(ctx, dn, "*", "structuralObjectClass")
	if err != nil {
		return err
	}
	return b.modify(ctx, directory.System(), b.bare(entry))
}

// bare leaves of an entry its handle and what was reserved. The structural
// class of an entry is for ever (RFC 4512 section 2.4.2), and that of a person
// demands a name: a dash.
func (b *Backend) bare(entry *ldap.Entry) *ldap.ModifyRequest {
	f := fields{entry}
	m := ldap.NewModifyRequest(entry.DN, nil)
	replace(m, "objectClass", f.text("structuralObjectClass"), "clauRetired")
	replace(m, "clauCreated", formatTime(b.config.Now()))
	replace(m, "userPassword") // which Clau cannot see
	kept := []string{"objectclass", "structuralobjectclass", "clauid", "uid", "clausubject", "claucreated", "userpassword"}
	for _, a := range entry.Attributes {
		switch name := strings.ToLower(a.Name); {
		case name == "cn" || name == "sn":
			replace(m, a.Name, "-")
		case !slices.Contains(kept, name):
			replace(m, a.Name)
		}
	}
	return m
}
