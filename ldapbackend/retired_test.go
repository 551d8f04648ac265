// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// TestNothingOfAPersonRemains but digests of the handle and of what was reserved.
func TestNothingOfAPersonRemains(t *testing.T) {
	overBoth(t, func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn) {
		b := open(t, config)
		p := marked(t, b)
		mentioned(t, b, p)
		is(t, b.RemovePerson(t.Context(), directory.System(), p.ID), nil)
		if cases := seen(t, conn, "(objectClass=clauCase)"); len(cases) != 2 { // the appointment, and who registered
			t.Errorf("%d cases are left", len(cases))
		}
		for _, e := range seen(t, conn, "(objectClass=*)") {
			for _, a := range append(e.Attributes, ldap.NewEntryAttribute("dn", []string{e.DN})) {
				all := strings.ToLower(strings.Join(a.Values, " "))
				for _, trace := range []string{"canary", "soler", "oliba", "old-42", string(p.Handle), string(p.ID)} {
					if strings.Contains(all, trace) {
						t.Errorf("%s: %s: %q", e.DN, a.Name, a.Values)
					}
				}
			}
		}
	})
}

// mentioned has others' entries speak of a person, in every way.
func mentioned(t *testing.T, b *ldapbackend.Backend, p directory.Person) {
	t.Helper()
	ctx, system, now := t.Context(), directory.System(), time.Now()
	other := somebody("pau")
	other.Name, other.ValidatedBy = "Pau", p.ID
	is(t, b.AddPerson(ctx, system, other), nil)
	is(t, b.AddCollective(ctx, system, directory.Collective{
		ID: "c1", Name: "ateneu", Title: "Ateneu", State: directory.Active, Managers: []directory.PersonID{p.ID, other.ID}, Created: now,
	}), nil)
	for _, c := range []directory.Case{
		{ID: "1", Kind: directory.CaseSuspend, Person: p.ID, By: other.ID},
		{ID: "2", Kind: directory.CaseSuspend, Person: other.ID, By: p.ID},
		{ID: "3", Kind: directory.CaseAppoint, Person: other.ID, By: other.ID, Agreed: []directory.PersonID{p.ID}},
	} {
		c.Collective, c.Created, c.Expires = "ateneu", now, now.Add(time.Hour)
		is(t, b.AddCase(ctx, system, c), nil)
	}
	newcomer := somebody("ona.serra")
	newcomer.Name, newcomer.State = "Ona", directory.PendingApproval
	is(t, b.Register(ctx, newcomer, directory.Case{
		ID: directory.CaseID(newcomer.ID), Kind: directory.CaseRegister, Collective: "ateneu", Person: newcomer.ID, By: newcomer.ID,
		Agreed: []directory.PersonID{p.ID}, Created: now,
	}), nil)
	title := "Ateneu Popular"
	is(t, b.ChangeCollective(ctx, directory.As(p.ID), "ateneu", directory.CollectiveChange{Title: &title}), nil)
	is(t, b.AddMember(ctx, directory.As(p.ID), "ateneu", other.ID), nil)
	is(t, b.AddInvitation(ctx, directory.As(p.ID), directory.Invitation{
		ID: "i1", Collective: "ateneu", By: p.ID, Digest: "x", Uses: 1, Created: now, Expires: now.Add(time.Hour),
	}), nil)
}

// TestTheErasedCannotBeJoined: one entry holds what is kept of everybody of a
// year, in the order of the values, so that not even the order of their coming
// tells what was one person's.
func TestTheErasedCannotBeJoined(t *testing.T) {
	overBoth(t, func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn) {
		b := open(t, config)
		for i := range 5 {
			p := somebody("marta" + strconv.Itoa(i))
			is(t, b.AddPerson(t.Context(), directory.System(), p), nil)
			is(t, b.PutConsent(t.Context(), "sector", consentOf(p.ID, "oliba"+strconv.Itoa(i))), nil)
			is(t, b.RemovePerson(t.Context(), directory.System(), p.ID), nil)
		}
		left := seen(t, conn, "(objectClass=clauReservations)")
		if len(left) != 1 || left[0].DN != "cn="+time.Now().UTC().Format("2006")+",ou=retired,"+config.Base {
			t.Fatal(left)
		}
		digests := left[0].GetAttributeValues("clauReserved")
		if len(digests) != 5*4 || !slices.IsSorted(digests) {
			t.Fatalf("%d digests: %q", len(digests), digests)
		}
		for _, e := range seen(t, conn, "(clauReserved=*)") {
			if e.DN != left[0].DN {
				t.Errorf("%s has some, too", e.DN)
			}
		}
	})
}

