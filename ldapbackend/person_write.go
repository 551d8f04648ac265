// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// AddPerson adds a person: in ou=people, or while pending below the
// registrations of the primary collective, as somebody who registers.
func (b *Backend) AddPerson(ctx context.Context, by directory.Actor, p directory.Person) error {
	if err := checkPerson(p); err != nil {
		return err
	}
	if pending(p.State) && p.Primary != "" {
		return b.register(ctx, by, p, directory.Case{Kind: directory.CaseRegister, Person: p.ID})
	}
	err := b.add(ctx, by, b.tree.person(p.ID), b.tree.personEntry(p))
	return b.taken(ctx, err, "", personClaims(p)...)
}

func checkPerson(p directory.Person) error {
	switch {
	case p.ID == "" || p.Name == "" || p.State == "":
		return refuse(directory.ErrInvalid, "a person without id, name or state")
	case !p.Handle.Valid():
		return refuse(directory.ErrInvalid, "handle")
	case p.Anonymous && (p.GivenName != "" || p.FamilyName != "" || p.Mail != ""):
		return refuse(directory.ErrInvalid, "an anonymous person with a civil name or address")
	case p.Mail != "" && !containsFold(p.Verified, p.Mail):
		return refuse(directory.ErrInvalid, "mail is not among the verified addresses")
	}
	return nil
}

func pending(s directory.State) bool {
	return s == directory.PendingConfirmation || s == directory.PendingApproval
}

// personClaims are filters for whoever else has what only one person can have.
func personClaims(p directory.Person) []string {
	claims := []string{and("(objectClass=clauAccount)", filter("clauId", string(p.ID)))}
	if p.Handle != "" {
		claims = append(append(claims, filter("uid", string(p.Handle))), loginFilters(string(p.Handle))...)
	}
	for _, address := range p.Verified {
		claims = append(claims, filter("clauMailVerified", address))
	}
	return claims
}

// taken looks closer at a constraint violation (result 19), which servers
// answer both for what is malformed and for what somebody else has already.
// The claims are filters for the latter; hits at except's own entry are none.
func (b *Backend) taken(ctx context.Context, err error, except directory.PersonID, claims ...string) error {
	if !code(err, ldap.LDAPResultConstraintViolation) || len(claims) == 0 {
		return err
	}
	entries, lookErr := b.below(ctx, b.tree.base, or(claims...), "clauId")
	if lookErr != nil {
		return lookErr
	}
	for _, e := range entries {
		if except == "" || b.tree.place(e.DN).person != except {
			return sentinel(directory.ErrExists, err)
		}
	}
	return err
}

// ChangePerson changes what is given, by a search and a modification. Becoming
// active moves a registration to ou=people first: should the second half fail,
// repeating the call finishes it.
func (b *Backend) ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	entry, err := b.findPerson(ctx, id, "cn", "sn", "clauAnonymous", "mail")
	if err != nil {
		return err
	}
	request, err := b.personModify(fields{entry}, change)
	if err != nil {
		return err
	}
	if request.DN, err = b.settle(ctx, by, entry.DN, id, change.State); err != nil {
		return err
	}
	if request.DN != entry.DN {
		conclude(request, fields{entry})
	}
	if len(request.Changes) == 0 {
		return nil
	}
	return b.changePerson(ctx, by, id, change, request)
}

// changePerson sends the modification. An entry that came from elsewhere may
// have no epoch to add one to; it gets one first.
func (b *Backend) changePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange, request *ldap.ModifyRequest) error {
	err := b.modify(ctx, by, request)
	if change.RaiseEpoch && code(err, ldap.LDAPResultNoSuchAttribute) {
		first := ldap.NewModifyRequest(request.DN, nil)
		first.Add("clauTokenEpoch", []string{"0"})
		if err := b.modify(ctx, directory.System(), first); err != nil && !errors.Is(err, directory.ErrExists) {
			return err
		}
		err = b.modify(ctx, by, request)
	}
	if code(err, ldap.LDAPResultAssertionFailed) && change.Still == nil {
		return sentinel(directory.ErrInvalid, err)
	}
	var claims []string
	if change.Verified != nil {
		for _, address := range *change.Verified {
			claims = append(claims, filter("clauMailVerified", address))
		}
	}
	return b.taken(ctx, err, id, claims...)
}

