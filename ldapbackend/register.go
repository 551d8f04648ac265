// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// Register adds the person and the case about them: one entry.
func (b *Backend) Register(ctx context.Context, p directory.Person, c directory.Case) error {
	p.Primary = c.Collective
	if !c.Expires.IsZero() {
		p.Expires = c.Expires
	}
	if p.Created.IsZero() {
		p.Created = c.Created
	}
	switch {
	case c.Kind != directory.CaseRegister || string(c.ID) != string(p.ID) || c.Person != p.ID:
		return refuse(directory.ErrInvalid, "the case is not about the person")
	case c.Collective == "" || !pending(p.State):
		return refuse(directory.ErrInvalid, "somebody who waits for no collective")
	}
	if err := checkDialogue(c.Dialogue); err != nil {
		return err
	}
	return b.register(ctx, directory.System(), p, c)
}

func (b *Backend) register(ctx context.Context, by directory.Actor, p directory.Person, c directory.Case) error {
	if err := checkPerson(p); err != nil {
		return err
	}
	dn := personRDN(p.ID) + "," + b.tree.registrations(p.Primary)
	err := b.add(ctx, by, dn, b.tree.registrationEntry(p, c))
	return b.taken(ctx, err, "", personClaims(p)...)
}

// ProveAddress is one modification: the server deletes the address that waits,
// and refuses everything else if it does not wait any more.
func (b *Backend) ProveAddress(ctx context.Context, id directory.PersonID, address string) error {
	entry, err := b.findPerson(ctx, id, "clauState", "clauAnonymous", "clauMailPending")
	if err != nil {
		return err
	}
	f := fields{entry}
	stored := f.text("clauMailPending")
	switch {
	case address == "" || !strings.EqualFold(stored, address):
		return refuse(directory.ErrConflict, "that address does not wait for proof")
	case f.bool("clauAnonymous"):
		return refuse(directory.ErrInvalid, "an anonymous person with an address")
	}
	m := ldap.NewModifyRequest(entry.DN, nil)
	m.Delete("clauMailPending", []string{stored})
	replace(m, "clauMailVerified", stored)
	replace(m, "mail", stored)
	if f.text("clauState") == string(directory.PendingConfirmation) {
		swap(m, "clauState", string(directory.PendingConfirmation), string(directory.PendingApproval))
	}
	return b.taken(ctx, b.modify(ctx, directory.System(), m), id, filter("clauMailVerified", stored))
}

// swap makes a value another one, provided that it is still the old one. Not
// all servers have the control that would say so otherwise.
func swap(m *ldap.ModifyRequest, name, old, new string) {
	m.Delete(name, []string{old})
	m.Add(name, []string{new})
}

// SwapCode compares and replaces in one modification.
func (b *Backend) SwapCode(ctx context.Context, id directory.PersonID, old, new string) error {
	entry, err := b.findPerson(ctx, id)
	if err != nil {
		return err
	}
	m := ldap.NewModifyRequest(entry.DN, nil)
	if old == "" {
		none, err := provided("(!(clauSecretHash=*))")
		if err != nil {
			return err
		}
		m.Controls = append(m.Controls, none)
	} else {
		m.Delete("clauSecretHash", []string{old})
	}
	if new != "" {
		m.Add("clauSecretHash", []string{new})
	}
	if len(m.Changes) == 0 {
		return nil
	}
	return b.modify(ctx, directory.System(), m)
}
