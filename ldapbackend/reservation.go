// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
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

// claim is the digest of a reservation: what keeps it from being somebody
// else's after the person is erased, without saying what it was.
func claim(reservation string) string {
	sum := sha256.Sum256([]byte(reservation))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// loginClaims are the claims of a login name. Everybody has those of their
// handle, and one of those who are known to services by some handle has those
// of it: so nobody registers under a name by which another is known. There are
// two, so that the first can leave the entry while the second still guards it.
func loginClaims(handle string) []string {
	if handle == "" {
		return nil
	}
	name := reserved("login", strings.ToLower(handle))
	return []string{claim(name), claim(name + "|")}
}

func loginFilters(handle string) []string {
	var filters []string
	for _, c := range loginClaims(handle) {
		filters = append(filters, filter("clauReserved", c))
	}
	return filters
}

// handleIn is the handle of a reservation, if it is of one.
func handleIn(value string) string {
	parts := strings.Split(value, "|")
	if len(parts) != 3 || parts[0] != "handle" {
		return ""
	}
	handle, err := url.PathUnescape(parts[2])
	if err != nil {
		return ""
	}
	return handle
}

// reservation is a value of clauSubject. The handle or the address in it must
// not be somebody else's login name or address either.
type reservation struct{ value, handle, alias string }

func reservations(sector string, c directory.Consent) []reservation {
	var list []reservation
	if c.Subject != "" {
		list = append(list, reservation{value: subjectOf(sector, c.Subject)})
	}
	if c.Handle != "" { // services that fold case must not take one for the other
		list = append(list, reservation{value: reserved("handle", sector, strings.ToLower(c.Handle)), handle: c.Handle})
	}
	if c.Alias != "" {
		list = append(list, reservation{value: reserved("alias", strings.ToLower(c.Alias)), alias: c.Alias})
	}
	return list
}

// reserve makes values the person's own for ever. Whoever has them already,
// the person among them, is looked for first; the uniqueness rule of the
// server settles the case of two who look at the same moment.
func (b *Backend) reserve(ctx context.Context, id directory.PersonID, wanted []reservation) error {
	entry, err := b.entry(ctx, b.tree.person(id), "objectClass", "clauId", "clauSubject", "clauReserved")
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
	names, err := b.unclaimed(ctx, id, wanted)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(c string) bool { return f.has("clauReserved", c) })
	m, claims, err := reserving(entry.DN, wanted, names)
	if err != nil {
		return err
	}
	err = b.modify(ctx, directory.System(), m)
	switch {
	case code(err, ldap.LDAPResultAttributeOrValueExists):
		return b.reserve(ctx, id, wanted) // by another node, for the same person
	case code(err, ldap.LDAPResultAssertionFailed):
		return sentinel(directory.ErrNotFound, err)
	}
	return b.taken(ctx, err, id, claims...)
}

// reserving writes the values with their claims, and those of login names; also
// it says by which filters somebody else is found who has any. Nothing is
// reserved any more for somebody who is being erased (RFC 4528).
func reserving(dn string, wanted []reservation, names []string) (*ldap.ModifyRequest, []string, error) {
	alive, err := provided("(!(clauState=" + string(directory.Deleted) + "))")
	if err != nil {
		return nil, nil, err
	}
	m := ldap.NewModifyRequest(dn, []ldap.Control{alive})
	var filters []string
	for _, r := range wanted {
		m.Add("clauSubject", []string{r.value})
		filters = append(filters, filter("clauSubject", r.value))
		names = append(names, claim(r.value))
	}
	for _, c := range names {
		m.Add("clauReserved", []string{c})
		filters = append(filters, filter("clauReserved", c))
	}
	return m, filters, nil
}

// unclaimed refuses what others have, and returns the claims of login names
// that nobody has yet.
func (b *Backend) unclaimed(ctx context.Context, id directory.PersonID, wanted []reservation) ([]string, error) {
	var names, filters []string
	for _, r := range wanted {
		if len(r.value) > reservedMax {
			return nil, refuse(directory.ErrInvalid, "an identifier of %d bytes", len(r.value))
		}
		if r.alias != "" {
			filters = append(filters, filter("clauMailVerified", r.alias), filter("mail", r.alias))
		}
		if r.handle != "" {
			names = append(names, loginClaims(r.handle)...)
			filters = append(append(filters, filter("uid", r.handle)), loginFilters(r.handle)...)
		}
	}
	if len(filters) == 0 {
		return nil, nil
	}
	entries, err := b.below(ctx, b.tree.base, or(filters...), "uid", "mail", "clauMailVerified")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if b.tree.place(e.DN).person == id {
			continue
		}
		if b.tree.place(e.DN).kind == retired || (fields{e}).hasAny(wanted) {
			return nil, refuse(directory.ErrExists, "the handle or address of %s", e.DN)
		}
		names = nil // known by it in another sector, and so is nobody's login name
	}
	return names, nil
}

// hasAny reports whether an entry has the handle or the address of some of the
// reservations.
func (f fields) hasAny(wanted []reservation) bool {
	return slices.ContainsFunc(wanted, func(r reservation) bool {
		return r.handle != "" && containsFold(f.texts("uid"), r.handle) ||
			r.alias != "" && containsFold(append(f.texts("mail"), f.texts("clauMailVerified")...), r.alias)
	})
}
