// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"iter"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

func collectiveAttributes() []string {
	return []string{
		"objectClass", "ou", "clauId", "clauState", "displayName", "description", "mail", "labeledURI",
		"preferredLanguage", "clauManager", "clauCreated", "clauPolicy", "clauSettings", "clauRegistrars", "entryCSN",
	}
}

// Collective reads one collective, by one search.
func (b *Backend) Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error) {
	if name == "" {
		return directory.Collective{}, refuse(directory.ErrNotFound, "no name")
	}
	entry, err := b.entry(ctx, b.tree.collective(name), append(collectiveAttributes(), "clauLogo")...)
	if err != nil {
		return directory.Collective{}, err
	}
	c := b.tree.collectiveOf(entry)
	if !(fields{entry}).is("clauCollectiveUnit") || c.Name != name {
		return directory.Collective{}, refuse(directory.ErrNotFound, "no collective of that name")
	}
	return c, nil
}

// ListCollectives yields every collective, by pages.
func (b *Backend) ListCollectives(ctx context.Context) iter.Seq2[directory.Collective, error] {
	r := request(b.tree.collectives(), ldap.ScopeSingleLevel, "(objectClass=clauCollectiveUnit)", collectiveAttributes())
	return mapped(b.pages(ctx, r), b.tree.collectiveOf)
}

func (t tree) collectiveOf(entry *ldap.Entry) directory.Collective {
	f := fields{entry}
	managers := t.personIDs(f.texts("clauManager"))
	slices.Sort(managers)
	return directory.Collective{
		ID:          f.text("clauId"),
		Name:        t.place(entry.DN).collective,
		State:       directory.State(f.text("clauState")),
		Title:       f.text("displayName"),
		Description: f.text("description"),
		Mail:        f.text("mail"),
		URL:         f.text("labeledURI"),
		Language:    f.text("preferredLanguage"),
		Managers:    managers,
		Created:     f.time("clauCreated"),
		Policy:      f.bytes("clauPolicy"),
		Settings:    decisionOf(f),
		Logo:        f.bytes("clauLogo"),
		Version:     f.text("entryCSN"),
	}
}

func (t tree) collectiveEntry(c directory.Collective) attributes {
	var a attributes
	a.set("objectClass", "organizationalUnit", "clauCollectiveUnit")
	a.set("ou", string(c.Name))
	a.set("clauId", c.ID)
	a.set("clauState", string(c.State))
	a.set("displayName", c.Title)
	a.set("description", c.Description)
	a.set("mail", c.Mail)
	a.set("labeledURI", c.URL)
	a.set("preferredLanguage", c.Language)
	a.set("clauManager", t.personDNs(c.Managers)...)
	a.set("clauCreated", formatTime(c.Created))
	a.set("clauPolicy", string(c.Policy))
	a.set("clauSettings", formatSettings(c.Settings))
	a.set("clauRegistrars", formatRegistrars(c.Settings.Registrars))
	a.set("clauLogo", string(c.Logo))
	return a
}
