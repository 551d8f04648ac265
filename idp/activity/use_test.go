// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

func (l *library) signsOn(b *Book, service directory.ServiceID, person directory.PersonID) {
	b.Write(l.t.Context(), audit.Event{Kind: audit.SignOn, Service: service, Person: person, At: l.clock.Now()})
}

func (l *library) uses(b *Book, service directory.ServiceID) string {
	l.t.Helper()
	found, err := b.OfService(l.t.Context(), service, l.clock.Now().AddDate(0, -2, 0))
	if err != nil {
		l.t.Fatal(err)
	}
	return fmt.Sprint(found)
}

// Sign-ons are counted by day, over all nodes; nothing is kept of whose they
// are, and nothing but sign-ons counts.
func TestUseOfAService(t *testing.T) {
	everywhere(t, func(t *testing.T, l *library) {
		a, b := l.node(), l.node()
		l.signsOn(a, "forum", "marta")
		l.signsOn(a, "forum", "marta")
		l.signsOn(b, "forum", "joan")
		l.signsOn(b, "wiki", "joan")
		a.Write(t.Context(), audit.Event{Kind: audit.SignOnRefused, Service: "forum", At: l.clock.Now()})
		a.Write(t.Context(), audit.Event{Kind: audit.SignOn, Person: "marta", At: l.clock.Now()}) // our own pages
		b.flush(t.Context())
		if got := l.uses(a, "forum"); got != "[{2026-11-22 3}]" {
			t.Errorf("forum: %s", got)
		}
		if got := l.uses(a, "unheard-of"); got != "[]" {
			t.Errorf("nobody's service: %s", got)
		}
		l.clock.Advance(24 * time.Hour)
		l.signsOn(a, "forum", "marta")
		a.flush(t.Context())
		again := l.node() // began anew, it counts on
		l.signsOn(again, "forum", "pau")
		if got := l.uses(again, "forum"); got != "[{2026-11-23 2} {2026-11-22 3}]" {
			t.Errorf("forum, a day later: %s", got)
		}
		for _, key := range []string{"used:forum:2026-11", "used:wiki:2026-11"} {
			nodes, err := l.store.Members(t.Context(), key)
			if err != nil || len(nodes) == 0 {
				t.Fatalf("%s: %v %v", key, nodes, err)
			}
			for _, node := range nodes {
				raw, err := l.store.Get(t.Context(), key+":"+node)
				if err != nil || strings.ContainsAny(string(raw), "mjp") {
					t.Errorf("%s keeps %q, %v", key, raw, err)
				}
			}
		}
	})
}

// What the store does not take is counted all the same once it is back, and a
// month that is long over is forgotten.
func TestUseWhileTheStoreIsAway(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	l.signsOn(b, "forum", "marta")
	l.broken.Break()
	b.flush(t.Context())
	l.broken.Mend()
	if got := l.uses(b, "forum"); got != "[{2026-11-22 1}]" {
		t.Errorf("%s", got)
	}
	l.clock.Advance(75 * 24 * time.Hour)
	b.flush(t.Context())
	l.signsOn(b, "forum", "marta")
	if got := l.uses(b, "forum"); strings.Contains(got, "2026-11") {
		t.Errorf("%s", got)
	}
	if len(b.uses.days["forum"]) != 1 {
		t.Errorf("the book keeps %v", b.uses.days)
	}
}
