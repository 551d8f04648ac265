// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"regexp"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// idForm is the form of clauServiceId, which the server's constraint repeats;
// OpenLDAP's stops reading at a NUL.
var idForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// PutConsent reserves first and then writes: cut off between the two, what was
// reserved stays the person's, and repeating the call finishes it.
func (b *Backend) PutConsent(ctx context.Context, sector string, c directory.Consent) error {
	if err := checkConsent(sector, c); err != nil {
		return err
	}
	entry, err := consentEntry(c)
	if err != nil {
		return err
	}
	if err := b.reserve(ctx, c.Person, reservations(sector, c)); err != nil {
		return err
	}
	err = b.replaceConsent(ctx, c, entry)
	if !errors.Is(err, directory.ErrNotFound) || c.Version != "" {
		return err
	}
	err = b.add(ctx, directory.System(), b.tree.consent(c.Person, c.Service), newConsent(c, entry))
	if errors.Is(err, directory.ErrExists) { // somebody else was first
		return b.replaceConsent(ctx, c, entry)
	}
	return err
}

func checkConsent(sector string, c directory.Consent) error {
	switch {
	case c.Person == "" || c.Service == "":
		return refuse(directory.ErrNotFound, "no person or service")
	case !idForm.MatchString(string(c.Service)):
		return refuse(directory.ErrInvalid, "no identifier of a service")
	case c.State != directory.Active && c.State != directory.Suspended:
		return refuse(directory.ErrInvalid, "a consent that is neither active nor suspended")
	case c.Decided.IsZero():
		return refuse(directory.ErrInvalid, "a consent without the time of the decision")
	case sector == "":
		return refuse(directory.ErrInvalid, "a consent without a sector")
	}
	switch c.Appearance {
	case "", directory.AppearReal, directory.AppearPseudonym, directory.AppearNone:
		return nil
	}
	return refuse(directory.ErrInvalid, "appearance")
}

func newConsent(c directory.Consent, entry attributes) attributes {
	var a attributes
	a.set("objectClass", "clauConsent")
	a.set("clauServiceId", string(c.Service))
	for _, each := range entry {
		a.set(each.name, each.values...)
	}
	return a
}

// replaceConsent asserts the version (RFC 4528).
func (b *Backend) replaceConsent(ctx context.Context, c directory.Consent, entry attributes) error {
	m := ldap.NewModifyRequest(b.tree.consent(c.Person, c.Service), nil)
	if c.Version != "" {
		same, err := provided(filter("entryCSN", c.Version))
		if err != nil {
			return err
		}
		m.Controls = append(m.Controls, same)
	}
	for _, a := range entry {
		replace(m, a.name, a.values...)
	}
	return b.modify(ctx, directory.System(), m)
}

// StopConsent writes the state and nothing else: it is all of a consent that
// the access rules let the person write.
func (b *Backend) StopConsent(ctx context.Context, by directory.Actor, id directory.PersonID, service directory.ServiceID) error {
	if id == "" || service == "" {
		return refuse(directory.ErrNotFound, "no person or service")
	}
	m := ldap.NewModifyRequest(b.tree.consent(id, service), nil)
	replace(m, "clauState", string(directory.Suspended))
	return b.modify(ctx, by, m)
}
