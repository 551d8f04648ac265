// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

const password = "correct horse battery"

// TestPasswordsThatExpire: first a warning, then two logins by grace, then
// none, until a new password is set.
func TestPasswordsThatExpire(t *testing.T) {
	server := slapdtest.Start(t)
	b := open(t, server.Config())
	p := add(t, b, "marta")
	if err := b.SetPassword(t.Context(), directory.System(), p.ID, password); err != nil {
		t.Fatal(err)
	}
	policy := "cn=default,ou=policies," + server.Base
	admin := server.Admin()
	change := func(values map[string]string) {
		t.Helper()
		m := ldap.NewModifyRequest(policy, nil)
		for name, value := range values {
			m.Replace(name, []string{value})
		}
		if err := admin.Modify(m); err != nil {
			t.Fatal(err)
		}
	}
	change(map[string]string{"pwdMaxAge": "3590", "pwdExpireWarning": "3600", "pwdGraceAuthnLimit": "2"})
	advice, err := b.Authenticate(t.Context(), p.ID, password)
	if err != nil || advice.ExpiresIn <= 0 || advice.ExpiresIn > time.Hour || advice.Expired {
		t.Fatalf("%+v, %v", advice, err)
	}
	change(map[string]string{"pwdMaxAge": "1", "pwdExpireWarning": "0"})
	eventually(t, 10*time.Second, func() error {
		advice, err = b.Authenticate(t.Context(), p.ID, password)
		if err == nil && !advice.Expired {
			time.Sleep(200 * time.Millisecond)
			err = directory.ErrConflict // not yet
		}
		return err
	})
	if advice.Grace != 1 {
		t.Fatalf("%+v", advice)
	}
	if advice, err = b.Authenticate(t.Context(), p.ID, password); err != nil || !advice.Expired || advice.Grace != 0 {
		t.Fatalf("%+v, %v", advice, err)
	}
	_, err = b.Authenticate(t.Context(), p.ID, password)
	is(t, err, directory.ErrExpired)
	change(map[string]string{"pwdMaxAge": "3600"})
	if err := b.SetPassword(t.Context(), directory.System(), p.ID, "una altra contrasenya"); err != nil {
		t.Fatal(err)
	}
	if advice, err = b.Authenticate(t.Context(), p.ID, "una altra contrasenya"); err != nil || advice.Expired {
		t.Fatalf("%+v, %v", advice, err)
	}
}

// TestRequestsPerCall counts what each call costs the directory.
func TestRequestsPerCall(t *testing.T) {
	server := slapdtest.Start(t)
	var trips atomic.Int64
	config := server.Config()
	config.Trips = func() { trips.Add(1) }
	b := open(t, config)
	p := add(t, b, "marta")
	ctx := t.Context()
	if err := b.SetPassword(ctx, directory.System(), p.ID, password); err != nil {
		t.Fatal(err)
	}
	decision := directory.Consent{Person: p.ID, Service: "x", State: directory.Active, Decided: time.Now(), Handle: "oliba"}
	_ = b.AuthenticateNobody(ctx, "x") // the first prepares cn=nobody
	for _, c := range []struct {
		name string
		call func()
		want int64
	}{
		{"Ready", func() { _ = b.Ready(ctx) }, 1},
		{"Person", func() { _, _ = b.Person(ctx, p.ID) }, 1},
		{"PersonByLogin", func() { _, _ = b.PersonByLogin(ctx, "marta") }, 1},
		{"PersonByLogin, hostile", func() { _, _ = b.PersonByLogin(ctx, "à") }, 0},
		{"Standing", func() { _, _ = b.Standing(ctx, p.ID) }, 1},
		{"Collective", func() { _, _ = b.Collective(ctx, "ateneu") }, 1},
		{"Service", func() { _, _ = b.Service(ctx, "x") }, 1},
		{"ServiceByClientID", func() { _, _ = b.ServiceByClientID(ctx, "x") }, 1},
		{"ListServices", func() {
			for range b.ListServices(ctx, directory.ServiceFilter{}) {
			}
		}, 1},
		{"Consent", func() { _, _ = b.Consent(ctx, p.ID, "x") }, 1},
		{"ListConsents", func() {
			for range b.ListConsents(ctx, p.ID) {
			}
		}, 1},
		{"PutConsent, the first", func() { _ = b.PutConsent(ctx, "x", decision) }, 5}, // the person, others, reserved, none there, added
		{"PutConsent, another", func() { _ = b.PutConsent(ctx, "x", decision) }, 2},
		{"StopConsent", func() { _ = b.StopConsent(ctx, directory.As(p.ID), p.ID, "x") }, 1},
		{"PersonBySubject", func() { _, _ = b.PersonBySubject(ctx, "x", "y") }, 1},
		{"ListKeys", func() { _, _ = b.ListKeys(ctx) }, 1},
		{"Authenticate", func() { _, _ = b.Authenticate(ctx, p.ID, password) }, 2},
		{"Authenticate, empty", func() { _, _ = b.Authenticate(ctx, p.ID, "") }, 0},
		{"AuthenticateNobody", func() { _ = b.AuthenticateNobody(ctx, password) }, 2},
		{"ChangePerson", func() {
			_ = b.ChangePerson(ctx, directory.System(), p.ID, directory.PersonChange{RaiseEpoch: true})
		}, 2},
		{"a write without actor", func() { _ = b.ChangePerson(ctx, directory.Actor{}, p.ID, directory.PersonChange{RaiseEpoch: true}) }, 0},
	} {
		before := trips.Load()
		c.call()
		if got := trips.Load() - before; got != c.want {
			t.Errorf("%s: %d requests, want %d", c.name, got, c.want)
		}
	}
}

// TestPasswordsAreHashedByTheServer, and not even Clau can read the hash.
func TestPasswordsAreHashedByTheServer(t *testing.T) {
	server := slapdtest.Start(t)
	b := open(t, server.Config())
	p := add(t, b, "marta")
	if err := b.SetPassword(t.Context(), directory.System(), p.ID, password); err != nil {
		t.Fatal(err)
	}
	look := func(c *ldap.Conn) string {
		t.Helper()
		r, err := c.Search(ldap.NewSearchRequest(server.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(uid=marta)", []string{"userPassword"}, nil))
		if err != nil || len(r.Entries) != 1 {
			t.Fatal(err)
		}
		return r.Entries[0].GetAttributeValue("userPassword")
	}
	if hash := look(server.Admin()); len(hash) < 20 || hash[:9] != "{ARGON2}$" {
		t.Fatalf("kept as %q", hash)
	}
	idp := server.As("cn=idp,ou=system,"+server.Base, slapdtest.SystemPassword)
	if hash := look(idp); hash != "" {
		t.Fatal("Clau reads hashes")
	}
}