func consentOf(id directory.PersonID, handle string) directory.Consent {
	return directory.Consent{
		Person: id, Service: "nuvol", State: directory.Active, Decided: time.Now(), Handle: handle, Subject: "of-" + handle,
	}
}

// TestARemovalIsCutOff after each of its steps: at no moment could somebody
// else have the handle, or be to a service who was removed; the account is dead
// from the first write on, and repeating the call finishes the work.
func TestARemovalIsCutOff(t *testing.T) {
	overBoth(t, func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn) {
		steps, finished := 0, false
		heir := somebody("pau")
		is(t, open(t, config).AddPerson(t.Context(), directory.System(), heir), nil)
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
			nobodysAgain(t, b, heir.ID, steps)
			if err := b.RemovePerson(t.Context(), directory.System(), p.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
				t.Fatalf("after %d steps: %v", steps, err)
			}
			nobodysAgain(t, b, heir.ID, steps)
			if all := seen(t, conn, "(|(uid=marta)(clauId="+string(p.ID)+"))"); len(all) != 0 {
				t.Fatalf("after %d steps: %v", steps, all)
			}
			cut()
			is(t, conn.Del(ldap.NewDelRequest("cn="+time.Now().UTC().Format("2006")+",ou=retired,"+config.Base, nil)), nil)
		}
		if steps < 10 {
			t.Fatalf("only %d steps", steps)
		}
	})
}

// nobodysAgain: neither what "marked" logged in by, nor what services knew.
func nobodysAgain(t *testing.T, b *ldapbackend.Backend, heir directory.PersonID, steps int) {
	t.Helper()
	for _, handle := range []string{"marta", "oliba"} {
		if err := b.AddPerson(t.Context(), directory.System(), somebody(handle)); !errors.Is(err, directory.ErrExists) {
			t.Fatalf("after %d steps %s registers again: %v", steps, handle, err)
		}
		c := consentOf(heir, handle)
		c.Subject = ""
		if err := b.PutConsent(t.Context(), "sector", c); !errors.Is(err, directory.ErrExists) {
			t.Fatalf("after %d steps %s is known again: %v", steps, handle, err)
		}
	}
	c := consentOf(heir, "")
	c.Subject = "old-42"
	if err := b.PutConsent(t.Context(), "sector", c); !errors.Is(err, directory.ErrExists) {
		t.Fatalf("after %d steps: %v", steps, err)
	}
}

// TestAHandleOfAServiceIsNobodysLogin, in whatever sector, and even when two are
// known by it in two sectors and leave one after the other.
func TestAHandleOfAServiceIsNobodysLogin(t *testing.T) {
	overBoth(t, func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn) {
		b, ctx, system := open(t, config), t.Context(), directory.System()
		marta, pau := somebody("marta"), somebody("pau")
		is(t, b.AddPerson(ctx, system, marta), nil)
		is(t, b.AddPerson(ctx, system, pau), nil)
		is(t, b.PutConsent(ctx, "one", consentOf(marta.ID, "Oliba")), nil)
		is(t, b.PutConsent(ctx, "two", consentOf(pau.ID, "oliba")), nil)
		taken := func() {
			t.Helper()
			is(t, b.AddPerson(ctx, system, somebody("oliba")), directory.ErrExists)
			found, err := b.Taken(ctx, "oliba", "")
			is(t, err, nil)
			if len(found) == 0 || slices.ContainsFunc(found, func(p directory.Person) bool { return p.Handle != "oliba" || p.ID != "" }) {
				t.Error(found)
			}
		}
		taken()
		is(t, b.RemovePerson(ctx, system, pau.ID), nil)
		taken()
		is(t, b.RemovePerson(ctx, system, marta.ID), nil)
		taken()
	})
}

// TestRegisteringAndBeingKnownAtOnce: of one who registers under a name and one
// who becomes known to a service by it, one gets it.
func TestRegisteringAndBeingKnownAtOnce(t *testing.T) {
	overBoth(t, func(t *testing.T, config ldapbackend.Config, conn *ldap.Conn) {
		b, ctx := open(t, config), t.Context()
		marta := somebody("marta")
		is(t, b.AddPerson(ctx, directory.System(), marta), nil)
		for i := range 10 {
			name := "oliba" + strconv.Itoa(i)
			var errs [2]error
			var both sync.WaitGroup
			both.Go(func() { errs[0] = b.AddPerson(ctx, directory.System(), somebody(name)) })
			both.Go(func() { errs[1] = b.PutConsent(ctx, "sector", consentOf(marta.ID, name)) })
			both.Wait()
			for _, err := range errs {
				if err != nil {
					is(t, err, directory.ErrExists)
				}
			}
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("%s: %v", name, errs)
			}
		}
	})
}
