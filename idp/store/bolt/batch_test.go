// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// One caller's failed write takes back its neighbours' writes too, and all of
// them are told.
func TestFailedBatchIsUndoneForAll(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"), time.Now)
	ok := &task{ctx: t.Context(), done: make(chan error, 1), do: func(tb *table) error {
		return tb.set("session:1", valueKind, []byte("Ada"), tb.after(time.Hour))
	}}
	bad := &task{ctx: t.Context(), done: make(chan error, 1), do: func(*table) error {
		return errors.New("input/output error")
	}}
	s.commit([]*task{ok, bad})
	for _, task := range []*task{ok, bad} {
		if err := <-task.done; !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("answer %v, want ErrUnavailable", err)
		}
	}
	if _, err := s.Get(t.Context(), "session:1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the neighbour's write stands: %v", err)
	}
}

// Whoever gave up before the batch ran must not have spent anything.
func TestNothingIsDoneForThoseWhoLeft(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"), time.Now)
	put(t, s, "flow:1", "x", time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	left := &task{ctx: ctx, done: make(chan error, 1), do: func(tb *table) error { return tb.remove("flow:1") }}
	s.commit([]*task{left})
	if err := <-left.done; !errors.Is(err, context.Canceled) {
		t.Errorf("answer %v", err)
	}
	wantValue(t, s, "flow:1", "x")
}

func TestTimeTooFarIsTheLast(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"), time.Now)
	put(t, s, "session:1", "Ada", 1<<63-1)
	wantValue(t, s, "session:1", "Ada")
}
