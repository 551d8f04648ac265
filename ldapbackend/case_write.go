// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// AddCase adds a case. Its place is made of kind and person, so that the server
// itself refuses a second one.
func (b *Backend) AddCase(ctx context.Context, by directory.Actor, c directory.Case) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if err := checkCase(c); err != nil {
		return err
	}
	if _, err := b.findPerson(ctx, c.Person); err != nil {
		return err
	}
	return b.add(ctx, by, b.tree.request(c.Collective, c.Kind, c.Person), b.tree.requestEntry(c))
}

func checkCase(c directory.Case) error {
	if c.Kind != directory.CaseJoin && c.Kind != directory.CaseHome && !c.Kind.Proposed() {
		return refuse(directory.ErrInvalid, "a case of kind %q", c.Kind)
	}
	switch {
	case !idForm.MatchString(string(c.ID)):
		return refuse(directory.ErrInvalid, "no identifier of a case")
	case c.Collective == "" || c.Person == "" || c.By == "" || c.Created.IsZero():
		return refuse(directory.ErrInvalid, "a case without collective, person, opener or time")
	case c.Settings != nil && len(formatJSON(*c.Settings)) > settingsMax:
		return refuse(directory.ErrInvalid, "settings too long")
	}
	return checkDialogue(c.Dialogue)
}

func checkDialogue(lines []directory.Line) error {
	if n := len(formatDialogue(lines)); n > dialogueMax {
		return refuse(directory.ErrInvalid, "a dialogue of %d bytes", n)
	}
	return nil
}

// ChangeCase changes what is given, with the version as its condition
// (RFC 4528).
func (b *Backend) ChangeCase(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.CaseID, change directory.CaseChange) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	entry, err := b.findCase(ctx, name, id)
	if err != nil {
		return err
	}
	f := fields{entry}
	if change.Version != "" && change.Version != f.text("entryCSN") {
		return refuse(directory.ErrConflict, "the case is of version %s", f.text("entryCSN"))
	}
	m, err := b.caseModify(f, change)
	if err != nil || len(m.Changes) == 0 {
		return err
	}
	err = b.modify(ctx, by, m)
	if code(err, ldap.LDAPResultAttributeOrValueExists) {
		return sentinel(directory.ErrConflict, err) // agreed meanwhile, by another page
	}
	if code(err, ldap.LDAPResultAssertionFailed) {
		return b.unseen(ctx, name, id, change.Version, err)
	}
	return err
}

// unseen tells a case that was changed from one whose version the actor may not
// see: the server answers both alike.
func (b *Backend) unseen(ctx context.Context, name directory.CollectiveName, id directory.CaseID, version string, failed error) error {
	entry, err := b.findCase(ctx, name, id)
	if err == nil && (fields{entry}).text("entryCSN") == version {
		return sentinel(directory.ErrRefused, failed)
	}
	return failed
}

func (b *Backend) caseModify(now fields, change directory.CaseChange) (*ldap.ModifyRequest, error) {
	m := ldap.NewModifyRequest(now.DN, nil)
	if change.Version != "" {
		same, err := provided(filter("entryCSN", change.Version))
		if err != nil {
			return nil, err
		}
		m.Controls = append(m.Controls, same)
	}
	if change.Dialogue != nil {
		if err := checkDialogue(*change.Dialogue); err != nil {
			return nil, err
		}
		replace(m, "clauDialogue", formatDialogue(*change.Dialogue))
	}
	if change.Agreed != nil {
		b.agree(m, now, *change.Agreed)
	}
	if change.Expires != nil {
		replace(m, "clauExpires", formatTime(*change.Expires))
	}
	return m, nil
}

// agree writes the difference only: the access rules let a manager add the own
// voice and touch nobody else's.
func (b *Backend) agree(m *ldap.ModifyRequest, now fields, wanted []directory.PersonID) {
	have := b.tree.personIDs(now.texts("clauAgreedBy"))
	for _, id := range have {
		if !slices.Contains(wanted, id) {
			m.Delete("clauAgreedBy", []string{b.tree.person(id)})
		}
	}
	for _, id := range wanted {
		if !slices.Contains(have, id) {
			m.Add("clauAgreedBy", []string{b.tree.person(id)})
		}
	}
}

