// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"sync/atomic"
	"time"
)

// Clock stands still until it is moved. It may be read from any goroutine, as
// stores do that sweep in the background.
type Clock struct{ at atomic.Pointer[time.Time] }

// NewClock returns a clock that stands at start.
func NewClock(start time.Time) *Clock {
	c := &Clock{}
	c.Set(start)
	return c
}

// Now reads the clock.
func (c *Clock) Now() time.Time { return *c.at.Load() }

// Set moves the clock to a moment.
func (c *Clock) Set(to time.Time) { c.at.Store(&to) }

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }
