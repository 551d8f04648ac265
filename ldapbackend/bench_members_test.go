// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// The federation of BenchmarkMembersPage.
const (
	inhabitants = 50_000
	large       = 4_000
	small       = 40
)

// BenchmarkMembersPage: what a page of fifty members costs, in a collective of
// 4,000 among 50,000 people and in one of forty. The reading of the people must
// cost the same; the list grows with the collective, and with nothing else.
func BenchmarkMembersPage(b *testing.B) {
	b.Run("slapd", func(b *testing.B) {
		server := slapdtest.Start(b)
		server.Load(federation())
		measurePages(b, open(b, server.Config()))
	})
	b.Run("embedded", func(b *testing.B) {
		server := startEmbedded(b)
		for first := 0; first < inhabitants; first += 1000 {
			if err := server.Import(strings.NewReader(inhabitantsFrom(first, first+1000))); err != nil {
				b.Fatal(err)
			}
		}
		if err := server.Import(strings.NewReader(units())); err != nil {
			b.Fatal(err)
		}
		measurePages(b, open(b, ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase}))
	})
}

func measurePages(b *testing.B, d directory.Backend) {
	for _, unit := range []directory.CollectiveName{"gran", "petit"} {
		ids, err := d.MemberIDs(b.Context(), unit)
		if err != nil {
			b.Fatal(err)
		}
		page := ids[:min(50, len(ids))]
		b.Run(fmt.Sprintf("MemberIDs/%d", len(ids)), func(b *testing.B) {
			for b.Loop() {
				if _, err := d.MemberIDs(b.Context(), unit); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("PeopleByID/%d of %d", len(page), len(ids)), func(b *testing.B) {
			for b.Loop() {
				people, err := d.PeopleByID(b.Context(), page)
				if err != nil || len(people) != len(page) {
					b.Fatal(len(people), err)
				}
			}
		})
		b.Run(fmt.Sprintf("page of %d", len(ids)), func(b *testing.B) {
			for b.Loop() {
				if _, err := d.MemberIDs(b.Context(), unit); err != nil {
					b.Fatal(err)
				}
				if _, err := d.PeopleByID(b.Context(), page); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func federation() io.Reader {
	r, w := io.Pipe()
	go func() {
		for i := 0; i < inhabitants; i += 1000 {
			if _, err := io.WriteString(w, inhabitantsFrom(i, i+1000)); err != nil {
				return
			}
		}
		_, err := io.WriteString(w, units())
		_ = w.CloseWithError(err)
	}()
	return r
}

// inhabitant is an id of the usual length, in no order.
func inhabitant(i int) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(i)*2654435761, i)
}

func inhabitantsFrom(first, end int) string {
	var text strings.Builder
	for i := first; i < end; i++ {
		unit := "petit"
		if i < large {
			unit = "gran"
		}
		fmt.Fprintf(&text, "dn: clauId=%[1]s,ou=people,%[2]s\nobjectClass: inetOrgPerson\nobjectClass: clauAccount\nclauId: %[1]s\n"+
			"uid: person%[3]d\nclauState: active\ncn: Persona %[3]d\ndisplayName: Persona %[3]d\nsn: Soler\nmail: p%[3]d@example.org\n"+
			"clauMailVerified: p%[3]d@example.org\nclauTokenEpoch: 1\nclauCreated: 20261101090000Z\n"+
			"clauPrimaryCollective: ou=%[4]s,ou=collectives,%[2]s\n\n", inhabitant(i), slapdtest.DefaultBase, i, unit)
	}
	return text.String()
}

func units() string {
	var text strings.Builder
	for name, members := range map[string][2]int{"gran": {0, large}, "petit": {large, large + small}} {
		dn := "ou=" + name + ",ou=collectives," + slapdtest.DefaultBase
		fmt.Fprintf(&text, "dn: %s\nobjectClass: organizationalUnit\nobjectClass: clauCollectiveUnit\nou: %s\nclauId: %[2]s\n"+
			"clauState: active\ndisplayName: x\n\ndn: cn=members,%[1]s\nobjectClass: groupOfMembers\nobjectClass: clauGroup\ncn: members\n", dn, name)
		for i := members[0]; i < members[1]; i++ {
			fmt.Fprintf(&text, "member: clauId=%s,ou=people,%s\n", inhabitant(i), slapdtest.DefaultBase)
		}
		text.WriteString("\n")
	}
	return text.String()
}
