// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"encoding/json"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// A case about somebody new is kept on the entry of that person, below
// ou=registrations of the collective; any other on an entry of its own below
// ou=requests, named by kind and person.

const dialogueMax = 64 << 10

func caseAttributes() []string {
	return append(matterAttributes(), "objectClass", "clauId", "clauState", "clauPerson", "clauPrimaryCollective",
		"clauReason", "clauUntil", "clauCreated", "clauExpires", "entryCSN")
}

// matterAttributes are those that end with the case when it is a registration;
// the person's own stay.
func matterAttributes() []string {
	return []string{"clauKind", "clauOpenedBy", "clauWords", "clauDialogue", "clauAgreedBy", "clauSettings"}
}

func (t tree) caseOf(entry *ldap.Entry) directory.Case {
	f := fields{entry}
	at := t.place(entry.DN)
	c := directory.Case{
		ID:         directory.CaseID(f.text("clauId")),
		Kind:       directory.CaseKind(f.text("clauKind")),
		Collective: at.collective,
		Person:     t.place(f.text("clauPerson")).person,
		By:         t.place(f.text("clauOpenedBy")).person,
		Words:      f.text("clauWords"),
		Reason:     f.text("clauReason"),
		Until:      f.time("clauUntil"),
		Agreed:     t.personIDs(f.texts("clauAgreedBy")),
		Created:    f.time("clauCreated"),
		Expires:    f.time("clauExpires"),
		Version:    f.text("entryCSN"),
	}
	if at.kind == person { // accepted, and cut off half-way, it is among the people already
		c.Person = at.person
		c.Collective = t.waitsFor(f)
	}
	if c.By == "" {
		c.By = c.Person
	}
	_ = json.Unmarshal(f.bytes("clauDialogue"), &c.Dialogue)
	if raw := f.bytes("clauSettings"); raw != nil {
		s := settingsOf(f)
		c.Settings = &s
	}
	return c
}

// waitsFor is the collective that a registration waits for.
func (t tree) waitsFor(f fields) directory.CollectiveName {
	if name := t.place(f.DN).collective; name != "" {
		return name
	}
	return t.place(f.text("clauPrimaryCollective")).collective
}

// matter is what registrations and requests have alike.
func (t tree) matter(c directory.Case) attributes {
	var a attributes
	a.set("clauKind", string(c.Kind))
	if c.By != "" && c.By != c.Person {
		a.set("clauOpenedBy", t.person(c.By))
	}
	a.set("clauWords", c.Words)
	a.set("clauDialogue", formatDialogue(c.Dialogue))
	a.set("clauAgreedBy", t.personDNs(c.Agreed)...)
	if c.Settings != nil {
		a.set("clauSettings", formatJSON(*c.Settings))
	}
	return a
}

func (t tree) requestEntry(c directory.Case) attributes {
	var a attributes
	a.set("objectClass", "clauRequest", "clauCase")
	a.set("cn", requestName(c.Kind, c.Person))
	a.set("clauId", string(c.ID))
	a.set("clauPerson", t.person(c.Person))
	a.set("clauReason", c.Reason)
	a.set("clauUntil", formatTime(c.Until))
	a.set("clauCreated", formatTime(c.Created))
	a.set("clauExpires", formatTime(c.Expires))
	return append(a, t.matter(c)...)
}

func (t tree) registrationEntry(p directory.Person, c directory.Case) attributes {
	a := t.personEntry(p)
	a[0].values = append(a[0].values, "clauCase")
	return append(a, t.matter(c)...)
}

func formatDialogue(lines []directory.Line) string {
	if len(lines) == 0 {
		return ""
	}
	return formatJSON(lines)
}

// conclude takes the case off the entry of somebody who registered.
func conclude(m *ldap.ModifyRequest, now fields) {
	if now.is("clauCase") {
		m.Delete("objectClass", []string{"clauCase"})
	}
	for _, name := range matterAttributes() {
		replace(m, name)
	}
}
