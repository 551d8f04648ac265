// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"context"
	"time"
)

const (
	sweepEvery = 5 * time.Second
	sweepStep  = 256 // removed in one transaction, so that nobody waits long for it
)

// sweepLoop removes what has expired.
func (s *Store) sweepLoop() {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-ticker.C:
			s.sweep(context.Background())
		}
	}
}

// sweep goes on in steps until nothing that is due is left.
func (s *Store) sweep(ctx context.Context) {
	for s.anyDue(ctx) {
		err := s.update(ctx, func(t *table) error { return t.sweep(sweepStep) })
		if err != nil {
			return // logged, or closing; the next tick tries again
		}
	}
}

func (s *Store) anyDue(ctx context.Context) bool {
	found := false
	err := s.view(ctx, func(t *table) error {
		_, _, found = t.firstDue()
		return nil
	})
	return err == nil && found
}

// firstDue finds the key that waits longest for the sweeper.
func (t *table) firstDue() (at int64, key string, ok bool) {
	k, _ := t.due.Cursor().First()
	if len(k) < 8 {
		return 0, "", false
	}
	at, key = splitDueKey(k)
	return at, key, at <= t.now
}

// sweep removes what has expired, or moves in "due" what was prolonged since,
// until budget entries have been handled.
func (t *table) sweep(budget int) error {
	for budget > 0 {
		at, key, ok := t.firstDue()
		if !ok {
			return nil
		}
		t.changed = true
		handled, err := t.settle(at, key, budget)
		if err != nil {
			return err
		}
		budget -= handled
	}
	return nil
}

// settle deals with one key that is due. A large set goes piece by piece, its
// own entry last.
func (t *table) settle(at int64, key string, budget int) (int, error) {
	e, ok := t.raw(key)
	if !ok || e.due != at {
		return 1, t.due.Delete(dueKey(at, key))
	}
	if t.now < e.expires {
		if err := t.due.Delete(dueKey(at, key)); err != nil {
			return 0, err
		}
		e.due = e.expires
		if err := t.due.Put(dueKey(e.due, key), nil); err != nil {
			return 0, err
		}
		return 1, t.entries.Put([]byte(key), e.encode())
	}
	if e.kind == setKind {
		n, err := t.purge(key, budget)
		if err != nil || n == budget {
			return n, err
		}
		return n + 1, t.remove(key)
	}
	return 1, t.remove(key)
}
