// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// retire removes a person's entry, and keeps the handle and what was reserved
// from ever being somebody else's: as digests, on an entry that they share with
// those of everybody who was erased in the same year. Entries of their own would
// bear the times of their making, to the microsecond, and whoever reads the
// directory could tell which belong together; here nothing does.
//
// At no moment could somebody else have any of it. A value is on one entry only,
// so that the digests must leave the person's before they are kept elsewhere;
// until then the handle, the reservations and the second claims of login names
// stay. Cut off half-way the person is still found, and the call can be repeated.
func (b *Backend) retire(ctx context.Context, dn string) error {
	shut := ldap.NewModifyRequest(dn, nil)
	replace(shut, "clauState", string(directory.Deleted)) // nobody logs in, or reserves, from here on
	if err := b.modify(ctx, directory.System(), shut); err != nil {
		return err
	}
	if err := b.deleteBelow(ctx, directory.System(), dn); err != nil {
		return err
	}
	entry, err := b.entry(ctx, dn, "uid", "clauSubject", "clauReserved")
	if err != nil {
		return err
	}
	kept, guards := claimsOf(fields{entry})
	hand := ldap.NewModifyRequest(dn, nil)
	replace(hand, "clauReserved", guards...)
	if err := b.modify(ctx, directory.System(), hand); err != nil {
		return err
	}
	for _, digest := range kept {
		if err := b.keep(ctx, digest); err != nil {
			return err
		}
	}
	return b.delete(ctx, directory.System(), dn)
}

// claimsOf are the digests of all that nobody else may ever have, and those that
// guard login names while the former are handed over. Whose handle or reservations
// came from an older Clau, or another directory, may have had none of them yet.
func claimsOf(f fields) (kept, guards []string) {
	handles := f.texts("uid")
	for _, value := range f.texts("clauSubject") {
		kept = append(kept, claim(value))
		if handle := handleIn(value); handle != "" {
			handles = append(handles, handle)
		}
	}
	slices.Sort(handles)
	for _, handle := range slices.Compact(handles) {
		claims := loginClaims(handle)
		kept = append(kept, claims[0])
		if f.has("clauReserved", claims[1]) { // or another guards it, known by the same in another sector
			guards = append(guards, claims[1])
		}
	}
	return kept, guards
}

// keep adds a digest to those of the year. That some entry has it already is
// well: an attempt before came that far, or somebody else, known by the same
// handle in another sector, keeps it from use as a login name.
func (b *Backend) keep(ctx context.Context, digest string) error {
	year := b.config.Now().UTC().Format("2006")
	dn := "cn=" + year + "," + b.tree.retired()
	err := b.addValue(ctx, directory.System(), dn, "clauReserved", digest)
	if errors.Is(err, directory.ErrNotFound) {
		var a attributes
		a.set("objectClass", "clauReservations")
		a.set("cn", year)
		if err = b.add(ctx, directory.System(), dn, a); err != nil && !errors.Is(err, directory.ErrExists) {
			return err
		}
		err = b.addValue(ctx, directory.System(), dn, "clauReserved", digest)
	}
	if err = b.taken(ctx, err, "", filter("clauReserved", digest)); errors.Is(err, directory.ErrExists) {
		return nil
	}
	return err
}
