// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// crowd is LDIF of n people and of groups of a thousand members each.
func crowd(n int) io.Reader {
	pr, pw := io.Pipe()
	go func() {
		for i := range n {
			fmt.Fprintf(pw, "dn: clauId=p%d,%s\nobjectClass: inetOrgPerson\nobjectClass: clauAccount\nclauId: p%d\n"+
				"clauState: active\nuid: person%d\ncn: Person %d\nsn: %d\ndisplayName: Person Number %d\nmail: p%d@exemple.example\n"+
				"clauMailVerified: p%d@exemple.example\nclauPrimaryCollective: %s\nclauCreated: 20261101090000Z\n\n",
				i, people, i, i, i, i, i, i, i, ateneu)
		}
		for g := range n/1000 + 1 {
			fmt.Fprintf(pw, "dn: cn=group%d,ou=access,%s\nobjectClass: groupOfMembers\nobjectClass: clauGroup\ncn: group%d\n", g, ateneu, g)
			for i := g * 1000; i < min(n, (g+1)*1000); i++ {
				fmt.Fprintf(pw, "member: clauId=p%d,%s\n", i, people)
			}
			fmt.Fprintln(pw)
		}
		_ = pw.Close()
	}()
	return pr
}

func TestPagesAndLimits(t *testing.T) {
	s := start(t)
	if err := s.Import(crowd(700)); err != nil {
		t.Fatal(err)
	}
	clau := asIDP(t, s)
	r, err := clau.SearchWithPaging(ldap.NewSearchRequest(people, ldap.ScopeSingleLevel, 0, 0, 0, false, "(clauState=active)", []string{"uid"}, nil), 64)
	if err != nil || len(r.Entries) != 703 {
		t.Fatalf("%v, %d entries", err, len(r.Entries))
	}
	seen := map[string]bool{}
	for _, e := range r.Entries {
		seen[e.DN] = true
	}
	if len(seen) != 703 {
		t.Errorf("%d different entries", len(seen))
	}
	some, err := clau.Search(ldap.NewSearchRequest(people, ldap.ScopeSingleLevel, 0, 5, 0, false, "(clauState=active)", []string{"1.1"}, nil))
	wantCode(t, err, ldap.LDAPResultSizeLimitExceeded)
	if len(some.Entries) != 5 {
		t.Errorf("limit of 5 gives %d", len(some.Entries))
	}
	exact, err := clau.Search(ldap.NewSearchRequest(people, ldap.ScopeSingleLevel, 0, 703, 0, true, "(clauState=active)", []string{"uid"}, nil))
	if err != nil || len(exact.Entries) != 703 || len(exact.Entries[0].GetAttributeValues("uid")) != 0 {
		t.Errorf("limit that is just met, types only: %v", err)
	}

	// Everybody else is limited, however they ask.
	if err := s.Import(strings.NewReader(programs)); err != nil {
		t.Fatal(err)
	}
	program := as(t, s, reader, password)
	for limit, want := range map[int]int{0: 200, 300: 300, 500: 500, 501: 0} {
		r, err := program.Search(ldap.NewSearchRequest(people, ldap.ScopeSingleLevel, 0, limit, 0, false, "(uid=*)", []string{"1.1"}, nil))
		if len(r.Entries) != want {
			t.Errorf("limit %d: %d entries, %v", limit, len(r.Entries), err)
		}
	}
	paged, err := program.SearchWithPaging(ldap.NewSearchRequest(people, ldap.ScopeSingleLevel, 0, 0, 0, false, "(uid=*)", []string{"1.1"}, nil), 50)
	wantCode(t, err, ldap.LDAPResultSizeLimitExceeded)
	if paged != nil && len(paged.Entries) > 500 {
		t.Errorf("by pages a program gets %d entries", len(paged.Entries))
	}
}

func TestACookieIsForWhoGotIt(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	request := ldap.NewSearchRequest(people, ldap.ScopeSingleLevel, 0, 0, 0, false, "(uid=*)", []string{"1.1"}, nil)
	paging := ldap.NewControlPaging(1)
	request.Controls = []ldap.Control{paging}
	r, err := c.Search(request)
	if err != nil || len(r.Entries) != 1 {
		t.Fatal(err)
	}
	paging.SetCookie(ldap.FindControl(r.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging).Cookie)
	_, err = asIDP(t, s).Search(request)
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)
	request.Controls = append(request.Controls, onBehalf(pau))
	_, err = c.Search(request)
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)
}
