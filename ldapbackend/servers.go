// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The pause before a server that failed is tried again, doubled each time.
// While no server answers it stays short: then a try costs nobody anything.
const (
	firstPause = 250 * time.Millisecond
	lonePause  = time.Second
	longPause  = 30 * time.Second
)

// failover chooses the server. All connections go to one at a time, since
// replicas lag: what was written here is not yet to be read there.
type failover struct {
	now func() time.Time

	mu      sync.Mutex
	current int // where the last connection was made
	health  []health
}

type health struct {
	failures int
	retry    time.Time // not before
}

func newFailover(n int, now func() time.Time) *failover {
	return &failover{now: now, health: make([]health, n)}
}

// candidates are the servers worth trying now, in order of preference.
func (f *failover) candidates() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []int
	for i, h := range f.health {
		if !f.now().Before(h.retry) {
			list = append(list, i)
		}
	}
	return list
}

func (f *failover) up(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.health[i] = health{}
	f.current = i
}

func (f *failover) down(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := &f.health[i]
	h.failures++
	pause := min(firstPause<<min(h.failures-1, 10), longPause)
	if f.noneUp() {
		pause = min(pause, lonePause)
	}
	h.retry = f.now().Add(pause)
}

func (f *failover) noneUp() bool {
	for _, h := range f.health {
		if h.failures == 0 {
			return false
		}
	}
	return true
}

// here reports whether server i is the one in use.
func (f *failover) here(i int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current == i
}

var errNoServer = errors.New("no server answers")

// dial opens a connection to the first server that answers.
func (b *Backend) dial(ctx context.Context, login bool) (*conn, error) {
	last := errNoServer
	for _, i := range b.failover.candidates() {
		c, err := b.open(ctx, i, login)
		if err == nil {
			b.failover.up(i)
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, unavailable(ctx.Err()) // the caller gave up: that says nothing of the server
		}
		b.failover.down(i)
		b.config.Logger.WarnContext(ctx, "directory server does not answer", "server", b.serverName(i), "error", err)
		last = err
	}
	return nil, unavailable(fmt.Errorf("connect: %w", last))
}

func (b *Backend) serverName(i int) string {
	if b.config.Dial != nil {
		return "in process"
	}
	return b.servers[i].address
}
