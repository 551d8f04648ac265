// SPDX-License-Identifier: AGPL-3.0-or-later

package session_test

import (
	"net/http"
	"testing"

	"commonscloud.coop/clau/idp/session"
)

// Whether a secret came along is known without asking the store: it may be of a
// session that is over.
func TestWhetherASecretWasSent(t *testing.T) {
	w := start(t, true)
	b := w.browser(t)
	if b.m.Sent(b.request()) {
		t.Error("sent before there was one")
	}
	b.login("1", w.clock.Now(), session.Session{})
	w.store.Reset()
	if !b.m.Sent(b.request()) || w.store.Trips() != 0 {
		t.Errorf("not sent, or asked the store %d times", w.store.Trips())
	}
	r := b.request()
	r.AddCookie(&http.Cookie{Name: "__Host-clau_session", Value: "planted"})
	if b.m.Sent(r) {
		t.Error("one of two was believed")
	}
}
