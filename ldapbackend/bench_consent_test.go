// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// served is how many services each person of a crowd has decided about.
const served = 20

// BenchmarkConsent: reading, and writing, one consent among twenty and among
// 300,000 must cost the same.
func BenchmarkConsent(b *testing.B) {
	for _, people := range []int{1, 15_000} {
		b.Run(fmt.Sprintf("slapd/%d", people*served), func(b *testing.B) {
			server := slapdtest.Start(b)
			server.Load(crowd(people))
			measureConsents(b, open(b, server.Config()), people)
		})
		b.Run(fmt.Sprintf("embedded/%d", people*served), func(b *testing.B) {
			server := startEmbedded(b)
			for first := 0; first < people; first += 500 {
				if err := server.Import(strings.NewReader(crowdFrom(first, min(first+500, people)))); err != nil {
					b.Fatal(err)
				}
			}
			measureConsents(b, open(b, ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase}), people)
		})
	}
}

func measureConsents(b *testing.B, d directory.Backend, people int) {
	ctx := b.Context()
	who := func(i int) directory.PersonID { return directory.PersonID(fmt.Sprintf("p%d", i*7919%people)) }
	which := func(i int) directory.ServiceID { return directory.ServiceID(fmt.Sprintf("s%d", i%served)) }
	for _, c := range []struct {
		name string
		call func(i int) error
	}{
		{"Consent", func(i int) error { _, err := d.Consent(ctx, who(i), which(i)); return err }},
		{"ListConsents", func(i int) error {
			for _, err := range d.ListConsents(ctx, who(i)) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{"PutConsent", func(i int) error {
			return d.PutConsent(ctx, "sector", directory.Consent{
				Person: who(i), Service: which(i), State: directory.Active, Decided: time.Unix(1_800_000_000, 0),
			})
		}},
		{"PutConsent first, with a handle", func(i int) error {
			mark := time.Now().UnixNano()
			return d.PutConsent(ctx, "sector", directory.Consent{
				Person: who(i), Service: directory.ServiceID(fmt.Sprintf("new%d", mark)), State: directory.Active,
				Decided: time.Unix(1_800_000_000, 0), Handle: fmt.Sprintf("h%d", mark),
			})
		}},
		{"PersonBySubject", func(i int) error { _, err := d.PersonBySubject(ctx, "sector", string(who(i))); return err }},
		{"Person", func(i int) error { _, err := d.Person(ctx, who(i)); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if err := c.call(i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crowd is LDIF of people who all have decided about the same services.
func crowd(people int) io.Reader {
	r, w := io.Pipe()
	go func() {
		for i := range people {
			if _, err := io.WriteString(w, crowdFrom(i, i+1)); err != nil {
				return
			}
		}
		_ = w.Close()
	}()
	return r
}

func crowdFrom(first, end int) string {
	var text strings.Builder
	for i := first; i < end; i++ {
		dn := fmt.Sprintf("clauId=p%d,ou=people,%s", i, slapdtest.DefaultBase)
		fmt.Fprintf(&text, "dn: %s\nobjectClass: inetOrgPerson\nobjectClass: clauAccount\nclauId: p%[2]d\nuid: person%[2]d\n"+
			"clauState: active\ncn: P\nsn: P\nclauSubject: sub|sector|p%[2]d\n\n", dn, i)
		for s := range served {
			fmt.Fprintf(&text, "dn: clauServiceId=s%[1]d,%[2]s\nobjectClass: clauConsent\nclauServiceId: s%[1]d\nclauState: active\n"+
				"clauCreated: 20261101090000Z\nclauExpires: 20271101090000Z\nclauRelease: email\nclauRelease: name\n"+
				"clauMetadata: {\"asked\":true,\"appearance\":\"real\"}\nclauReceipt: 0:%[3]s\n\n", s, dn, strings.Repeat("x", 900))
		}
	}
	return text.String()
}
