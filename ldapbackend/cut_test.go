// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// scissors cut the line at the message they are set to: before it is sent, or
// after, so that the answer is lost.
type scissors struct {
	left  atomic.Int64
	after bool

	// instead, when set, is done instead of cutting: what another node does at
	// that moment.
	instead func()
}

type cutLine struct {
	net.Conn
	*scissors
}

var errCut = errors.New("the line is cut")

func (c cutLine) Write(p []byte) (int, error) {
	if c.left.Add(-1) != 0 {
		return c.Conn.Write(p)
	}
	if c.instead != nil {
		c.instead()
		return c.Conn.Write(p)
	}
	if c.after {
		_, _ = c.Conn.Write(p)
	}
	_ = c.Conn.Close()
	return 0, errCut
}

func (s *scissors) open(t *testing.T, server *embedded.Server) *ldapbackend.Backend {
	return open(t, ldapbackend.Config{Base: slapdtest.DefaultBase, Dial: func(ctx context.Context) (net.Conn, error) {
		raw, err := server.Dial(ctx)
		return cutLine{raw, s}, err
	}})
}

// waiting is a collective with a manager and somebody who waits.
type waiting struct {
	*ldapbackend.Backend
	t             *testing.T
	unit, other   directory.CollectiveName
	manager, asks directory.PersonID
	count         int
}

func newWaiting(t *testing.T, b *ldapbackend.Backend) *waiting {
	t.Helper()
	w := &waiting{Backend: b, t: t, unit: "ateneu", other: "forn", manager: add(t, b, "marta").ID}
	for _, name := range []directory.CollectiveName{w.unit, w.other} {
		c := directory.Collective{ID: uuid.NewString(), Name: name, State: directory.Active, Title: "x"}
		if err := b.AddCollective(t.Context(), directory.System(), c); err != nil {
			t.Fatal(err)
		}
		if err := b.AddManager(t.Context(), directory.System(), name, w.manager); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *waiting) register() directory.CaseID {
	w.t.Helper()
	w.count++
	p := somebody(fmt.Sprintf("p%d", w.count))
	p.State, w.asks = directory.PendingApproval, p.ID
	c := directory.Case{ID: directory.CaseID(p.ID), Kind: directory.CaseRegister, Collective: w.unit, Person: p.ID, Created: time.Unix(1_800_000_000, 0)}
	if err := w.Register(w.t.Context(), p, c); err != nil {
		w.t.Fatal(err)
	}
	return c.ID
}

// everywhere does something over a line that is cut at its first message, then
// at the second, and so on until it is not cut any more.
func everywhere(t *testing.T, server *embedded.Server, do func(at string, cut *ldapbackend.Backend) error) {
	t.Helper()
	for _, after := range []bool{false, true} {
		for n := int64(1); ; n++ {
			s := &scissors{after: after}
			s.left.Store(n)
			at := fmt.Sprintf("cut at message %d, after sending it: %t", n, after)
			err := do(at, s.open(t, server))
			if s.left.Load() > 0 {
				if err != nil || n < 5 {
					t.Fatal(at, err)
				}
				break
			}
		}
	}
}

// TestAnApprovalThatIsCutOff: wherever that happens, the case is there for the
// managers until the person is active, and repeating finishes it.
func TestAnApprovalThatIsCutOff(t *testing.T) {
	server := startEmbedded(t)
	w := newWaiting(t, open(t, ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase}))
	at := time.Unix(1_800_000_000, 0)
	everywhere(t, server, func(where string, cut *ldapbackend.Backend) error {
		id := w.register()
		err := cut.Approve(t.Context(), directory.As(w.manager), w.unit, w.asks, at)
		if !w.oneOrTheOther(id) {
			t.Fatalf("%s: neither active nor waiting", where)
		}
		if err := w.Approve(t.Context(), directory.As(w.manager), w.unit, w.asks, at); err != nil {
			t.Fatal(where, err)
		}
		w.accepted(where, id)
		return err
	})
}

// TestAPassThatIsCutOff: nobody's voice goes with it, wherever it is cut.
func TestAPassThatIsCutOff(t *testing.T) {
	server := startEmbedded(t)
	w := newWaiting(t, open(t, ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase}))
	everywhere(t, server, func(where string, cut *ldapbackend.Backend) error {
		id := w.register()
		voices := []directory.PersonID{w.manager}
		if err := w.ChangeCase(t.Context(), directory.System(), w.unit, id, directory.CaseChange{Agreed: &voices}); err != nil {
			t.Fatal(err)
		}
		err := cut.MoveCase(t.Context(), w.unit, id, w.other)
		if again := w.MoveCase(t.Context(), w.unit, id, w.other); again != nil && !errors.Is(again, directory.ErrNotFound) {
			t.Fatal(where, again)
		}
		c, readErr := w.Case(t.Context(), w.other, id)
		p, personErr := w.Person(t.Context(), w.asks)
		if readErr != nil || personErr != nil || len(c.Agreed) > 0 || p.Primary != w.other {
			t.Fatal(where, c, readErr, p, personErr)
		}
		return err
	})
}

