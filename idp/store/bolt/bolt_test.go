// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/storetest"
)

// clock is a time that only tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}

func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

func open(t testing.TB, path string, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(Config{Path: path, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (store.Store, func(time.Duration)) {
		clock := new(clock)
		return open(t, filepath.Join(t.TempDir(), "state"), clock.now), clock.advance
	})
}