// settle moves a registration that becomes active, and returns where the
// person is.
func (b *Backend) settle(ctx context.Context, by directory.Actor, dn string, id directory.PersonID, state *directory.State) (string, error) {
	if state == nil || *state != directory.Active || b.tree.place(dn).collective == "" {
		return dn, nil
	}
	controls, err := b.as(by)
	if err != nil {
		return "", err
	}
	move := ldap.NewModifyDNWithControlsRequest(dn, personRDN(id), true, b.tree.people(), controls)
	err = b.write(ctx, func(c *ldap.Conn) error { return c.ModifyDN(move) })
	return b.tree.person(id), err
}

func (b *Backend) personModify(now fields, c directory.PersonChange) (*ldap.ModifyRequest, error) {
	m := ldap.NewModifyRequest("", nil)
	if c.State != nil {
		replace(m, "clauState", string(*c.State))
	}
	nameModify(m, now, c)
	replaceText(m, "preferredLanguage", c.Language)
	replaceText(m, "clauMailPending", c.Pending)
	if err := mailModify(m, now, c); err != nil {
		return nil, err
	}
	if err := b.stillModify(m, c.Still); err != nil {
		return nil, err
	}
	if c.Primary != nil {
		replace(m, "clauPrimaryCollective", b.tree.collectiveDNs([]directory.CollectiveName{*c.Primary})...)
	}
	if c.Seed != nil {
		replace(m, "clauPseudonymSeed", string(*c.Seed))
	}
	if c.Expires != nil {
		replace(m, "clauExpires", formatTime(*c.Expires))
	}
	replaceText(m, "clauReason", c.Reason)
	if c.Until != nil {
		replace(m, "clauUntil", formatTime(*c.Until))
	}
	if c.MustChange != nil {
		replace(m, "pwdReset", formatBool(*c.MustChange))
	}
	if c.RaiseEpoch {
		m.Increment("clauTokenEpoch", "1")
	}
	return m, nil
}

// stillModify has the server make sure, in the same step (RFC 4528), that nobody
// has decided about the person since they were read.
func (b *Backend) stillModify(m *ldap.ModifyRequest, p *directory.Person) error {
	if p == nil {
		return nil
	}
	control, err := provided(and(
		same("clauState", string(p.State)),
		same("clauPrimaryCollective", b.tree.collectiveDNs([]directory.CollectiveName{p.Primary})...),
		same("clauExpires", formatTime(p.Expires)),
		same("clauUntil", formatTime(p.Until)),
	))
	m.Controls = append(m.Controls, control)
	return err
}

// same is the filter for an attribute that has this one value, or none.
func same(name string, values ...string) string {
	if len(values) == 0 || values[0] == "" {
		return "(!(" + name + "=*))"
	}
	return filter(name, values[0])
}

func replaceText(m *ldap.ModifyRequest, name string, value *string) {
	if value != nil {
		replace(m, name, strings.TrimSpace(*value))
	}
}

// nameModify keeps the rule of personOf: without a family name, sn is cn.
func nameModify(m *ldap.ModifyRequest, now fields, c directory.PersonChange) {
	replaceText(m, "givenName", c.GivenName)
	name, family := now.text("cn"), now.text("sn")
	if family == name {
		family = ""
	}
	if c.Name != nil {
		name = *c.Name
		replace(m, "displayName", name)
		replace(m, "cn", name)
	}
	if c.FamilyName != nil {
		family = *c.FamilyName
	}
	if sn := surname(family, name); sn != now.text("sn") {
		replace(m, "sn", sn)
	}
}

// mailModify keeps mail among the verified addresses: services are told that
// it is verified, and some open an account to whoever has the right one. The
// server checks in the same step (RFC 4528).
func mailModify(m *ldap.ModifyRequest, now fields, c directory.PersonChange) error {
	replaceText(m, "mail", c.Mail)
	if c.Verified != nil {
		replace(m, "clauMailVerified", *c.Verified...)
	}
	mail := now.text("mail")
	if c.Mail != nil {
		mail = strings.TrimSpace(*c.Mail)
	}
	if mail == "" || c.Mail == nil && c.Verified == nil {
		return nil
	}
	if c.Verified != nil {
		if !containsFold(*c.Verified, mail) {
			return refuse(directory.ErrInvalid, "mail is not among the verified addresses")
		}
		return nil
	}
	control, err := provided(filter("clauMailVerified", mail))
	m.Controls = append(m.Controls, control)
	return err
}
