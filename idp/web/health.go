// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	checkTime  = 2 * time.Second // for all checks together
	checkCache = time.Second     // an answer serves those who ask within
)

// Health answers /healthz (the process lives) and /readyz (it can do its work).
// A node that is not ready still serves what it can: only balancers ask.
type Health struct {
	parts []*part
	now   func() time.Time

	mu   sync.Mutex
	seen readiness
	at   time.Time
}

var _ Area = (*Health)(nil)

// part is something Clau depends on.
type part struct {
	name  string
	check func(context.Context) error
	busy  atomic.Bool // a check that does not come back is not started again
}

// readiness names what is up and what is down, and says nothing of why: the
// answer is for everybody.
type readiness struct {
	Ready bool              `json:"ready"`
	Parts map[string]string `json:"parts"`
}

// NewHealth makes health of named checks, which return nil when all is well.
func NewHealth(now func() time.Time, checks map[string]func(context.Context) error) *Health {
	h := &Health{now: now}
	for name, check := range checks {
		h.parts = append(h.parts, &part{name: name, check: check})
	}
	return h
}

// Routes are the two addresses that balancers and operators rely on.
func (h *Health) Routes() []Route {
	return []Route{
		{Pattern: "GET /healthz", Needs: Service, Handle: h.lives},
		{Pattern: "GET /readyz", Needs: Service, Handle: h.ready},
	}
}

func (h *Health) lives(w http.ResponseWriter, _ *http.Request) error {
	return WriteJSON(w, http.StatusOK, map[string]bool{"lives": true})
}

func (h *Health) ready(w http.ResponseWriter, r *http.Request) error {
	seen := h.look(r.Context())
	if !seen.Ready {
		return WriteJSON(w, http.StatusServiceUnavailable, seen)
	}
	return WriteJSON(w, http.StatusOK, seen)
}

// look holds the lock while it checks: those who ask meanwhile get the same
// answer, and a crowd of them costs the directory nothing.
func (h *Health) look(ctx context.Context) readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.at.IsZero() && h.now().Sub(h.at) < checkCache {
		return h.seen
	}
	// Whoever asked may go away; the answer is for the next one too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
	defer cancel()
	h.seen = h.checkAll(ctx)
	h.at = h.now()
	return h.seen
}

func (h *Health) checkAll(ctx context.Context) readiness {
	results := make([]<-chan error, len(h.parts))
	for i, p := range h.parts {
		results[i] = p.start(ctx)
	}
	seen := readiness{Ready: true, Parts: map[string]string{}}
	for i, p := range h.parts {
		seen.Parts[p.name] = "up"
		if !isUp(ctx, results[i]) {
			seen.Parts[p.name] = "down"
			seen.Ready = false
		}
	}
	return seen
}

func isUp(ctx context.Context, result <-chan error) bool {
	select {
	case err := <-result:
		return err == nil
	case <-ctx.Done():
		return false
	}
}

func (p *part) start(ctx context.Context) <-chan error {
	result := make(chan error, 1)
	if !p.busy.CompareAndSwap(false, true) {
		result <- context.DeadlineExceeded
		return result
	}
	go func() {
		err := p.check(ctx)
		p.busy.Store(false) // before the answer: whoever has it may ask again at once
		result <- err
	}()
	return result
}