// TestARefusalThatIsCutOff: nothing of the person remains once it is repeated.
func TestARefusalThatIsCutOff(t *testing.T) {
	server := startEmbedded(t)
	w := newWaiting(t, open(t, ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase}))
	everywhere(t, server, func(where string, cut *ldapbackend.Backend) error {
		id := w.register()
		err := cut.RemoveCase(t.Context(), directory.As(w.manager), w.unit, id)
		if err := w.RemoveCase(t.Context(), directory.As(w.manager), w.unit, id); err != nil {
			t.Fatal(where, err)
		}
		_, readErr := w.Person(t.Context(), w.asks)
		is(t, readErr, directory.ErrNotFound)
		return err
	})
}

// listed is how many wait for the collective.
// oneOrTheOther reports whether somebody is active or waits. What was sent before
// the line was cut the server may still be at: a look that fell between two of
// its steps is taken again.
func (w *waiting) oneOrTheOther(id directory.CaseID) bool {
	w.t.Helper()
	for range 20 {
		_, caseErr := w.Case(w.t.Context(), w.unit, id)
		waits := caseErr == nil && w.listed() == 1
		p, err := w.Person(w.t.Context(), w.asks)
		if err == nil && (waits || p.State == directory.Active) {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func (w *waiting) listed() (n int) {
	w.t.Helper()
	for _, err := range w.ListCases(w.t.Context(), directory.CaseFilter{Collective: w.unit}) {
		if err != nil {
			w.t.Fatal(err)
		}
		n++
	}
	return n
}

// TestAnApprovalThatIsCrossed: whatever another manager does between any two
// steps of an acceptance, one of both decides, and nobody is half a member.
func TestAnApprovalThatIsCrossed(t *testing.T) {
	server := startEmbedded(t)
	w := newWaiting(t, open(t, ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase}))
	at := time.Unix(1_800_000_000, 0)
	for name, other := range map[string]func(id directory.CaseID) error{
		"refused": func(id directory.CaseID) error {
			return w.RemoveCase(t.Context(), directory.As(w.manager), w.unit, id)
		},
		"passed on": func(id directory.CaseID) error { return w.MoveCase(t.Context(), w.unit, id, w.other) },
		"accepted":  func(directory.CaseID) error { return w.Approve(t.Context(), directory.System(), w.unit, w.asks, at) },
	} {
		for n := int64(1); ; n++ {
			id := w.register()
			var crossed error
			s := &scissors{}
			s.instead = func() { crossed = other(id) }
			s.left.Store(n)
			err := s.open(t, server).Approve(t.Context(), directory.As(w.manager), w.unit, w.asks, at)
			if s.left.Load() > 0 {
				break
			}
			where := fmt.Sprintf("%s before message %d: %v, and acceptance: %v", name, n, crossed, err)
			if (err == nil) == (crossed == nil) {
				t.Fatal(where)
			}
			w.wholly(where, err == nil || name == "accepted")
		}
	}
}

// wholly checks that somebody is a member, and active, or neither.
func (w *waiting) wholly(where string, in bool) {
	w.t.Helper()
	p, err := w.Person(w.t.Context(), w.asks)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		w.t.Fatal(where, err)
	}
	standing, err := w.Standing(w.t.Context(), w.asks)
	if err != nil || standing.MemberOf(w.unit) != in || (p.State == directory.Active) != in {
		w.t.Fatal(where, p.State, standing, err)
	}
}

func (w *waiting) accepted(at string, id directory.CaseID) {
	w.t.Helper()
	p, err := w.Person(w.t.Context(), w.asks)
	if err != nil || p.State != directory.Active || p.Primary != w.unit || p.ValidatedBy != w.manager {
		w.t.Fatal(at, p, err)
	}
	standing, err := w.Standing(w.t.Context(), w.asks)
	if err != nil || !standing.MemberOf(w.unit) || standing.MemberOf(w.other) {
		w.t.Fatal(at, standing, err)
	}
	_, err = w.Case(w.t.Context(), w.unit, id)
	is(w.t, err, directory.ErrNotFound)
}
