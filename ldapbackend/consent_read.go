// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"iter"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// Consent reads one consent by its name: no index is asked, so it costs the
// same however many there are.
func (b *Backend) Consent(ctx context.Context, id directory.PersonID, service directory.ServiceID) (directory.Consent, error) {
	if id == "" || service == "" {
		return directory.Consent{}, refuse(directory.ErrNotFound, "no person or service")
	}
	entry, err := b.entry(ctx, b.tree.consent(id, service), consentAttributes()...)
	if err != nil {
		return directory.Consent{}, err
	}
	c, err := b.tree.consentOf(entry)
	if err != nil {
		return directory.Consent{}, err
	}
	// The matching rule of LDAP ignores letter case; an identifier may not.
	if c.Person != id || c.Service != service {
		return directory.Consent{}, refuse(directory.ErrNotFound, "no consent of that name")
	}
	return c, nil
}

// ListConsents yields a person's consents, in no order. It asks for no pages
// and names no class: OpenLDAP then walks what hangs below the person, and
// otherwise every consent there is. There are no more than services.
func (b *Backend) ListConsents(ctx context.Context, id directory.PersonID) iter.Seq2[directory.Consent, error] {
	return func(yield func(directory.Consent, error) bool) {
		if id == "" {
			return
		}
		r := request(b.tree.person(id), ldap.ScopeSingleLevel, "(objectClass=*)", consentAttributes())
		entries, err := b.read(ctx, r)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			yield(directory.Consent{}, err)
			return
		}
		for _, entry := range entries {
			if p := b.tree.place(entry.DN); p.kind != consent || p.person != id {
				continue
			}
			if c, err := b.tree.consentOf(entry); !yield(c, err) {
				return
			}
		}
	}
}

// PersonBySubject finds who holds the reservation of a subject.
func (b *Backend) PersonBySubject(ctx context.Context, sector, subject string) (directory.PersonID, error) {
	if sector == "" || subject == "" {
		return "", refuse(directory.ErrNotFound, "no sector or subject")
	}
	entries, err := b.below(ctx, b.tree.people(), filter("clauSubject", subjectOf(sector, subject)), "clauId")
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if p := b.tree.place(e.DN); p.kind == person {
			return p.person, nil
		}
	}
	return "", refuse(directory.ErrNotFound, "nobody of that subject")
}
