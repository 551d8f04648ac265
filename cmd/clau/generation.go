// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp"
)

// generation is the Clau that answers now. Reading the configuration again
// makes another one over the same directory and store, and puts it in the
// place of the old: requests in flight end where they began.
type generation struct {
	node *node

	mu   sync.Mutex // one change at a time
	now  atomic.Pointer[idp.Clau]
	stop func()
}

// readyTime is how long a new Clau may take to find its signing keys before it
// answers all the same, saying "unavailable".
const readyTime = 5 * time.Second

// ServeHTTP lets the present Clau answer.
func (g *generation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.now.Load().ServeHTTP(w, r)
}

// replace begins a new generation and ends the one before.
func (g *generation) replace(ctx context.Context, s config.Settings) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, err := g.node.wire(s)
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = next.Run(running) // ends with its context
	}()
	select {
	case <-next.Ready():
	case <-time.After(readyTime):
		g.node.logger.Warn("signing keys not there yet; answering without them")
	case <-ctx.Done():
	}
	g.now.Store(next)
	g.end()
	g.stop = func() { cancel(); <-over }
	return nil
}

// end ends the present generation's work beside answering.
func (g *generation) end() {
	if g.stop != nil {
		g.stop()
	}
	g.stop = nil
}

// check asks the present generation what it depends on.
func (g *generation) check(part string) func(context.Context) error {
	return func(ctx context.Context) error { return g.now.Load().Checks()[part](ctx) }
}

// checks are those of the present generation, by name.
func (g *generation) checks() map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{}
	for part := range g.now.Load().Checks() {
		all[part] = g.check(part)
	}
	return all
}
