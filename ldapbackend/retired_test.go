// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// overBoth runs a test over OpenLDAP and over the server in the same process.
// conn sees and may remove whatever there is of people.
func overBoth(t *testing.T, test func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn)) {
	t.Run("slapd", func(t *testing.T) {
		server := slapdtest.Start(t)
		test(t, server.Config(), server.Admin())
	})
	t.Run("embedded", func(t *testing.T) {
		server := startEmbedded(t)
		config := ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase}
		test(t, config, inside(t, server.Dial))
	})
}

func inside(t *testing.T, dial func(context.Context) (net.Conn, error)) *ldap.Conn {
	t.Helper()
	nc, err := dial(t.Context())
	is(t, err, nil)
	conn := ldap.NewConn(nc, false)
	conn.Start()
	t.Cleanup(func() { _ = conn.Close() })
	is(t, conn.ExternalBind(), nil)
	return conn
}

func seen(t *testing.T, conn *ldap.Conn, filter string) []*ldap.Entry {
	t.Helper()
	r, err := conn.Search(ldap.NewSearchRequest(slapdtest.DefaultBase, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, []string{"*", "+"}, nil))
	is(t, err, nil)
	return r.Entries
}

// marked is somebody whose every word is "canary".
func marked(t *testing.T, b *ldapbackend.Backend) directory.Person {
	t.Helper()
	ctx, system := t.Context(), directory.System()
	p := somebody("marta")
	p.Name, p.GivenName, p.FamilyName, p.Mail = "Canary Soler", "Canary", "Canary", "canary@example.org"
	p.Verified, p.Pending, p.Seed = []string{p.Mail}, "canary@example.net", []byte("canary")
	is(t, b.AddPerson(ctx, system, p), nil)
	is(t, b.SetPassword(ctx, system, p.ID, "canary canary"), nil)
	is(t, b.PutConsent(ctx, "sector", directory.Consent{
		Person: p.ID, Service: "nuvol", State: directory.Active, Decided: time.Now(), Pseudonym: "Canary", Handle: "oliba", Subject: "old-42",
		Allowed: []string{"canary"}, Receipts: []string{"canary"},
	}), nil)
	return p
}

// TestNothingOfAPersonRemains but the handle and what was reserved.
func TestNothingOfAPersonRemains(t *testing.T) {
	overBoth(t, func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn) {
		b := open(t, config)
		p := marked(t, b)
		is(t, b.RemovePerson(t.Context(), directory.System(), p.ID), nil)
		left := seen(t, conn, "(clauId="+string(p.ID)+")")
		if len(left) != 1 || !strings.Contains(left[0].DN, ",ou=retired,") {
			t.Fatal(left)
		}
		var names []string
		for _, a := range left[0].Attributes {
			if !slices.Contains([]string{"cn", "sn", "objectClass", "structuralObjectClass", "entryDN", "entryUUID", "entryCSN", "creatorsName",
				"createTimestamp", "pwdChangedTime", "modifiersName", "modifyTimestamp", "subschemaSubentry", "hasSubordinates"}, a.Name) {
				names = append(names, a.Name)
			}
			if a.Name == "cn" || a.Name == "sn" {
				is(t, same(a.Values, "-"), nil)
			}
		}
		slices.Sort(names)
		is(t, same(names, "clauCreated", "clauId", "clauSubject", "uid"), nil)
		is(t, same(left[0].GetAttributeValues("objectClass"), "inetOrgPerson", "clauRetired"), nil)
		for _, e := range seen(t, conn, "(objectClass=*)") {
			for _, a := range e.Attributes {
				if all := strings.ToLower(strings.Join(a.Values, " ")); strings.Contains(all, "canary") || strings.Contains(all, "soler") {
					t.Errorf("%s: %s: %q", e.DN, a.Name, a.Values)
				}
			}
		}
	})
}

func same(got []string, want ...string) error {
	if slices.Equal(got, want) {
		return nil
	}
	return errors.New(strings.Join(got, " ") + " instead of " + strings.Join(want, " "))
}

// TestARemovalIsCutOff after each of its steps: at no moment could somebody
// else have the handle, the account is dead from the first write on, and
// repeating the call finishes the work.
func TestARemovalIsCutOff(t *testing.T) {
	overBoth(t, func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn) {
		steps, finished := 0, false
		for ; !finished; steps++ {
			b := open(t, config)
			p := marked(t, b)
			ctx, cut := context.WithCancel(t.Context())
			left := steps
			config := config
			config.Trips = func() {
				if left--; left < 0 {
					cut()
				}
			}
			finished = open(t, config).RemovePerson(ctx, directory.System(), p.ID) == nil
			heir := somebody("marta")
			is(t, b.AddPerson(t.Context(), directory.System(), heir), directory.ErrExists)
			if err := b.RemovePerson(t.Context(), directory.System(), p.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
				t.Fatalf("after %d steps: %v", steps, err)
			}
			is(t, b.AddPerson(t.Context(), directory.System(), heir), directory.ErrExists)
			if all := seen(t, conn, "(&(uid=marta)(!(objectClass=clauAccount)))"); len(all) != 1 {
				t.Fatalf("after %d steps: %v", steps, all)
			}
			cut()
			is(t, conn.Del(ldap.NewDelRequest("clauId="+string(p.ID)+",ou=retired,"+config.Base, nil)), nil)
		}
		if steps < 6 {
			t.Fatalf("only %d steps", steps)
		}
	})
}
