// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"
)

func TestAPersonIsFoundAndHerGroups(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	if who, err := c.WhoAmI(nil); err != nil || who.AuthzID != "dn:"+idp {
		t.Fatalf("who am I: %v %v", who, err)
	}
	found := find(t, c, people, ldap.ScopeSingleLevel, "(uid=MARTA)")
	if len(found) != 1 || found[0].DN != marta || found[0].GetAttributeValue("displayName") != "Marta Soler" {
		t.Fatalf("found %v", found)
	}
	groups := find(t, c, "ou=collectives,"+base, ldap.ScopeWholeSubtree, "(&(objectClass=groupOfMembers)(member="+pau+"))", "cn")
	if len(groups) != 2 || len(groups[0].Attributes) != 1 {
		t.Fatalf("groups %v", groups)
	}
	if got := read(t, c, "cn=members,"+ateneu).GetAttributeValues("member"); len(got) != 2 {
		t.Errorf("members %v", got)
	}
}

func TestAWholeLifeOfAnEntry(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	dn := "clauId=0d9b7a64-52e8-4f6c-8d13-6a7be1e60005,ou=registrations," + ateneu
	add := ldap.NewAddRequest(dn, nil)
	add.Attribute("objectClass", []string{"inetOrgPerson", "clauAccount"})
	add.Attribute("clauId", []string{"0d9b7a64-52e8-4f6c-8d13-6a7be1e60005"})
	add.Attribute("clauState", []string{"pendingConfirmation"})
	add.Attribute("cn", []string{"Nil Serra"})
	add.Attribute("sn", []string{"Serra"})
	add.Attribute("uid", []string{"nil.serra"})
	add.Attribute("clauMailPending", []string{"nil@exemple.example"})
	add.Attribute("clauTokenEpoch", []string{"3"})
	if err := c.Add(add); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Add(add), ldap.LDAPResultEntryAlreadyExists)

	before := read(t, c, dn, "*", "+")
	m := ldap.NewModifyRequest(dn, nil)
	m.Delete("clauMailPending", []string{"NIL@exemple.example"})
	m.Add("clauMailVerified", []string{"nil@exemple.example"})
	m.Replace("clauState", []string{"pendingApproval"})
	m.Increment("clauTokenEpoch", "2")
	if err := c.Modify(m); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Modify(m), ldap.LDAPResultNoSuchAttribute)

	if err := c.ModifyDN(ldap.NewModifyDNRequest(dn, "clauId=0d9b7a64-52e8-4f6c-8d13-6a7be1e60005", true, people)); err != nil {
		t.Fatal(err)
	}
	moved := "clauId=0d9b7a64-52e8-4f6c-8d13-6a7be1e60005," + people
	after := read(t, c, moved, "*", "+")
	for name, want := range map[string]string{
		"entryUUID": before.GetAttributeValue("entryUUID"), "clauTokenEpoch": "5", "clauState": "pendingApproval",
		"creatorsName": idp, "entryDN": moved, "hasSubordinates": "FALSE", "structuralObjectClass": "inetOrgPerson",
	} {
		if got := after.GetAttributeValue(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if after.GetAttributeValue("entryCSN") <= before.GetAttributeValue("entryCSN") {
		t.Error("entryCSN did not grow")
	}
	wantCode(t, c.Del(ldap.NewDelRequest(marta, nil)), ldap.LDAPResultNotAllowedOnNonLeaf)
	if err := c.Del(ldap.NewDelRequest(moved, nil)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Search(ldap.NewSearchRequest(moved, ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", nil, nil))
	wantCode(t, err, ldap.LDAPResultNoSuchObject)
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestPasswordsAreSetHashedAndProven(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	if _, err := c.PasswordModify(ldap.NewPasswordModifyRequest(pau, "", "una clau ben llarga")); err != nil {
		t.Fatal(err)
	}
	own := as(t, s, pau, "una clau ben llarga")
	if _, err := own.PasswordModify(ldap.NewPasswordModifyRequest("", "una clau ben llarga", "una altra clau llarga")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, dial(t, s).Bind(pau, "una clau ben llarga"), ldap.LDAPResultInvalidCredentials)
	as(t, s, pau, "una altra clau llarga")
	if got := read(t, c, pau, "userPassword").GetAttributeValues("userPassword"); len(got) != 0 {
		t.Error("Clau can read the hash")
	}
}
