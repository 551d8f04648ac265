// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
)

// Searches must cost the same with 50 and with 50,000 people. A thousand
// collectives stand beside them.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{50, 50_000} {
		s := start(b)
		if err := s.Import(crowd(n)); err != nil {
			b.Fatal(err)
		}
		if err := s.Import(strings.NewReader(collectives(1000, n))); err != nil {
			b.Fatal(err)
		}
		c := asIDP(b, s)
		for _, q := range []struct {
			name, in, filter string
			attributes       []string
		}{
			{"uid", people, "(uid=person%d)", nil},
			{"login", people, "(|(uid=person%d)(clauMailVerified=person%[1]d))", nil},
			{"groups", "ou=collectives," + base, "(&(objectClass=groupOfMembers)(member=clauId=p%d," + people + "))", []string{"cn", "clauService"}},
			{"members", "cn=group0,ou=access," + ateneu, "(member=clauId=p%d," + people + ")", []string{"member"}},
		} {
			b.Run(fmt.Sprintf("%s/%d", q.name, n), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					find(b, c, q.in, ldap.ScopeWholeSubtree, fmt.Sprintf(q.filter, i*7919%n), q.attributes...)
				}
			})
		}
	}
}

// collectives is LDIF of n collectives, each with 20 of the people as members.
func collectives(n, crowd int) string {
	var b strings.Builder
	crowd = max(crowd, 20*n) // a person is in one collective, whatever the size of the crowd
	for i := range n {
		ou := fmt.Sprintf("ou=c%d,ou=collectives,%s", i, base)
		fmt.Fprintf(&b, "dn: %s\nobjectClass: organizationalUnit\nobjectClass: clauCollectiveUnit\nou: c%d\nclauId: c%d\nclauState: active\n\n", ou, i, i)
		fmt.Fprintf(&b, "dn: cn=members,%s\nobjectClass: groupOfMembers\nobjectClass: clauGroup\ncn: members\n", ou)
		for j := range 20 {
			fmt.Fprintf(&b, "member: clauId=p%d,%s\n", (i*20+j)%crowd, people)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func BenchmarkAdd(b *testing.B) {
	s := start(b)
	var n atomic.Int64
	b.RunParallel(func(p *testing.PB) {
		c := asIDP(b, s)
		for p.Next() {
			i := n.Add(1)
			add := ldap.NewAddRequest(fmt.Sprintf("clauId=x%d,%s", i, people), nil)
			for name, values := range map[string][]string{
				"objectClass": {"inetOrgPerson", "clauAccount"}, "clauId": {fmt.Sprint("x", i)}, "clauState": {"active"},
				"cn": {"X"}, "sn": {"X"}, "uid": {fmt.Sprint("x", i)},
			} {
				add.Attribute(name, values)
			}
			if err := c.Add(add); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkMember adds somebody to a group of 50,000 and removes her.
func BenchmarkMember(b *testing.B) {
	s := start(b)
	var text strings.Builder
	fmt.Fprintf(&text, "dn: cn=all,ou=access,%s\nobjectClass: groupOfMembers\ncn: all\n", ateneu)
	for i := range 50_000 {
		fmt.Fprintf(&text, "member: clauId=p%d,%s\n", i, people)
	}
	if err := s.Import(strings.NewReader(text.String())); err != nil {
		b.Fatal(err)
	}
	c := asIDP(b, s)
	for b.Loop() {
		for _, d := range []deed{addTo("cn=all,ou=access,"+ateneu, "member", marta), takeFrom("cn=all,ou=access,"+ateneu, "member", marta)} {
			if got := d(c); got != "0" {
				b.Fatal(got)
			}
		}
	}
}

// BenchmarkBind measures what a login costs beside the hash, and with it.
func BenchmarkBind(b *testing.B) {
	for name, cost := range map[string]embedded.Argon2{"cheap": cheap, "production": {}} {
		b.Run(name, func(b *testing.B) {
			s := start(b, func(c *embedded.Config) { c.Argon2 = cost })
			clau := asIDP(b, s)
			if _, err := clau.PasswordModify(ldap.NewPasswordModifyRequest(pau, "", password)); err != nil {
				b.Fatal(err)
			}
			c := dial(b, s)
			for b.Loop() {
				if err := c.Bind(pau, password); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDial(b *testing.B) {
	s := start(b)
	for b.Loop() {
		nc, err := s.Dial(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		c := ldap.NewConn(nc, false)
		c.Start()
		if err := c.ExternalBind(); err != nil {
			b.Fatal(err)
		}
		_ = c.Close()
	}
}
