// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// stream follows changes and tells them as words.
type stream struct {
	t      *testing.T
	events chan string
	cookie []byte
}

func follow(t *testing.T, c *ldap.Conn, cookie []byte) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	c.SetTimeout(0)
	s := &stream{t: t, events: make(chan string, 1000)}
	r := c.Syncrepl(ctx, ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", []string{"1.1"}, nil),
		64, ldap.SyncRequestModeRefreshAndPersist, cookie, false)
	go func() {
		for r.Next() {
			s.tell(r.Entry(), r.Controls())
		}
		s.events <- "end " + told(r.Err())
	}()
	return s
}

func (s *stream) tell(e *ldap.Entry, controls []ldap.Control) {
	for _, c := range controls {
		switch c := c.(type) {
		case *ldap.ControlSyncState:
			rdn, _, _ := strings.Cut(e.DN, ",")
			if len(c.Cookie) > 0 {
				s.cookie = c.Cookie
			}
			s.events <- fmt.Sprintf("%s %s", []string{"present", "add", "modify", "delete"}[c.State], rdn)
		case *ldap.ControlSyncInfo:
			switch {
			case c.RefreshPresent != nil:
				s.cookie = c.RefreshPresent.Cookie
				s.events <- "present done"
			case c.RefreshDelete != nil:
				s.cookie = c.RefreshDelete.Cookie
				s.events <- "deletes done"
			}
		}
	}
}

func (s *stream) until(last string) []string {
	s.t.Helper()
	var seen []string
	for deadline := time.After(10 * time.Second); ; {
		select {
		case e := <-s.events:
			if seen = append(seen, e); e == last {
				return seen
			}
		case <-deadline:
			s.t.Fatalf("waited for %q, saw %q", last, seen)
		}
	}
}

func TestChangesAreFollowed(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	f := follow(t, asIDP(t, s), nil)
	if seen := f.until("present done"); len(seen) < 15 {
		t.Fatalf("refresh: %q", seen)
	}
	do := func(d deed) {
		t.Helper()
		if got := d(c); got != "0" {
			t.Fatal(got)
		}
	}
	do(setTo(pau, "displayName", "Pau V."))
	do(addTo("cn=members,"+ateneu, "member", iu))
	do(moves("cn=nuvol,ou=access,"+ateneu, "cn=nuvol2", ""))
	do(deletes("clauServiceId=a1," + marta))
	got := strings.Join(f.until("delete clauServiceId=a1"), ", ")
	want := "modify clauId=8e1d0f7c-93c4-4c0f-8a44-51c7d7b30002, modify cn=members, modify cn=nuvol2, delete clauServiceId=a1"
	if got != want {
		t.Errorf("told %q\nwant %q", got, want)
	}

	// Somebody who was away learns only what is new.
	cookie := f.cookie
	do(setTo(iu, "displayName", "Iu R."))
	again := follow(t, asIDP(t, s), cookie)
	if seen := again.until("deletes done"); len(seen) != 2 || seen[0] != "modify clauId=c2a9be55-1d5d-4b67-b0f6-0d35a5c40003" {
		t.Errorf("resumed: %q", seen)
	}

	// The newest state can be asked for, to begin there.
	csn := read(t, c, base, "contextCSN").GetAttributeValue("contextCSN")
	now := follow(t, asIDP(t, s), []byte("rid=000,csn="+csn))
	if seen := now.until("deletes done"); len(seen) != 1 {
		t.Errorf("from now: %q", seen)
	}
	do(deletes("cn=members," + forn))
	now.until("delete cn=members")

	// A cookie of another life is no cookie.
	other := follow(t, asIDP(t, s), []byte("rid=000,csn=20200101000000.000000Z#000000#000#000000"))
	other.until("present done")
}

func TestOnlyClauFollowsChanges(t *testing.T) {
	s := start(t)
	if got := setsPassword(pau, "", password)(asIDP(t, s)); got != "0" {
		t.Fatal(got)
	}
	f := follow(t, as(t, s, pau, password), nil)
	f.until("end 50")
}

func TestClosingEndsStreams(t *testing.T) {
	s, err := embedded.Open(config(t))
	if err != nil {
		t.Fatal(err)
	}
	f := follow(t, asIDP(t, s), nil)
	f.until("present done")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f.until("end 52")
	if _, err := s.Dial(context.Background()); err == nil {
		t.Error("a closed server is dialled")
	}
}

// TestAFollowerWhoSleepsHoldsUpNobody: it does not read, and others write.
func TestAFollowerWhoSleepsHoldsUpNobody(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	asleep := asIDP(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	asleep.Syncrepl(ctx, ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", nil, nil),
		0, ldap.SyncRequestModeRefreshAndPersist, nil, false)
	started := time.Now()
	for i := range 300 {
		if got := setTo(pau, "displayName", fmt.Sprint("Pau ", i))(c); got != "0" {
			t.Fatal(got)
		}
	}
	if time.Since(started) > 15*time.Second {
		t.Error("writes waited for a reader")
	}
}

func TestClosingDoesNotWaitForWhoSleeps(t *testing.T) {
	s := start(t)
	if err := s.Import(crowd(2000)); err != nil {
		t.Fatal(err)
	}
	c := raw(t, s)
	for _, message := range []wire.Message{{ID: 1, Op: wire.Bind{}}, {ID: 2, Op: wire.Search{}}} {
		if _, err := c.Write(encode(message)); err != nil {
			t.Fatal(err)
		}
		if message.ID == 1 {
			answer(t, c)
		}
	}
	started := time.Now()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if time.Since(started) > 10*time.Second {
		t.Error("closing took", time.Since(started))
	}
}

// encode writes an EXTERNAL bind, or a search for everything.
func encode(m wire.Message) []byte {
	var w wire.Builder
	w.Nest(wire.TagSequence, func() {
		w.Integer(wire.TagInteger, m.ID)
		if _, ok := m.Op.(wire.Bind); ok {
			w.Nest(0x60, func() {
				w.Integer(wire.TagInteger, 3)
				w.Text("")
				w.Nest(0xa3, func() { w.Text("EXTERNAL") })
			})
			return
		}
		w.Nest(0x63, func() {
			w.Text(base)
			w.Integer(wire.TagEnumerated, 2)
			w.Integer(wire.TagEnumerated, 0)
			w.Integer(wire.TagInteger, 0)
			w.Integer(wire.TagInteger, 0)
			w.Flag(false)
			w.Add(0x87, "objectClass")
			w.Nest(wire.TagSequence, func() {})
		})
	})
	return w.Bytes()
}
