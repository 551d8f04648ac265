// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"context"
	"fmt"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// BenchmarkSignOn is what the copy costs a sign-on: the call on the path of the
// request, with a writer beside it. Writes to the store are in "writes/op".
func BenchmarkSignOn(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *library{"bolt": onBolt, "redis": onRedis} {
		b.Run(name, func(b *testing.B) {
			l := open(b)
			l.record = nil
			book := New(Config{Next: nowhere{}, Store: l.store, Now: l.clock.Now, Logger: l.node().c.Logger})
			end := l.run(book)
			e := audit.Event{Kind: audit.SignOn, Service: "0190b2f4-0000-7000-8000-000000000000", Reference: "abcdefghij"}
			people := make([]directory.PersonID, 1000)
			for i := range people {
				people[i] = directory.PersonID(fmt.Sprintf("0190b2f4-0000-7000-8000-%012d", i))
			}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				e.Person = people[n%len(people)]
				book.Write(b.Context(), e)
			}
			end()
			b.ReportMetric(float64(l.store.ByMethod()["Write"])/float64(n), "writes/op")
		})
	}
}

// BenchmarkPage is a person's page: three months of a busy one.
func BenchmarkPage(b *testing.B) {
	l := onBolt(b)
	book := l.node()
	for i := range 3000 {
		e := audit.Event{Kind: audit.SignOn, Person: "marta", Service: "wiki", Reference: fmt.Sprint(i)}
		e.At = l.clock.Now().Add(-time.Duration(i) * 40 * time.Minute)
		book.Write(b.Context(), e)
		if i%pageLength == 0 {
			book.flush(b.Context())
		}
	}
	for b.Loop() {
		if _, err := book.OfPerson(b.Context(), "marta", time.Time{}, 100); err != nil {
			b.Fatal(err)
		}
	}
}

// nowhere is a record that costs nothing.
type nowhere struct{}

func (nowhere) Write(context.Context, audit.Event) {}
