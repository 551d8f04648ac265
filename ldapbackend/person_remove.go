// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// RemovePerson takes the person out of groups, managements and requests, shuts
// the account, removes what hangs below the entry, and last the entry itself.
// Cut off half-way it can be repeated.
func (b *Backend) RemovePerson(ctx context.Context, by directory.Actor, id directory.PersonID) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	entry, err := b.findPerson(ctx, id, "clauState", "clauSubject")
	if err != nil {
		return err
	}
	f, registered := fields{entry}, b.tree.place(entry.DN).collective != ""
	if !by.IsSystem() && !registered {
		// The server would refuse too, but only after a manager had emptied
		// the groups of her own collective.
		return refuse(directory.ErrRefused, "only a registration can be removed by a person")
	}
	if err := b.detach(ctx, by, b.tree.person(id)); err != nil {
		return err
	}
	if registered || pending(directory.State(f.text("clauState"))) && f.text("clauSubject") == "" {
		// Never was anybody to a service.
		return b.deleteTree(ctx, by, entry.DN)
	}
	if err := errors.Join(b.disown(ctx, id), b.untrace(ctx, id)); err != nil {
		return err
	}
	return b.retire(ctx, entry.DN)
}

// detach removes every mention of the person from the entries of others.
func (b *Backend) detach(ctx context.Context, by directory.Actor, dn string) error {
	var mentions []string
	for _, name := range []string{"member", "clauManager", "clauPerson", "clauOpenedBy", "clauAgreedBy", "clauValidatedBy"} {
		mentions = append(mentions, filter(name, dn))
	}
	entries, err := b.below(ctx, b.tree.base, or(mentions...), "clauPerson", "clauOpenedBy")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := b.forget(ctx, by, e, dn); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	return nil
}

// forget takes the person out of one entry. A case about them, or one that they
// opened, is over; so is an invitation for which they vouched.
func (b *Backend) forget(ctx context.Context, by directory.Actor, entry *ldap.Entry, dn string) error {
	f, id := fields{entry}, b.tree.place(dn).person
	at := b.tree.place(entry.DN).kind
	if at == waiting && (b.tree.place(f.text("clauPerson")).person == id || b.tree.place(f.text("clauOpenedBy")).person == id) {
		return b.delete(ctx, by, entry.DN)
	}
	for _, name := range mentioned(at) {
		if err := b.deleteValue(ctx, by, entry.DN, name, dn); err != nil {
			return err
		}
	}
	return nil
}

// disown takes the person's name off the tokens that they made for a collective.
// The tokens are the collective's, and stay.
func (b *Backend) disown(ctx context.Context, id directory.PersonID) error {
	entries, err := b.below(ctx, b.tree.collectives(), "(clauRegistrars=*)", "clauRegistrars", "entryCSN")
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, made := fields{e}, false
		tokens := registrarsOf(f)
		for i := range tokens {
			if tokens[i].By == id {
				tokens[i].By, made = "", true
			}
		}
		if !made {
			continue
		}
		same, err := provided(filter("entryCSN", f.text("entryCSN")))
		if err != nil {
			return err
		}
		m := ldap.NewModifyRequest(e.DN, []ldap.Control{same})
		replace(m, "clauRegistrars", formatRegistrars(tokens))
		if err := b.modify(ctx, directory.System(), m); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	return nil
}

// untrace takes the person out of what the server notes by itself: who wrote an
// entry last (modifiersName, RFC 4512 section 3.4.4). Nobody can edit that, but
// whoever writes next takes the place; so Clau writes what is there already.
func (b *Backend) untrace(ctx context.Context, id directory.PersonID) error {
	wrote := filter("modifiersName", b.tree.person(id))
	entries, err := b.below(ctx, b.tree.base, wrote, "clauId", "clauServiceId", "cn", "ou")
	if err != nil {
		return err
	}
	for _, e := range entries {
		path, ok := b.tree.path(e.DN)
		if !ok || len(path) == 0 || b.tree.place(e.DN).person == id {
			continue
		}
		same := ldap.NewModifyRequest(e.DN, nil)
		replace(same, path[0].name, fields{e}.texts(path[0].name)...)
		if err := b.modify(ctx, directory.System(), same); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	return nil
}

// mentioned are the attributes by which an entry that stays names other people.
func mentioned(at kind) []string {
	switch at {
	case members, access:
		return []string{"member", "clauManager"}
	case person:
		return []string{"clauValidatedBy", "clauOpenedBy", "clauAgreedBy"}
	case waiting:
		return []string{"clauAgreedBy"}
	}
	return []string{"clauManager", "clauValidatedBy"} // collectives and services
}

// addValue and deleteValue are idempotent.
func (b *Backend) addValue(ctx context.Context, by directory.Actor, dn, name, value string) error {
	m := ldap.NewModifyRequest(dn, nil)
	m.Add(name, []string{value})
	err := b.modify(ctx, by, m)
	if code(err, ldap.LDAPResultAttributeOrValueExists) {
		return nil
	}
	return err
}

func (b *Backend) deleteValue(ctx context.Context, by directory.Actor, dn, name, value string) error {
	m := ldap.NewModifyRequest(dn, nil)
	m.Delete(name, []string{value})
	err := b.modify(ctx, by, m)
	if code(err, ldap.LDAPResultNoSuchAttribute) || code(err, ldap.LDAPResultUndefinedAttributeType) {
		return nil
	}
	return err
}

// deleteTree deletes the entry and all below it, leaves first: servers refuse
// to delete what has children, and the control that would do it is rare.
func (b *Backend) deleteTree(ctx context.Context, by directory.Actor, dn string) error {
	if err := b.deleteBelow(ctx, by, dn); err != nil {
		return err
	}
	err := b.delete(ctx, by, dn)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	return err
}

func (b *Backend) deleteBelow(ctx context.Context, by directory.Actor, dn string) error {
	entries, err := b.below(ctx, dn, "(objectClass=*)", "1.1")
	if err != nil {
		return err
	}
	top, _ := b.tree.path(dn)
	depth := func(e *ldap.Entry) int { path, _ := b.tree.path(e.DN); return len(path) }
	slices.SortFunc(entries, func(x, y *ldap.Entry) int { return depth(y) - depth(x) })
	for _, e := range entries {
		if depth(e) == len(top) {
			continue
		}
		if err := b.delete(ctx, by, e.DN); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	return nil
}
