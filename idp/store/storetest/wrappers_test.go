// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest_test

import (
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
)

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// The wrappers are stores themselves.
func TestWrappersKeepTheContract(t *testing.T) {
	for name, wrap := range map[string]func(store.Store) store.Store{
		"counting": func(s store.Store) store.Store { return storetest.Counting(s) },
		"broken":   func(s store.Store) store.Store { return storetest.Broken(s) },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) (store.Store, func(time.Duration)) {
				var passed atomic.Int64
				now := func() time.Time { return time.Unix(1_800_000_000, passed.Load()) }
				s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state"), Now: now})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return wrap(s), func(d time.Duration) { passed.Add(int64(d)) }
			})
		})
	}
}

func TestRoundTripsAreCounted(t *testing.T) {
	s := storetest.Counting(open(t))
	ctx := t.Context()
	err := s.Write(ctx, store.Put{Key: "a:1", TTL: time.Minute}, store.Delete{Key: "a:2"})
	_, errGet := s.Get(ctx, "a:1")
	_, errMissing := s.Get(ctx, "a:2")
	if err != nil || errGet != nil || !errors.Is(errMissing, store.ErrNotFound) {
		t.Fatal(err, errGet, errMissing)
	}
	if by := s.ByMethod(); s.Trips() != 3 || by["Write"] != 1 || by["Get"] != 2 {
		t.Errorf("%d round trips: %v", s.Trips(), by)
	}
	s.Reset()
	if s.Trips() != 0 {
		t.Errorf("%d round trips after Reset", s.Trips())
	}
}

func TestBrokenStoreDoesNothing(t *testing.T) {
	s, ctx := storetest.Broken(open(t)), t.Context()
	if err := s.PutNew(ctx, "a:1", nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	s.Break()
	if _, err := s.Take(ctx, "a:1"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Take of a broken store: %v", err)
	}
	s.Mend()
	if _, err := s.Take(ctx, "a:1"); err != nil {
		t.Errorf("Take after mending: %v", err)
	}
}
