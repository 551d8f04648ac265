// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

func feigning(t *testing.T) *Room {
	t.Helper()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	return &Room{Rand: rand.NewChaCha8([32]byte{}), Now: func() time.Time { return now }}
}

// Whatever is typed: a decoy has the form of any other ticket, and holds nothing
// of it. Only what we made is a decoy; everything else goes on to those who know
// tickets.
func FuzzDecoy(f *testing.F) {
	f.Add("ateneu", "marta", "marta@correu.example", "x")
	f.Add("ateneu", "", "", "..")
	f.Add("ateneu", strings.Repeat("a", 300), "\x00\xff", "YXRlbmV1.zzzzzz.")
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.[0-9a-z]{1,9}\.[\w-]{24}$`)
	f.Fuzz(func(t *testing.T, name, handle, mail, other string) {
		a := feigning(t)
		s := &sheet{
			visit:      visit{Request: &http.Request{URL: &url.URL{}}},
			collective: directory.Collective{Name: directory.CollectiveName(name)},
			typed:      web.Form{"handle": handle, "mail": mail},
		}
		made, err := a.feign(s)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(made.Ticket) {
			t.Errorf("%q is told from a ticket", made.Ticket)
		}
		if !a.isDecoy(made.Ticket) {
			t.Errorf("%q is no decoy of ours", made.Ticket)
		}
		if again, _ := a.feign(s); again.Ticket == made.Ticket {
			t.Errorf("%q comes twice", made.Ticket)
		}
		if other != made.Ticket && a.isDecoy(other) {
			t.Errorf("%q is a decoy of ours", other)
		}
	})
}

// A flood costs the process no more than it was given: the older are forgotten.
func TestAFloodOfDecoysIsForgotten(t *testing.T) {
	a := feigning(t)
	s := &sheet{visit: visit{Request: &http.Request{URL: &url.URL{}}}, typed: web.Form{}}
	first, err := a.feign(s)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * decoysMax {
		if _, err := a.feign(s); err != nil {
			t.Fatal(err)
		}
	}
	if a.isDecoy(first.Ticket) {
		t.Error("the first is known still")
	}
	if n := len(a.decoys.young) + len(a.decoys.old); n > 2*decoysMax {
		t.Errorf("%d are known", n)
	}
}
