// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
)

const (
	base   = "dc=clau,dc=example"
	people = "ou=people," + base
	idp    = "cn=idp,ou=system," + base

	marta = "clauId=5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001," + people
	pau   = "clauId=8e1d0f7c-93c4-4c0f-8a44-51c7d7b30002," + people
	iu    = "clauId=c2a9be55-1d5d-4b67-b0f6-0d35a5c40003," + people

	ateneu = "ou=ateneu,ou=collectives," + base
	forn   = "ou=forn,ou=collectives," + base
)

// cheap hashing keeps tests quick; nothing depends on its cost.
var cheap = embedded.Argon2{Memory: 64, Time: 1, Threads: 1}

func config(t testing.TB) embedded.Config {
	return embedded.Config{Path: filepath.Join(t.TempDir(), "directory.db"), Base: base, Argon2: cheap}
}

// start opens a server with a small federation in it.
func start(t testing.TB, change ...func(*embedded.Config)) *embedded.Server {
	t.Helper()
	c := config(t)
	for _, f := range change {
		f(&c)
	}
	s, err := embedded.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	if err := s.Import(strings.NewReader(federation)); err != nil {
		t.Fatal(err)
	}
	return s
}

// dial connects without a bind.
func dial(t testing.TB, s *embedded.Server) *ldap.Conn {
	t.Helper()
	nc, err := s.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c := ldap.NewConn(nc, false)
	c.Start()
	c.SetTimeout(20 * time.Second)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// asIDP connects as Clau itself.
func asIDP(t testing.TB, s *embedded.Server) *ldap.Conn {
	t.Helper()
	c := dial(t, s)
	if err := c.ExternalBind(); err != nil {
		t.Fatal(err)
	}
	return c
}

// as connects with a password.
func as(t testing.TB, s *embedded.Server, dn, password string) *ldap.Conn {
	t.Helper()
	c := dial(t, s)
	if err := c.Bind(dn, password); err != nil {
		t.Fatal("bind:", err)
	}
	return c
}

func find(t testing.TB, c *ldap.Conn, in string, scope int, filter string, attributes ...string) []*ldap.Entry {
	t.Helper()
	r, err := c.Search(ldap.NewSearchRequest(in, scope, 0, 0, 0, false, filter, attributes, nil))
	if err != nil {
		t.Fatalf("search %s: %v", filter, err)
	}
	return r.Entries
}

func read(t testing.TB, c *ldap.Conn, dn string, attributes ...string) *ldap.Entry {
	t.Helper()
	found := find(t, c, dn, ldap.ScopeBaseObject, "(objectClass=*)", attributes...)
	if len(found) != 1 {
		t.Fatalf("%s: %d entries", dn, len(found))
	}
	return found[0]
}

func codeOf(err error) int {
	var e *ldap.Error
	if errors.As(err, &e) {
		return int(e.ResultCode)
	}
	if err != nil {
		return -1
	}
	return 0
}

func wantCode(t testing.TB, err error, want int) {
	t.Helper()
	if got := codeOf(err); got != want {
		t.Errorf("result code %d (%v), want %d", got, err, want)
	}
}

func modify(dn string, f func(*ldap.ModifyRequest), controls ...ldap.Control) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(dn, controls)
	f(m)
	return m
}

