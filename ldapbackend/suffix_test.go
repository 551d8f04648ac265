// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/directory/directorytest"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// TestAnySuffix: the base may be any name, also one whose characters mean
// something in a pattern, in a filter, between quotes or in a URL. A rule that
// is spelled wrong is not an error to slapd: it just never matches, or always.
func TestAnySuffix(t *testing.T) {
	for _, base := range []string{
		"o=federacio,c=es",
		"ou=clau,dc=Coop.Example,dc=net",
		`o=Clau\, S.C.C.L.,c=ES`,
		`o=(tots) [i] {MÉS}* \+ 1 ^|?#100,c=es`,
		`ou=a \"b\" \\ c,l=Sant Cugat`,
		`cn=clau`,
	} {
		t.Run(base, func(t *testing.T) {
			server := slapdtest.StartBase(t, base)
			b := open(t, server.Config())
			if got := wrong(t, b.CheckSetup(t.Context())); got != "" {
				t.Fatal(got)
			}
			managersReachTheirOwn(t, b)
		})
	}
}

// managersReachTheirOwn goes through every kind of rule that holds the base.
func managersReachTheirOwn(t *testing.T, b directory.Backend) {
	t.Helper()
	ctx, system := t.Context(), directory.System()
	var people []directory.PersonID
	for _, handle := range []string{"marta", "pau"} {
		p := somebody(handle)
		if err := b.AddPerson(ctx, system, p); err != nil {
			t.Fatal(err)
		}
		people = append(people, p.ID)
	}
	marta, pau := people[0], people[1]
	for _, name := range []directory.CollectiveName{"ateneu", "forn"} {
		if err := b.AddCollective(ctx, system, directory.Collective{ID: uuid.NewString(), Name: name, State: directory.Active, Title: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	name := "Marta V."
	is(t, b.AddManager(ctx, system, "ateneu", marta), nil)
	is(t, b.AddMember(ctx, directory.As(marta), "ateneu", pau), nil)
	is(t, b.AddMember(ctx, directory.As(marta), "forn", pau), directory.ErrRefused)
	is(t, b.AddMember(ctx, directory.As(pau), "ateneu", pau), directory.ErrRefused)
	is(t, b.ChangePerson(ctx, directory.As(marta), marta, directory.PersonChange{Name: &name}), nil)
	is(t, b.ChangePerson(ctx, directory.As(marta), pau, directory.PersonChange{Name: &name}), directory.ErrRefused)
	is(t, b.SetPassword(ctx, directory.As(marta), marta, password), nil)
	_, err := b.Authenticate(ctx, marta, password)
	is(t, err, nil)
	standing, err := b.Standing(ctx, pau)
	is(t, err, nil)
	if !standing.MemberOf("ateneu") {
		t.Fatalf("%+v", standing)
	}
}

// TestContractUnderAnOddSuffix runs the whole contract once more.
func TestContractUnderAnOddSuffix(t *testing.T) {
	server := slapdtest.StartBase(t, `o=Clau\, \"la nostra\" (tots) \+ \\ SCCL,c=ES`)
	directorytest.Run(t, func(t *testing.T) directory.Backend { return open(t, server.Config()) })
}

// TestManagersDoNotWriteRegistrations: a manager with a connection of her own
// decides on a registration, but cannot claim in it that an address is proven.
func TestManagersDoNotWriteRegistrations(t *testing.T) {
	server := slapdtest.Start(t)
	b := open(t, server.Config())
	marta := add(t, b, "marta")
	ctx, system := t.Context(), directory.System()
	is(t, b.AddCollective(ctx, system, directory.Collective{ID: uuid.NewString(), Name: "ateneu", State: directory.Active, Title: "x"}), nil)
	is(t, b.AddManager(ctx, system, "ateneu", marta.ID), nil)
	is(t, b.SetPassword(ctx, system, marta.ID, password), nil)
	nil1 := somebody("nil.serra")
	nil1.State, nil1.Primary = directory.PendingApproval, "ateneu"
	is(t, b.AddPerson(ctx, system, nil1), nil)

	registrations := "ou=registrations,ou=ateneu,ou=collectives," + server.Base
	dn := "clauId=" + string(nil1.ID) + "," + registrations
	conn := server.As("clauId="+string(marta.ID)+",ou=people,"+server.Base, password)
	refused := func(what string, err error) {
		t.Helper()
		if !ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, name := range []string{"clauMailVerified", "mail", "uid", "clauExternalId", "userPassword"} {
		refused(name, conn.Modify(set(dn, name, "someone-else")))
	}
	forged := ldap.NewAddRequest("clauId=forged,"+registrations, nil)
	for name, value := range map[string]string{"clauId": "forged", "uid": "forged", "cn": "x", "sn": "x", "clauState": "pendingApproval", "clauMailVerified": "victim@example.org"} {
		forged.Attribute(name, []string{value})
	}
	forged.Attribute("objectClass", []string{"inetOrgPerson", "clauAccount"})
	refused("forged registration", conn.Add(forged))
	refused("move among people", conn.ModifyDN(ldap.NewModifyDNRequest(dn, "clauId="+string(nil1.ID), true, "ou=people,"+server.Base)))
	is(t, conn.Modify(set(dn, "clauState", "denied")), nil)
	is(t, conn.Del(ldap.NewDelRequest(dn, nil)), nil)
}

// TestNothingIsLeftRunning: a backend that was used, hung and closed leaves no
// goroutine behind.
func TestNothingIsLeftRunning(t *testing.T) {
	server := slapdtest.Start(t)
	before := runtime.NumGoroutine()
	for range 3 {
		config := server.Config()
		config.Timeout = 300 * time.Millisecond
		b := open(t, config)
		p := somebody("x" + uuid.NewString()[:8])
		is(t, b.AddPerson(t.Context(), directory.System(), p), nil)
		go func() { _ = b.Watch(t.Context(), func(directory.Change) {}) }()
		for range b.ListPeople(t.Context(), directory.PersonFilter{}) {
			break
		}
		server.Freeze()
		_, err := b.Person(t.Context(), p.ID)
		is(t, err, directory.ErrUnavailable)
		server.Thaw()
		_ = b.Close()
	}
	eventually(t, 10*time.Second, func() error {
		if now := runtime.NumGoroutine(); now > before+1 {
			return errors.New("goroutines are left over")
		}
		return nil
	})
}
