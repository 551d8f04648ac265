// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"strconv"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// personAttributes are asked for by name: pwdReset is operational and would
// not come otherwise, and a portrait in jpegPhoto is not wanted here.
func personAttributes() []string {
	return []string{
		"objectClass", "clauId", "uid", "clauState", "clauAnonymous", "cn", "sn", "displayName", "givenName",
		"mail", "clauMailVerified", "clauMailPending", "preferredLanguage", "clauPrimaryCollective",
		"clauPseudonymSeed", "clauTokenEpoch", "clauCreated", "clauExpires", "clauValidatedBy", "clauValidatedAt",
		"clauReason", "clauUntil", "clauSecretHash", "pwdReset",
	}
}

// person reads an entry. The schema demands a family name (sn); where there is
// none, sn repeats cn and means nothing.
func (t tree) personOf(entry *ldap.Entry) directory.Person {
	f := fields{entry}
	p := directory.Person{
		ID:         directory.PersonID(f.text("clauId")),
		Handle:     directory.Handle(f.text("uid")),
		State:      directory.State(f.text("clauState")),
		Anonymous:  f.bool("clauAnonymous"),
		Name:       f.text("displayName"),
		GivenName:  f.text("givenName"),
		FamilyName: f.text("sn"),
		Mail:       f.text("mail"),
		Verified:   f.texts("clauMailVerified"),
		Pending:    f.text("clauMailPending"),
		Language:   f.text("preferredLanguage"),
		Primary:    t.place(f.text("clauPrimaryCollective")).collective,
		Seed:       f.bytes("clauPseudonymSeed"),
		Epoch:      f.number("clauTokenEpoch"),
		Created:    f.time("clauCreated"),
		Expires:    f.time("clauExpires"),

		ValidatedBy: t.place(f.text("clauValidatedBy")).person,
		ValidatedAt: f.time("clauValidatedAt"),
		Reason:      f.text("clauReason"),
		Until:       f.time("clauUntil"),
		Code:        f.text("clauSecretHash"),
		MustChange:  f.bool("pwdReset"),
	}
	if p.Name == "" {
		p.Name = f.text("cn")
	}
	if p.Anonymous || p.FamilyName == f.text("cn") {
		p.FamilyName = ""
	}
	return p
}

// personEntry is the other way round.
func (t tree) personEntry(p directory.Person) attributes {
	var a attributes
	a.set("objectClass", "inetOrgPerson", "clauAccount")
	a.set("clauId", string(p.ID))
	a.set("uid", string(p.Handle))
	a.set("clauReserved", loginClaims(string(p.Handle))...)
	a.set("clauState", string(p.State))
	a.set("clauAnonymous", formatBool(p.Anonymous))
	a.set("displayName", p.Name)
	a.set("cn", p.Name)
	a.set("sn", surname(p.FamilyName, p.Name))
	a.set("givenName", p.GivenName)
	a.set("mail", p.Mail)
	a.set("clauMailVerified", p.Verified...)
	a.set("clauMailPending", p.Pending)
	a.set("preferredLanguage", p.Language)
	a.set("clauPrimaryCollective", t.collectiveDNs([]directory.CollectiveName{p.Primary})...)
	a.set("clauPseudonymSeed", string(p.Seed))
	a.set("clauTokenEpoch", strconv.FormatInt(p.Epoch, 10))
	a.set("clauCreated", formatTime(p.Created))
	a.set("clauExpires", formatTime(p.Expires))
	if p.ValidatedBy != "" {
		a.set("clauValidatedBy", t.person(p.ValidatedBy))
	}
	a.set("clauValidatedAt", formatTime(p.ValidatedAt))
	a.set("clauReason", p.Reason)
	a.set("clauUntil", formatTime(p.Until))
	a.set("clauSecretHash", p.Code)
	a.set("pwdReset", formatBool(p.MustChange))
	return a
}

func surname(family, name string) string {
	if family != "" {
		return family
	}
	return name
}
