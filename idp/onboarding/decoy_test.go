// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// Whatever stands in an address: only what we made is a decoy, and it says what
// was typed. Everything else goes on to those who know tickets.
func FuzzDecoy(f *testing.F) {
	f.Add("ateneu", "marta", "marta@correu.example", "x")
	f.Add("ateneu", "", "", "..")
	f.Add("ateneu", strings.Repeat("a", 300), "\x00\xff", "YXRlbmV1.zzzzzz.")
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	a := &Room{FormKey: []byte("key of forms"), Now: func() time.Time { return now }}
	f.Fuzz(func(t *testing.T, name, handle, mail, other string) {
		s := &sheet{
			visit:      visit{Request: &http.Request{URL: &url.URL{}}},
			collective: directory.Collective{Name: directory.CollectiveName(name)},
			typed:      web.Form{"handle": handle, "mail": mail},
		}
		made := a.feign(s).Ticket
		if len(name) < decoyMax && !a.isDecoy(made) {
			t.Errorf("%q is no decoy of ours", made)
		}
		if other != made && a.isDecoy(other) {
			t.Errorf("%q is a decoy of ours", other)
		}
		for i := range len(made) {
			if flipped := made[:i] + string(made[i]^1) + made[i+1:]; a.isDecoy(flipped) {
				t.Errorf("%q is one with a letter changed", flipped)
			}
		}
		if len(made) > 400 {
			t.Errorf("%d characters in an address", len(made))
		}
	})
}
