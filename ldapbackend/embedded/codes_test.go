// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// TestResultCodes is what Clau is told when something is wrong with a request.
// Rows run in order on one connection.
func TestResultCodes(t *testing.T) {
	members := "cn=members," + ateneu
	account := []string{"objectClass", "inetOrgPerson", "objectClass", "clauAccount", "clauState", "active", "cn", "Nil", "sn", "Serra"}
	with := func(pairs ...string) []string { return append(append([]string{}, account...), pairs...) }
	n1 := "clauId=n1," + people
	unknown := func(critical bool) ldap.Control { return ldap.NewControlString("1.2.3.4.5", critical, "") }
	name := func(m *ldap.ModifyRequest) { m.Replace("displayName", []string{"Pau V."}) }

	rows := []struct {
		what string
		do   deed
		want string
	}{
		{"base that is no DN", looks("marta"), "34"},
		{"base of an unknown attribute", looks("nope=x," + base), "34"},
		{"base that is elsewhere", looks("dc=other"), "32"},
		{"entry that is not there", looks("clauId=zz," + people), "32"},
		{"filter with an unknown attribute", sees(people, 1, "(nope=x)", "uid"), "0"},
		{"and its negation", sees(people, 1, "(!(nope=x))", "uid"), "0"},
		{"or something known", sees(people, 1, "(|(nope=x)(uid=iu))", "uid"), "0 | 0003 uid"},
		{"filter by presence", sees(people, 1, "(&(clauPseudonymSeed=*)(uid=*))", "uid"), "0 | 0001 uid"},
		{"filter by a part", sees(people, 1, "(cn=p*V*la)", "uid"), "0 | 0002 uid"},
		{"filter by the end", sees(people, 1, "(mail=*@FORN.example)", "uid"), "0 | 0003 uid"},
		{"filter by time", sees(people, 1, "(clauExpires<=20270101010000+0100)", "uid"), "0 | 0003 uid"},
		{"filter by later time", sees(people, 1, "(clauCreated>=20261101100000Z)", "uid"), "0 | 0002 uid"},
		{"filter by number", sees(people, 2, "(clauCounter>=9)", "clauCounter"), "0 | clauId=b1 clauCounter"},
		{"filter by superclass", sees(people, 1, "(&(objectClass=person)(uid=iu))", "uid"), "0 | 0003 uid"},
		{"filter by abstract class", sees(people, 2, "(objectClass=clauCredential)", "1.1"), "0 | clauId=b1"},
		{"filter by presence of members", sees(ateneu, 2, "(member=*)", "1.1"), "0 | cn=members | cn=nuvol"},
		{"filter by no members", sees(ateneu, 2, "(&(objectClass=clauGroup)(!(member="+marta+")))", "1.1"), "0 | cn=nuvol"},
		{"filter by DN in another spelling", sees(ateneu, 2, "(member=CLAUID=5B0C6E2E-6b0a-4a36-9f0e-2f1b8f2a0001, ou=People,dc=clau,dc=example)", "1.1"), "0 | cn=members"},
		{"filter by no DN", sees(ateneu, 2, "(member=marta)", "1.1"), "0"},
		{"filter by exact case", sees(ateneu, 2, "(clauClientId=NUVOL-ateneu)", "1.1"), "0"},
		{"filter by what has no rule", sees(people, 1, "(jpegPhoto=x)", "1.1"), "0"},
		{"empty and", sees(people, 0, "(&)", "1.1"), "0 | ou=people"},
		{"empty or", sees(people, 0, "(|)", "1.1"), "0"},
		{"operational attributes", looks(pau, "createTimestamp", "creatorsName", "entryCSN", "entryDN", "entryUUID", "hasSubordinates",
			"modifiersName", "modifyTimestamp", "pwdChangedTime", "structuralObjectClass"),
			"0 | 0002 createTimestamp creatorsName entryCSN entryDN entryUUID hasSubordinates modifiersName modifyTimestamp pwdChangedTime structuralObjectClass"},

		{"compare true", compares(marta, "uid", "MARTA"), "0 true"},
		{"compare false", compares(marta, "uid", "pau"), "0 false"},
		{"compare of what is absent", compares(marta, "description", "x"), "16 false"},
		{"compare of the unknown", compares(marta, "nope", "x"), "17 false"},
		{"compare member", compares(members, "member", pau), "0 true"},
		{"compare with a bad value", compares(members, "member", "pau"), "21 false"},

		{"add without parent", adds("clauId=n1,ou=none,"+people, with("clauId", "n1")...), "32"},
		{"add what is there", adds(members, "objectClass", "groupOfMembers", "cn", "members"), "68"},
		{"add under another name", adds(n1, with("clauId", "n2")...), "64"},
		{"add without a structural class", adds(n1, "objectClass", "clauAccount", "clauId", "n1", "clauState", "active"), "65"},
		{"add with two structural classes", adds(n1, with("clauId", "n1", "objectClass", "organizationalUnit", "ou", "x")...), "65"},
		{"add of an unknown class", adds(n1, with("clauId", "n1", "objectClass", "nope")...), "21"},
		{"add of an unknown attribute", adds(n1, with("clauId", "n1", "nope", "x")...), "17"},
		{"add without what is needed", adds(n1, "objectClass", "inetOrgPerson", "objectClass", "clauAccount", "clauId", "n1", "clauState", "active", "cn", "Nil"), "65"},
		{"add of what is not allowed", adds(n1, with("clauId", "n1", "clauClientId", "x")...), "65"},
		{"add with a bad boolean", adds(n1, with("clauId", "n1", "clauAnonymous", "yes")...), "21"},
		{"add with a bad time", adds(n1, with("clauId", "n1", "clauCreated", "tomorrow")...), "21"},
		{"add with a bad DN", adds(n1, with("clauId", "n1", "clauPrimaryCollective", "ateneu")...), "21"},
		{"add with letters beyond ASCII in an address", adds(n1, with("clauId", "n1", "mail", "joão@exemple.example")...), "21"},
		{"add with an empty text", adds(n1, with("clauId", "n1", "displayName", "")...), "21"},
		{"add of one value twice", adds(n1, with("clauId", "n1", "mail", "a@b.example", "mail", "A@b.example")...), "20"},
		{"add of two values to a single", adds(n1, with("clauId", "n1", "displayName", "a", "displayName", "b")...), "19"},
		{"add of what the server writes", adds(n1, with("clauId", "n1", "entryUUID", "5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001")...), "19"},
		{"add of a taken name at login", adds(n1, with("clauId", "n1", "uid", "Marta")...), "19"},
		{"add of a taken address", adds(n1, with("clauId", "n1", "clauMailVerified", "MARTA@ateneu.example")...), "19"},
		{"add of a name at login that breaks the form", adds(n1, with("clauId", "n1", "uid", "-n-")...), "19"},
		{"add of a state that is none", adds(n1, append(account[:4:4], "clauState", "asleep", "cn", "x", "sn", "x", "clauId", "n1")...), "19"},
		{"add of a large picture", adds(n1, with("clauId", "n1", "jpegPhoto", strings.Repeat("x", 256<<10+1))...), "19"},
		{"add that is right", adds(n1, with("clauId", "n1", "uid", "nil")...), "0"},

		{"modify of the missing", setTo("clauId=zz,"+people, "cn", "x"), "32"},
		{"modify of the unknown", setTo(n1, "nope", "x"), "17"},
		{"add a value that is there", addTo(n1, "cn", " NIL "), "20"},
		{"add a second value", addTo(marta, "displayName", "x"), "19"},
		{"delete a value that is not there", takeFrom(n1, "uid", "x"), "16"},
		{"delete an attribute that is not there", takeFrom(n1, "mail"), "16"},
		{"delete what is needed", takeFrom(n1, "sn"), "65"},
		{"replace by nothing what is not there", setTo(n1, "mail"), "0"},
		{"delete the name", takeFrom(n1, "clauId", "n1"), "64"},
		{"change the name", setTo(n1, "clauId", "n2"), "64"},
		{"change the structural class", setTo(n1, "objectClass", "organizationalUnit"), "69"},
		{"modify what the server writes", setTo(n1, "modifyTimestamp", "20261101090000Z"), "19"},
		{"increment what is absent", changes(n1, func(m *ldap.ModifyRequest) { m.Increment("clauTokenEpoch", "1") }), "16"},
		{"increment a text", changes(n1, func(m *ldap.ModifyRequest) { m.Increment("cn", "1") }), "19"},
		{"delete by value what has no rule", takeFrom("cn=nuvol,ou=services,"+ateneu, "clauMetadata", "x"), "18"},
		{"take a taken name at login", setTo(n1, "uid", "marta"), "19"},
		{"keep its own", setTo(n1, "uid", "nil"), "0"},
		{"add a member twice", addTo(members, "member", "clauId=8E1D0F7C-93c4-4c0f-8a44-51c7d7b30002, "+people), "20"},
		{"add and delete a member at once", changes(members, func(m *ldap.ModifyRequest) {
			m.Add("member", []string{iu})
			m.Delete("member", []string{iu})
		}), "0"},
		{"delete a member twice", changes(members, func(m *ldap.ModifyRequest) {
			m.Delete("member", []string{pau})
			m.Delete("member", []string{pau})
		}), "16"},
		{"replace members", setTo(members, "member", marta, iu), "0"},
		{"as they are now", looks(members, "member"), "0 | cn=members member"},
		{"clear members", takeFrom(members, "member"), "0"},
		{"clear them again", takeFrom(members, "member"), "16"},
		{"a group can be empty", looks(members, "member", "cn"), "0 | cn=members cn"},

		{"assertion that holds", changes(pau, name, provided("(uid=pau.vila)")), "0"},
		{"assertion that fails", changes(pau, name, provided("(uid=marta)")), "122"},
		{"unknown control", changes(pau, name, unknown(false)), "0"},
		{"unknown critical control", changes(pau, name, unknown(true)), "12"},
		{"on behalf of nonsense", changes(pau, name, ldap.NewControlString("2.16.840.1.113730.3.4.18", true, "marta")), "123"},

		{"rename onto another", moves(members, "ou=access", ""), "68"},
		{"move below nothing", moves(n1, "clauId=n1", "ou=none,"+people), "32"},
		{"move below itself", moves(n1, "clauId=n1", n1), "53"},
		{"rename by an unknown attribute", moves(n1, "nope=n1", ""), "34"},
		{"rename to what is not allowed", moves(n1, "ou=n1", ""), "65"},
		{"rename", moves(n1, "clauId=n3", ""), "0"},
		{"the new name is a value", looks("clauId=n3,"+people, "clauId"), "0 | clauId=n3 clauId"},
		{"delete with children", deletes(marta), "66"},
		{"delete of the missing", deletes(n1), "32"},
		{"delete", deletes("clauId=n3," + people), "0"},

		{"password that is short", setsPassword(pau, "", "curta"), "19"},
		{"password with a wrong old one", setsPassword(pau, "dolenta", "una clau ben llarga"), "53"},
		{"password of the missing", setsPassword("clauId=zz,"+people, "", "una clau ben llarga"), "32"},
		{"password in an entry, too short", setTo(pau, "userPassword", "curta"), "19"},
		{"password in an entry", setTo(pau, "userPassword", "una clau ben llarga"), "0"},
		{"which is hashed", binds(pau, "una clau ben llarga"), "0"},
		{"bind with a wrong password", binds(pau, "dolenta"), "49"},
		{"bind of the missing", binds("clauId=zz,"+people, "dolenta"), "49"},
		{"bind of what has no password", binds(members, "dolenta"), "49"},
		{"bind with no DN", binds("pau", "dolenta"), "34"},
	}
	overBoth(t, func(t *testing.T, s server) {
		c := s.clau()
		for _, row := range rows {
			if got := row.do(c); got != row.want {
				t.Errorf("%s: %q, want %q", row.what, got, row.want)
			}
		}
	})
}
