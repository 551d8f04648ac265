// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

import (
	"errors"
	"fmt"
	"strings"
)

// BaseEntries returns the tree that Clau expects below base, as LDIF: the base
// entry itself, the branches, the password policies and the account of Clau,
// cn=idp, without a password: it authenticates by SASL EXTERNAL, that is by the
// Unix socket or by a client certificate (see [MapIdentity]). Use
// [SystemPassword] where neither can be had.
func BaseEntries(base string) (string, error) {
	s, err := parseBase(base)
	if err != nil {
		return "", err
	}
	root, err := rootEntry(s)
	if err != nil {
		return "", err
	}
	var w writer
	w.entry(s.dn, root...)
	for _, b := range branches() {
		w.entry("ou="+b.name+","+s.dn, "objectClass: organizationalUnit", "ou: "+b.name, "description: "+b.description)
	}
	policies(&w, s)
	accounts(&w, s)
	return w.text.String(), nil
}

type branch struct{ name, description string }

func branches() []branch {
	return []branch{
		{"people", "Every person of the federation, on one flat level"},
		{"retired", "What is left of people who were removed: handles and identifiers that nobody gets again"},
		{"collectives", "One organisational unit per collective"},
		{"federation", "Other identity providers that are trusted"},
		{"policies", "Password policies"},
		{"keys", "Signing keys: public part, and private part sealed"},
		{"system", "Accounts of programs"},
	}
}

// rootEntry chooses the class by the attribute that names the base.
func rootEntry(s suffix) ([]string, error) {
	if len(s.first) != 1 {
		return nil, fmt.Errorf("%w: %q begins with a multi-valued name", ErrBase, s.dn)
	}
	value := s.first[0].Value
	switch name := strings.ToLower(s.first[0].Type); name {
	case "dc":
		return []string{"objectClass: dcObject", "objectClass: organization", "dc: " + value, "o: " + value}, nil
	case "o":
		return []string{"objectClass: organization", "o: " + value}, nil
	case "ou":
		return []string{"objectClass: organizationalUnit", "ou: " + value}, nil
	case "c":
		return []string{"objectClass: country", "c: " + value}, nil
	case "l", "st":
		return []string{"objectClass: locality", name + ": " + value}, nil
	case "cn":
		return []string{"objectClass: organizationalRole", "cn: " + value}, nil
	}
	return nil, fmt.Errorf("%w: %q must begin with dc, o, ou, c, l, st or cn", ErrBase, s.dn)
}

// policies writes the two password policies. pwdSafeModify stays FALSE, or a
// forgotten password could not be reset; pwdCheckQuality is 1 because 2 refuses
// hashes brought from an older directory.
func policies(w *writer, s suffix) {
	w.entry("cn=default,ou=policies,"+s.dn,
		"objectClass: organizationalRole", "objectClass: pwdPolicy", "cn: default",
		"description: People. The lock is short and late, since it is also a way to shut somebody out",
		"pwdAttribute: userPassword", "pwdMinLength: 10", "pwdMaxLength: 256", "pwdCheckQuality: 1",
		"pwdInHistory: 0", "pwdMaxAge: 0", "pwdLockout: TRUE", "pwdMaxFailure: 10", "pwdFailureCountInterval: 600",
		"pwdLockoutDuration: 300", "pwdMaxRecordedFailure: 10", "pwdMustChange: TRUE", "pwdSafeModify: FALSE",
		"pwdAllowUserChange: TRUE", "pwdGraceAuthnLimit: 0")
	w.entry("cn=services,ou=policies,"+s.dn,
		"objectClass: organizationalRole", "objectClass: pwdPolicy", "cn: services",
		"description: Programs. Never locked, so that nobody can lock Clau out by guessing",
		"pwdAttribute: userPassword", "pwdLockout: FALSE")
}

// accounts writes cn=idp, which may act as any person but as nobody else
// (RFC 4370), and cn=nobody, whose password nobody knows: a login under a name
// that does not exist is tried there, so that it takes as long as any other.
func accounts(w *writer, s suffix) {
	policy := "pwdPolicySubentry: cn=services,ou=policies," + s.dn
	w.entry("cn=idp,ou=system,"+s.dn,
		"objectClass: organizationalRole", "cn: idp", "description: Clau", policy,
		"authzTo: dn.onelevel:ou=people,"+s.dn)
	w.entry("cn=nobody,ou=system,"+s.dn,
		"objectClass: person", "cn: nobody", "sn: nobody",
		"description: Logins under unknown names are tried here", policy)
	w.entry("cn=readers,ou=system,"+s.dn,
		"objectClass: organizationalRole", "cn: readers",
		"description: Accounts of applications that read the directory stand below")
}

// SystemPassword returns LDIF that gives cn=idp a password. The server hashes
// it. Prefer SASL EXTERNAL: what does not exist cannot leak.
func SystemPassword(base, password string) (string, error) {
	s, err := parseBase(base)
	if err != nil {
		return "", err
	}
	if password == "" {
		return "", errors.New("schema: empty password")
	}
	var w writer
	w.entry("cn=idp,ou=system,"+s.dn, "changetype: modify",
		"add: objectClass", "objectClass: simpleSecurityObject", "-",
		"add: userPassword", "userPassword: "+password)
	return w.text.String(), nil
}
