// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// testPool has connections that lead nowhere.
func testPool(t *testing.T, size int) (*pool, *atomic.Int64) {
	var dials atomic.Int64
	b := &Backend{config: Config{Now: time.Now, Timeout: time.Second}.defaults(), failover: newFailover(1, time.Now)}
	p := b.newPool(size, directory.ErrBusy, func(context.Context) (*conn, error) {
		dials.Add(1)
		near, far := net.Pipe()
		t.Cleanup(func() { _ = far.Close() })
		c := &conn{Conn: start(near, false), raw: near, born: time.Now(), used: time.Now()}
		c.SetTimeout(time.Second)
		return c, nil
	})
	t.Cleanup(p.close)
	return p, &dials
}

func do(ctx context.Context, p *pool, op func()) error {
	_, err := p.do(ctx, false, func(*ldap.Conn) error { op(); return nil })
	return err
}

// TestLoginsAreServedInTurn: two at once, the others in the order of arrival,
// and whoever would wait too long is told so.
func TestLoginsAreServedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := testPool(t, 2)
		var mu sync.Mutex
		var order []int
		busy := 0
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond) // they come one by one
				err := do(t.Context(), p, func() {
					mu.Lock()
					order = append(order, i)
					mu.Unlock()
					time.Sleep(400 * time.Millisecond)
				})
				if errors.Is(err, directory.ErrBusy) {
					mu.Lock()
					busy++
					mu.Unlock()
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if !slices.Equal(order, []int{0, 1, 2, 3, 4, 5}) || busy != 2 {
			t.Fatalf("served %v, %d too many", order, busy)
		}
		p.close()
		synctest.Wait()
	})
}

func TestWhoGivesUpWaitingIsToldWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := testPool(t, 1)
		release := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { _ = do(t.Context(), p, func() { <-release }) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		err := do(ctx, p, func() { t.Error("two at once") })
		if !errors.Is(err, directory.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		close(release)
		all.Wait()
		if err := do(t.Context(), p, func() {}); err != nil {
			t.Fatal(err) // the place was not lost
		}
		p.close()
		synctest.Wait()
	})
}

func TestConnectionsAreUsedAgainWhileYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dials := testPool(t, 4)
		use := func() {
			t.Helper()
			if err := do(t.Context(), p, func() {}); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			use()
		}
		if dials.Load() != 1 {
			t.Fatalf("%d connections for ten calls in a row", dials.Load())
		}
		time.Sleep(connIdle + time.Second)
		use()
		if dials.Load() != 2 {
			t.Fatal("an idle connection was kept")
		}
		for range 31 {
			time.Sleep(time.Minute)
			use()
		}
		if dials.Load() != 3 {
			t.Fatalf("%d connections after half an hour", dials.Load())
		}
		p.close()
		synctest.Wait()
	})
}

// TestServersAreTriedAgainLessAndLessOften, but often while there is no other.
func TestServersAreTriedAgainLessAndLessOften(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	f := newFailover(2, func() time.Time { return now })
	if got := f.candidates(); !slices.Equal(got, []int{0, 1}) {
		t.Fatal(got)
	}
	for range 20 {
		f.down(0)
	}
	f.up(1)
	now = now.Add(29 * time.Second)
	if got := f.candidates(); !slices.Equal(got, []int{1}) {
		t.Fatal(got)
	}
	now = now.Add(time.Second)
	if got := f.candidates(); !slices.Equal(got, []int{0, 1}) || !f.here(1) {
		t.Fatal(got)
	}
	f.up(0)
	if !f.here(0) {
		t.Fatal("the preferred server is not used again")
	}
	for range 20 {
		f.down(0)
		f.down(1)
	}
	if got := f.candidates(); len(got) != 0 {
		t.Fatal(got)
	}
	now = now.Add(time.Second)
	if got := f.candidates(); !slices.Equal(got, []int{1}) && !slices.Equal(got, []int{0, 1}) {
		t.Fatalf("after a second without any server: %v", got)
	}
}
