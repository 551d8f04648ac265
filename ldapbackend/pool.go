// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// How long a connection may live, and lie idle. A limited life lets a fleet
// return to the preferred server, and load balancers forget a node.
const (
	connLife = 30 * time.Minute
	connIdle = 5 * time.Minute
)

// pool bounds how many operations run at once. Whoever comes first is served
// first; whoever waits longer than patience gets the error full.
type pool struct {
	dial     func(context.Context) (*conn, error)
	failover *failover
	now      func() time.Time
	patience time.Duration
	full     error
	slots    chan struct{} // one token for each operation under way

	mu     sync.Mutex
	idle   []*conn // last used at the end
	closed bool
}

func (b *Backend) newPool(size int, full error, dial func(context.Context) (*conn, error)) *pool {
	return &pool{
		dial: dial, failover: b.failover, now: b.config.Now, patience: b.config.Timeout,
		full: full, slots: make(chan struct{}, size),
	}
}

// do runs op on a connection of the pool. With fresh it is a new one.
func (p *pool) do(ctx context.Context, fresh bool, op func(*ldap.Conn) error) (bool, error) {
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	c, reused, err := p.take(ctx, fresh)
	if err != nil {
		return false, err
	}
	started := time.Now()
	err = c.run(ctx, op)
	if broken(err) && ctx.Err() == nil && time.Since(started) >= p.patience {
		p.failover.down(c.server) // it hangs, rather than having been restarted
	}
	p.giveBack(ctx, c, err)
	return reused, err
}

// enter waits for a turn. Channels serve senders in the order of arrival.
func (p *pool) enter(ctx context.Context) error {
	if p.isClosed() {
		return unavailable(errClosed)
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	wait := time.NewTimer(p.patience)
	defer wait.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return sentinel(p.full, ctx.Err())
	case <-wait.C:
		return p.full
	}
}

func (p *pool) leave() { <-p.slots }

// take returns an idle connection to the server in use, or a new one.
func (p *pool) take(ctx context.Context, fresh bool) (*conn, bool, error) {
	for !fresh {
		c := p.pop()
		if c == nil {
			break
		}
		if !c.IsClosing() && !p.stale(c) && p.failover.here(c.server) {
			return c, true, nil
		}
		c.discard()
	}
	c, err := p.dial(ctx)
	return c, false, err
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	last := len(p.idle) - 1
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c
}

// stale spreads the ends of lives over a tenth, so that they do not coincide.
func (p *pool) stale(c *conn) bool {
	life := connLife - rand.N(connLife/10)
	return p.now().Sub(c.born) > life || p.now().Sub(c.used) > connIdle
}

func (p *pool) giveBack(ctx context.Context, c *conn, err error) {
	if broken(err) || ctx.Err() != nil || c.IsClosing() {
		c.discard()
		return
	}
	c.used = p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) == cap(p.slots) {
		c.discard()
		return
	}
	p.idle = append(p.idle, c)
}

var errClosed = errors.New("the backend is closed")

func (p *pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// close ends the idle connections and those under way when they come back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.discard()
	}
	p.idle = nil
}
