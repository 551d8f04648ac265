// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// reservedMax is the longest value of clauSubject, in bytes.
const reservedMax = 2048

// subjectOf is the value of clauSubject that reserves a subject in a sector.
func subjectOf(sector, subject string) string { return reserved("sub", sector, subject) }

// reserved joins what a reservation consists of. Percent-encoding keeps the
// parts apart, and exact: the matching rule of LDAP knows only ASCII and takes
// two spaces for one (RFC 4518), and a service may know people by any string.
func reserved(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "|")
}

// reservation is a value of clauSubject, with a filter for those who have the
// same without having reserved it: login names and addresses of people.
type reservation struct{ value, claim string }

func reservations(sector string, c directory.Consent) []reservation {
	var list []reservation
	if c.Subject != "" {
		list = append(list, reservation{value: subjectOf(sector, c.Subject)})
	}
	if c.Handle != "" { // services that fold case must not take one for the other
		list = append(list, reservation{reserved("handle", sector, strings.ToLower(c.Handle)), filter("uid", c.Handle)})
	}
	if c.Alias != "" {
		claim := or(filter("clauMailVerified", c.Alias), filter("mail", c.Alias))
		list = append(list, reservation{reserved("alias", strings.ToLower(c.Alias)), claim})
	}
	return list
}

// reserve makes values the person's own for ever. Whoever has them already,
// the person among them, is looked for first; the uniqueness rule of the
// server settles the case of two who look at the same moment.
func (b *Backend) reserve(ctx context.Context, id directory.PersonID, wanted []reservation) error {
	entry, err := b.entry(ctx, b.tree.person(id), "objectClass", "clauId", "clauSubject")
	if err != nil {
		return err
	}
	f := fields{entry}
	if !f.is("clauAccount") || f.text("clauId") != string(id) {
		return refuse(directory.ErrNotFound, "no such person")
	}
	have := f.texts("clauSubject")
	wanted = slices.DeleteFunc(wanted, func(r reservation) bool { return slices.Contains(have, r.value) })
	if len(wanted) == 0 {
		return nil
	}
	if err := b.unclaimed(ctx, id, wanted); err != nil {
		return err
	}
	m := ldap.NewModifyRequest(entry.DN, nil)
	var claims []string
	for _, r := range wanted {
		m.Add("clauSubject", []string{r.value})
		claims = append(claims, filter("clauSubject", r.value))
	}
	err = b.modify(ctx, directory.System(), m)
	if code(err, ldap.LDAPResultAttributeOrValueExists) {
		return b.reserve(ctx, id, wanted) // by another node, for the same person
	}
	return b.taken(ctx, err, id, claims...)
}

func (b *Backend) unclaimed(ctx context.Context, id directory.PersonID, wanted []reservation) error {
	var claims []string
	for _, r := range wanted {
		if len(r.value) > reservedMax {
			return refuse(directory.ErrInvalid, "an identifier of %d bytes", len(r.value))
		}
		if r.claim != "" {
			claims = append(claims, r.claim)
		}
	}
	if len(claims) == 0 {
		return nil
	}
	entries, err := b.below(ctx, b.tree.base, or(claims...), "1.1")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if b.tree.place(e.DN).person != id {
			return refuse(directory.ErrExists, "the handle or address of %s", e.DN)
		}
	}
	return nil
}
