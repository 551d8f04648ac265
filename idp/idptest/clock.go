// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"sync"
	"time"
)

// Clock tells the real time, shifted by what a test added to it.
type Clock struct {
	mu      sync.Mutex
	shifted time.Duration
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.shifted)
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shifted += d
}
