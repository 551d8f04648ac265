// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func newFullOutbox(t *testing.T, mails int) *Outbox {
	t.Helper()
	o := NewOutbox(func() time.Time { return time.Unix(1_700_000_000, 0).UTC() })
	for i := range mails {
		m := letter()
		m.Subject = fmt.Sprintf("Mail %d <b>", i+1)
		m.HTML = "<p>Hola</p><script>alert(1)</script>"
		if err := o.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func ask(o *Outbox, host, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, r)
	return w
}

func TestMailsAreListedNewestFirst(t *testing.T) {
	body := ask(newFullOutbox(t, 2), "127.0.0.1:8025", "/").Body.String()
	first, second := strings.Index(body, "Mail 2"), strings.Index(body, "Mail 1")
	if first < 0 || second < first || strings.Contains(body, "<b>") {
		t.Errorf("page %s", body)
	}
	if empty := ask(newFullOutbox(t, 0), "localhost:8025", "/").Body.String(); !strings.Contains(empty, "None yet") {
		t.Errorf("page %s", empty)
	}
}

func TestAMailIsShownAsText(t *testing.T) {
	w := ask(newFullOutbox(t, 1), "[::1]:8025", "/1")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Hola, Núria.") || strings.Contains(w.Body.String(), "<script>") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	for _, path := range []string{"/2", "/0", "/x", "/1/2", "/2/html"} {
		if w := ask(newFullOutbox(t, 1), "localhost:8025", path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestItsHTMLHasNoRights(t *testing.T) {
	w := ask(newFullOutbox(t, 1), "localhost", "/1/html")
	policy := w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || !strings.HasPrefix(policy, "sandbox; default-src 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("%d with %q", w.Code, policy)
	}
}

// A page elsewhere whose name points to this machine must read nothing.
func TestTheOutboxAnswersUnderLoopbackNamesOnly(t *testing.T) {
	for _, host := range []string{"evil.example", "evil.example:8025", "localhost.evil.example", "", "10.0.0.1:8025"} {
		if w := ask(newFullOutbox(t, 1), host, "/1"); w.Code != 421 || strings.Contains(w.Body.String(), "Hola") {
			t.Errorf("%q: %d %s", host, w.Code, w.Body)
		}
	}
}

func TestTheOutboxIsBounded(t *testing.T) {
	o := newFullOutbox(t, outboxLength+5)
	mails := o.Mails()
	if len(mails) != outboxLength || mails[0].Number != outboxLength+5 {
		t.Errorf("%d mails, the newest %d", len(mails), mails[0].Number)
	}
}
