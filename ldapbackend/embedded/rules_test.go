// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// TestAccess is the table of who may do what. Rows run in order, each on a
// connection of the actor; what succeeds stays done.
func TestAccess(t *testing.T) {
	members := "cn=members," + ateneu
	nuvol := "cn=nuvol,ou=services," + ateneu
	granted := "cn=nuvol,ou=access," + ateneu
	consent, passkey := "clauServiceId=a1,"+marta, "clauId=b1,"+marta
	newcomer := []string{"objectClass", "inetOrgPerson", "objectClass", "clauAccount", "clauId", "n1",
		"clauState", "pendingApproval", "cn", "Nil", "sn", "Serra", "uid", "nil.serra"}
	one, all := ldap.ScopeSingleLevel, ldap.ScopeWholeSubtree
	join := func(m *ldap.ModifyRequest) { m.Add("member", []string{iu}) }

	rows := []struct {
		actor string
		what  string
		do    deed
		want  string
	}{
		{"", "nobody reads a person", looks(marta), "32"},
		{"", "nobody searches people", sees(people, one, "(uid=marta)"), "32"},
		{"", "nobody searches the base", sees(base, all, "(uid=marta)"), "32"},
		{"", "nobody learns a hash", compares(marta, "userPassword", "x"), "32 false"},
		{"", "nobody reads the root", sees("", ldap.ScopeBaseObject, "(objectClass=*)", "namingContexts"), "0 |  namingContexts"},
		{"", "nobody adds", adds("clauId=n1,"+people, newcomer...), "8"},
		{"", "nobody sets a password", setsPassword(marta, "", "una clau ben llarga"), "8"},

		{marta, "a person reads herself", looks(marta, "uid", "mail", "clauPseudonymSeed", "userPassword"), "0 | 0001 mail uid"},
		{marta, "a person reads all of herself", looks(marta), "0 | 0001 clauCreated clauId clauMailVerified clauPrimaryCollective clauState cn displayName mail objectClass sn uid"},
		{marta, "a manager reads her people", looks(pau, "uid", "mail", "cn", "clauCreated"), "0 | 0002 clauCreated cn mail uid"},
		{marta, "a manager does not read others", looks(iu, "uid"), "32"},
		{pau, "a person does not read others", looks(marta, "uid"), "32"},
		{pau, "a person finds only himself", sees(people, one, "(clauState=active)", "uid"), "0 | 0002 uid"},
		{marta, "secrets answer no filter", sees(people, all, "(clauCredentialId=*)", "uid"), "0"},
		{marta, "nor the negation of one", sees(people, all, "(!(clauCredentialId=x))", "1.1"), "0"},
		{marta, "a person sees her passkeys", looks(passkey, "clauId", "clauCounter", "clauPublicKey"), "0 | clauId=b1 clauCounter clauId"},
		{pau, "not those of others", looks(passkey), "32"},

		{marta, "a person edits her profile", setTo(marta, "displayName", "Marta S."), "0"},
		{marta, "but not her address", setTo(marta, "mail", "altra@ateneu.example"), "50"},
		{marta, "nor her state", setTo(marta, "clauState", "active"), "50"},
		{marta, "nor her name at login", setTo(marta, "uid", "reina"), "50"},
		{marta, "nor what proves an address", addTo(marta, "clauMailVerified", "x@y.example"), "50"},
		{pau, "nobody edits others", setTo(marta, "displayName", "Pau era aqui"), "50"},
		{marta, "not even the manager", setTo(pau, "displayName", "Marta era aqui"), "50"},
		{marta, "a person adds no passkey", adds("clauId=b9,"+marta, "objectClass", "clauTOTP", "clauId", "b9",
			"clauCreated", "20261101090000Z", "clauSealedSecret", "x"), "50"},
		{marta, "nor changes one", setTo(passkey, "clauCounter", "1"), "50"},
		{marta, "nor deletes one", deletes(passkey), "50"},
		{pau, "nobody withdraws another's consent", deletes(consent), "50"},
		{marta, "a person does not write a consent", setTo(consent, "clauRelease", "mail"), "50"},
		{marta, "nor deletes it", deletes(consent), "50"},
		{marta, "but reads it", looks(consent, "clauState", "clauRelease"), "0 | clauServiceId=a1 clauRelease clauState"},
		{marta, "and stops it", setTo(consent, "clauState", "suspended"), "0"},
		{marta, "nor makes another", adds("clauServiceId=a2,"+marta, "objectClass", "clauConsent", "clauServiceId", "a2",
			"clauState", "active", "clauCreated", "20261101090000Z"), "50"},
		{pau, "nobody sees what another agreed to", looks(consent), "32"},
		{pau, "nor stops it", setTo(consent, "clauState", "suspended"), "50"},
		{reader, "nor do programs", sees(people, all, "(objectClass=clauConsent)", "1.1"), "0"},
		{marta, "a person does not reserve identifiers", addTo(marta, "clauSubject", "sub|x|y"), "50"},
		{marta, "nor sees them", sees(people, all, "(clauSubject=*)", "1.1"), "0"},
		{marta, "a person does not delete herself", deletes(marta), "50"},
		{marta, "a person does not move herself", moves(marta, "clauId=z", ""), "50"},

		{marta, "a manager adds a member", addTo(members, "member", iu), "0"},
		{marta, "and removes one", takeFrom(members, "member", iu), "0"},
		{marta, "a manager grants access", addTo(granted, "member", iu), "0"},
		{marta, "and makes an access group", adds("cn=agora,ou=access,"+ateneu, "objectClass", "groupOfMembers",
			"objectClass", "clauGroup", "cn", "agora"), "0"},
		{marta, "and removes it", deletes("cn=agora,ou=access," + ateneu), "0"},
		{marta, "a manager presents the collective", setTo(ateneu, "displayName", "Ateneu"), "0"},
		{marta, "and writes its policy", setTo(ateneu, "clauPolicy", "{}"), "0"},
		{pau, "which a member reads", looks(ateneu, "clauPolicy"), "0 | ou=ateneu clauPolicy"},
		{pau, "and does not write", setTo(ateneu, "clauPolicy", "{}"), "50"},
		{marta, "but names no manager", addTo(ateneu, "clauManager", pau), "50"},
		{marta, "nor changes its state", setTo(ateneu, "clauState", "suspended"), "50"},
		{marta, "nor a redirect of a service", addTo(nuvol, "clauRedirectURI", "https://x.example"), "50"},
		{marta, "nor makes a service", adds("cn=fals,ou=services,"+ateneu, "objectClass", "clauServiceEntry", "cn", "fals",
			"clauId", "f1", "clauState", "active", "clauAccessPolicy", "public"), "50"},
		{marta, "nor removes one", deletes(nuvol), "50"},
		{marta, "she sees it without its secret", looks(nuvol, "clauClientId", "clauSecretHash"), "0 | cn=nuvol clauClientId"},
		{pau, "a member sees no service", looks(nuvol, "clauClientId"), "0"},
		{pau, "a member adds nobody", addTo(members, "member", iu), "50"},
		{pau, "a member presents nothing", setTo(ateneu, "displayName", "Pau"), "50"},
		{marta, "a manager has no power elsewhere", addTo("cn=members,"+forn, "member", marta), "50"},
		{iu, "nor has the other here", addTo(members, "member", iu), "50"},
		{iu, "nor presents here", setTo(ateneu, "description", "Forn"), "50"},
		{pau, "everybody sees collectives", looks(ateneu, "displayName", "clauState"), "0 | ou=ateneu clauState displayName"},

		{idp, "Clau registers somebody", adds("clauId=n1,ou=registrations,"+ateneu, newcomer...), "0"},
		{iu, "another manager does not decide", setTo("clauId=n1,ou=registrations,"+ateneu, "clauState", "denied"), "50"},
		{pau, "nor a member", setTo("clauId=n1,ou=registrations,"+ateneu, "clauState", "denied"), "50"},
		{marta, "a manager decides", setTo("clauId=n1,ou=registrations,"+ateneu, "clauState", "denied"), "0"},
		{marta, "but does not claim that an address is proven", addTo("clauId=n1,ou=registrations,"+ateneu, "clauMailVerified", "x@y.example"), "50"},
		{marta, "nor registers anybody", adds("clauId=n2,ou=registrations,"+ateneu, "objectClass", "inetOrgPerson",
			"objectClass", "clauAccount", "clauId", "n2", "clauState", "pendingApproval", "cn", "Ona", "sn", "Serra", "uid", "ona.serra"), "50"},
		{marta, "but moves nobody among people", moves("clauId=n1,ou=registrations,"+ateneu, "clauId=n1", people), "50"},
		{marta, "she can remove the registration", deletes("clauId=n1,ou=registrations," + ateneu), "0"},

		{idp, "Clau on behalf of a manager adds a member", changes(members, join, onBehalf(marta)), "0"},
		{idp, "on behalf of a member it does not", changes("cn=members,"+forn, join, onBehalf(pau)), "50"},
		{idp, "Clau may say that it is Clau", changes(members, join, onBehalf(idp)), "20"},
		{idp, "but it acts for no program", changes(members, join, onBehalf(reader)), "123"},
		{idp, "nor of what hangs below a person", changes(members, join, onBehalf(passkey)), "123"},
		{marta, "a person acts for nobody", changes(members, join, onBehalf(pau)), "123"},
		{reader, "nor does a program", changes(members, join, onBehalf(pau)), "123"},

		{idp, "Clau does not read hashes", looks(marta, "userPassword", "uid"), "0 | 0001 uid"},
		{idp, "Clau does not change policies", setTo("cn=default,ou=policies,"+base, "pwdMinLength", "1"), "50"},
		{idp, "Clau reads policies", looks("cn=default,ou=policies,"+base, "pwdMinLength"), "0 | cn=default pwdMinLength"},
		{idp, "Clau does not see accounts of programs", looks(reader), "32"},
		{idp, "nor widens whom it may be", addTo(idp, "authzTo", "{1}dn.regex:.*"), "50"},
		{idp, "nor makes programs", adds("cn=x,cn=readers,ou=system,"+base, "objectClass", "organizationalRole", "cn", "x"), "50"},
		{idp, "nor sets their passwords", setsPassword(reader, "", "una clau ben llarga"), "50"},
		{idp, "nor changes the base", setTo(base, "description", "x"), "50"},
		{idp, "Clau keeps keys", adds("clauId=k1,ou=keys,"+base, "objectClass", "clauKey", "clauId", "k1",
			"clauAlgorithm", "ES256", "clauState", "active", "clauSealedSecret", "x"), "0"},
		{marta, "people see no keys", looks("clauId=k1,ou=keys," + base), "32"},
		{idp, "and removes them", deletes("clauId=k1,ou=keys," + base), "0"},

		{reader, "a program sees active people", looks(marta), "0 | 0001 clauId clauMailVerified clauState cn displayName mail objectClass sn uid"},
		{reader, "and finds them", sees(people, one, "(mail=pau@exemple.example)", "uid"), "0 | 0002 uid"},
		{reader, "and members", sees("ou=collectives,"+base, all, "(member="+pau+")", "cn"), "0 | cn=members cn | cn=nuvol cn"},
		{reader, "but no passkeys", sees(people, all, "(objectClass=clauPasskey)", "1.1"), "0"},
		{reader, "and writes nothing", setTo(marta, "displayName", "x"), "50"},
		{idp, "Clau suspends somebody", setTo(iu, "clauState", "suspended"), "0"},
		{reader, "whom programs do not see", looks(iu), "32"},
		{replica, "a replica sees all", looks(marta, "userPassword", "clauPseudonymSeed"), "0 | 0001 clauPseudonymSeed userPassword"},
		{replica, "and writes nothing", setTo(marta, "displayName", "x"), "50"},
	}
	overBoth(t, func(t *testing.T, s server) {
		for _, row := range rows {
			if got := row.do(s.as(t, row.actor)); got != row.want {
				t.Errorf("%s: %q, want %q", row.what, got, row.want)
			}
		}
	})
}
