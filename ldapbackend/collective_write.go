// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// AddCollective adds the unit and the containers below it. If it fails
// half-way, what was made is taken back.
func (b *Backend) AddCollective(ctx context.Context, by directory.Actor, c directory.Collective) error {
	if !c.Name.Valid() || c.ID == "" || c.Title == "" || c.State == "" {
		return refuse(directory.ErrInvalid, "a collective without id, title or state, or with a bad name")
	}
	if err := errors.Join(checkPolicy(c.Policy), checkSettings(c.Settings), checkLogo(c.Logo)); err != nil {
		return err
	}
	if err := b.add(ctx, by, b.tree.collective(c.Name), b.tree.collectiveEntry(c)); err != nil {
		return err
	}
	for _, e := range b.tree.containers(c) {
		if err := b.add(ctx, by, e.dn, e.attributes); err != nil {
			_ = b.deleteTree(context.WithoutCancel(ctx), by, b.tree.collective(c.Name))
			return err
		}
	}
	return nil
}

type newEntry struct {
	dn         string
	attributes attributes
}

func (t tree) containers(c directory.Collective) []newEntry {
	var list []newEntry
	for _, name := range []string{"access", "services", "registrations", "requests"} {
		var a attributes
		a.set("objectClass", "organizationalUnit")
		a.set("ou", name)
		list = append(list, newEntry{"ou=" + name + "," + t.collective(c.Name), a})
	}
	var a attributes
	a.set("objectClass", "groupOfMembers", "clauGroup")
	a.set("cn", "members")
	a.set("member", t.personDNs(c.Managers)...)
	return append(list, newEntry{t.members(c.Name), a})
}

// ChangeCollective changes what is given, with the version as its condition
// (RFC 4528).
func (b *Backend) ChangeCollective(ctx context.Context, by directory.Actor, name directory.CollectiveName, change directory.CollectiveChange) error {
	if name == "" {
		return refuse(directory.ErrNotFound, "no name")
	}
	if change.Title != nil && *change.Title == "" || change.State != nil && *change.State == "" {
		return refuse(directory.ErrInvalid, "a collective without title or state")
	}
	m, err := b.collectiveModify(name, change)
	if err != nil {
		return err
	}
	if len(m.Changes) == 0 {
		now, err := b.Collective(ctx, name)
		if err == nil && change.Version != "" && change.Version != now.Version {
			return refuse(directory.ErrConflict, "the collective is of version %s", now.Version)
		}
		return err
	}
	if change.Version != "" {
		same, err := provided(filter("entryCSN", change.Version))
		if err != nil {
			return err
		}
		m.Controls = append(m.Controls, same)
	}
	return b.modify(ctx, by, m)
}

func (b *Backend) collectiveModify(name directory.CollectiveName, change directory.CollectiveChange) (*ldap.ModifyRequest, error) {
	m := ldap.NewModifyRequest(b.tree.collective(name), nil)
	if change.State != nil {
		replace(m, "clauState", string(*change.State))
	}
	replaceText(m, "displayName", change.Title)
	replaceText(m, "description", change.Description)
	replaceText(m, "mail", change.Mail)
	replaceText(m, "labeledURI", change.URL)
	replaceText(m, "preferredLanguage", change.Language)
	var faults []error
	if change.Policy != nil {
		replace(m, "clauPolicy", string(*change.Policy))
		faults = append(faults, checkPolicy(*change.Policy))
	}
	if change.Settings != nil {
		replace(m, "clauSettings", formatSettings(*change.Settings))
		if change.Settings.Registrars != nil {
			replace(m, "clauRegistrars", formatRegistrars(change.Settings.Registrars))
		}
		faults = append(faults, checkSettings(*change.Settings))
	}
	if change.Logo != nil {
		replace(m, "clauLogo", string(*change.Logo))
		faults = append(faults, checkLogo(*change.Logo))
	}
	return m, errors.Join(faults...)
}

// checkPolicy says nothing of what a policy means: that is for who reads it.
func checkPolicy(policy []byte) error {
	if len(policy) > directory.PolicyMax || len(policy) > 0 && !json.Valid(policy) {
		return refuse(directory.ErrInvalid, "a policy that is no JSON, or of %d bytes", len(policy))
	}
	return nil
}

// RemoveCollective removes a collective without members, services and people
// waiting. Clau looks first, and the deletion of the member list checks again
// in one step with its being empty (RFC 4528).
func (b *Backend) RemoveCollective(ctx context.Context, by directory.Actor, name directory.CollectiveName) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if !by.IsSystem() {
		return refuse(directory.ErrRefused, "no person removes a collective")
	}
	if _, err := b.Collective(ctx, name); err != nil {
		return err
	}
	dn := b.tree.collective(name)
	left := or("(objectClass=clauServiceEntry)", "(objectClass=clauAccount)", and("(cn=members)", "(member=*)"))
	entries, err := b.below(ctx, dn, left, "1.1")
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return refuse(directory.ErrConflict, "%d members, services or registrations are left", len(entries))
	}
	if err := b.deleteEmptyGroup(ctx, by, b.tree.members(name)); err != nil {
		return err
	}
	return b.deleteTree(ctx, by, dn)
}

func (b *Backend) deleteEmptyGroup(ctx context.Context, by directory.Actor, dn string) error {
	empty, err := provided("(!(member=*))")
	if err != nil {
		return err
	}
	controls, err := b.as(by)
	if err != nil {
		return err
	}
	err = b.write(ctx, func(c *ldap.Conn) error { return c.Del(ldap.NewDelRequest(dn, append(controls, empty))) })
	if errors.Is(err, directory.ErrNotFound) {
		return nil // taken away by an attempt that was cut off
	}
	return err
}