const federation = `
dn: clauId=5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001,ou=people,dc=clau,dc=example
objectClass: inetOrgPerson
objectClass: eduPerson
objectClass: clauAccount
clauId: 5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001
clauState: active
uid: marta
displayName: Marta Soler
cn: Marta Soler
sn: Soler
clauPrimaryCollective: ou=ateneu,ou=collectives,dc=clau,dc=example
clauPseudonymSeed:: xKbkIgokHAN56k7Pq3cUTqzJ9o53tOVSPsgT3ZWrP0E=
clauCreated: 20261101090000Z
mail: marta@ateneu.example
clauMailVerified: marta@ateneu.example

dn: clauId=8e1d0f7c-93c4-4c0f-8a44-51c7d7b30002,ou=people,dc=clau,dc=example
objectClass: inetOrgPerson
objectClass: clauAccount
clauId: 8e1d0f7c-93c4-4c0f-8a44-51c7d7b30002
clauState: active
uid: pau.vila
displayName: Pau Vila
cn: Pau Vila
sn: Vila
clauPrimaryCollective: ou=ateneu,ou=collectives,dc=clau,dc=example
clauCreated: 20261102090000Z
mail: pau@exemple.example
clauMailVerified: pau@exemple.example

dn: clauId=c2a9be55-1d5d-4b67-b0f6-0d35a5c40003,ou=people,dc=clau,dc=example
objectClass: inetOrgPerson
objectClass: clauAccount
clauId: c2a9be55-1d5d-4b67-b0f6-0d35a5c40003
clauState: active
uid: iu
displayName: Iu Roca
cn: Iu Roca
sn: Roca
clauPrimaryCollective: ou=forn,ou=collectives,dc=clau,dc=example
clauExpires: 20270101000000Z
mail: iu@forn.example
clauMailVerified: iu@forn.example

dn: ou=ateneu,ou=collectives,dc=clau,dc=example
objectClass: organizationalUnit
objectClass: clauCollectiveUnit
ou: ateneu
clauId: c1
clauState: active
displayName: Ateneu La Clau
clauManager: clauId=5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001,ou=people,dc=clau,dc=example

dn: ou=access,ou=ateneu,ou=collectives,dc=clau,dc=example
objectClass: organizationalUnit
ou: access

dn: ou=services,ou=ateneu,ou=collectives,dc=clau,dc=example
objectClass: organizationalUnit
ou: services

dn: ou=registrations,ou=ateneu,ou=collectives,dc=clau,dc=example
objectClass: organizationalUnit
ou: registrations

dn: cn=members,ou=ateneu,ou=collectives,dc=clau,dc=example
objectClass: groupOfMembers
objectClass: clauGroup
cn: members
member: clauId=5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001,ou=people,dc=clau,dc=example
member: clauId=8e1d0f7c-93c4-4c0f-8a44-51c7d7b30002,ou=people,dc=clau,dc=example

dn: cn=nuvol,ou=services,ou=ateneu,ou=collectives,dc=clau,dc=example
objectClass: clauServiceEntry
objectClass: clauOIDCClient
cn: nuvol
clauId: a1
clauState: active
clauAccessPolicy: group
clauClientId: nuvol-ateneu
clauSecretHash: {SHA256}x
clauRedirectURI: https://nuvol.ateneu.example/code

dn: cn=nuvol,ou=access,ou=ateneu,ou=collectives,dc=clau,dc=example
objectClass: groupOfMembers
objectClass: clauGroup
cn: nuvol
clauService: cn=nuvol,ou=services,ou=ateneu,ou=collectives,dc=clau,dc=example
member: clauId=8e1d0f7c-93c4-4c0f-8a44-51c7d7b30002,ou=people,dc=clau,dc=example

dn: ou=forn,ou=collectives,dc=clau,dc=example
objectClass: organizationalUnit
objectClass: clauCollectiveUnit
ou: forn
clauId: c2
clauState: active
displayName: Forn Cooperatiu
clauManager: clauId=c2a9be55-1d5d-4b67-b0f6-0d35a5c40003,ou=people,dc=clau,dc=example

dn: cn=members,ou=forn,ou=collectives,dc=clau,dc=example
objectClass: groupOfMembers
objectClass: clauGroup
cn: members
member: clauId=c2a9be55-1d5d-4b67-b0f6-0d35a5c40003,ou=people,dc=clau,dc=example

dn: clauId=b1,clauId=5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001,ou=people,dc=clau,dc=example
objectClass: clauPasskey
clauId: b1
clauCreated: 20261101090000Z
clauCredentialId: VdkaNWFoSzLfXlig2RlouTeYr0
clauPublicKey:: IxhEXyS3YGc=
clauCounter: 41

dn: clauServiceId=a1,clauId=5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001,ou=people,dc=clau,dc=example
objectClass: clauConsent
clauServiceId: a1
clauState: active
clauCreated: 20261101090000Z
clauRelease: mail
`