// MoveCase forgets who agreed before it moves the entry: cut off between the
// two it waits, with nobody's voice, where it was, and can be repeated.
func (b *Backend) MoveCase(ctx context.Context, name directory.CollectiveName, id directory.CaseID, to directory.CollectiveName) error {
	entry, err := b.findCase(ctx, name, id)
	if err != nil {
		return err
	}
	c := b.tree.caseOf(entry)
	rdn, parent, err := b.destination(entry, c, to)
	if err != nil {
		return err
	}
	if _, err := b.Collective(ctx, to); err != nil {
		return err
	}
	if err := b.vacant(ctx, rdn+","+parent, c.ID); err != nil {
		return err
	}
	m := ldap.NewModifyRequest(entry.DN, nil)
	replace(m, "clauAgreedBy")
	if c.Kind == directory.CaseRegister {
		replace(m, "clauPrimaryCollective", b.tree.collective(to))
	}
	if err := b.modify(ctx, directory.System(), m); err != nil {
		return err
	}
	return b.move(ctx, entry.DN, rdn, parent)
}

// vacant looks whether a place is free before anything is taken from what shall
// come there: passing on what cannot go would wipe out others' voices. What is
// found there under its own name was passed on by somebody else meanwhile.
func (b *Backend) vacant(ctx context.Context, dn string, id directory.CaseID) error {
	found, err := b.entry(ctx, dn, "clauId")
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return nil
	case err != nil:
		return err
	case (fields{found}).text("clauId") == string(id):
		return refuse(directory.ErrNotFound, "passed on meanwhile")
	}
	return refuse(directory.ErrExists, "one of the same kind waits there")
}

func (b *Backend) destination(entry *ldap.Entry, c directory.Case, to directory.CollectiveName) (rdn, parent string, err error) {
	switch {
	case b.tree.place(entry.DN).collective == "":
		return "", "", refuse(directory.ErrConflict, "accepted already")
	case c.Kind == directory.CaseRegister:
		return personRDN(c.Person), b.tree.registrations(to), nil
	case c.Kind == directory.CaseJoin:
		return "cn=" + ldap.EscapeDN(requestName(c.Kind, c.Person)), b.tree.requests(to), nil
	}
	return "", "", refuse(directory.ErrInvalid, "a case of kind %q stays where it is", c.Kind)
}

// move gives an entry another place. When two move the same one, OpenLDAP's
// uniqueness overlay tells the second that the identifier is somebody's.
func (b *Backend) move(ctx context.Context, dn, rdn, parent string) error {
	r := ldap.NewModifyDNRequest(dn, rdn, true, parent)
	err := b.write(ctx, func(c *ldap.Conn) error { return c.ModifyDN(r) })
	if code(err, ldap.LDAPResultConstraintViolation) {
		return sentinel(directory.ErrConflict, err)
	}
	return err
}

// RemoveCase removes a case; one that was accepted, if only half-way, is none
// to be refused any more.
func (b *Backend) RemoveCase(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.CaseID) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	entry, err := b.findCase(ctx, name, id)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	at := b.tree.place(entry.DN)
	if at.kind == person {
		return b.removeRegistration(ctx, by, at.person, entry.DN)
	}
	err = b.delete(ctx, by, entry.DN)
	if errors.Is(err, directory.ErrNotFound) {
		return nil // by somebody else meanwhile
	}
	return err
}

// removeRegistration deletes the entry where it waits, and nothing else before:
// of a manager who accepts and one who refuses at the same moment one finds it
// there. The member list may have it already; see [Backend.Approve].
func (b *Backend) removeRegistration(ctx context.Context, by directory.Actor, id directory.PersonID, dn string) error {
	if b.tree.place(dn).collective == "" {
		return refuse(directory.ErrConflict, "accepted already")
	}
	err := b.delete(ctx, by, dn)
	if errors.Is(err, directory.ErrNotFound) {
		if _, err := b.findPerson(ctx, id); !errors.Is(err, directory.ErrNotFound) {
			return cmp.Or(err, refuse(directory.ErrConflict, "accepted or passed on meanwhile"))
		}
		return nil
	}
	if err != nil {
		return err
	}
	return b.detach(ctx, directory.System(), b.tree.person(id))
}
