// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"time"
)

// The pause before a watch that broke is begun again, doubled up to the longest.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// Run keeps a watch on the directory until ctx ends, and returns why it did.
// When the watch breaks, everything is forgotten, and again when it stands
// anew: nobody knows what happened meanwhile.
func (c *Cache) Run(ctx context.Context) error {
	pause := firstPause
	for {
		stood := false
		err := c.Watch(ctx, func(change Change) {
			stood = true
			c.changed(change)
		})
		c.flush()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if stood {
			pause = firstPause
		}
		c.logger.WarnContext(ctx, "watch on the directory broke", "error", err, "again_in", pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

func (c *Cache) changed(change Change) {
	switch change.Kind {
	case ChangedPerson:
		c.people.forget(change.Person)
	case ChangedStanding:
		c.standings.flush()
	case ChangedCollective:
		c.collectives.flush()
	case ChangedService:
		c.flushServices()
	case ChangedConsent:
		c.consents.forget(about(change.Person, change.Service))
	case ChangedKey: // not kept here
	default:
		c.flush()
	}
	c.heard(change)
}

func (c *Cache) flushServices() {
	c.byID.flush()
	c.byName.flush()
	c.byClient.flush()
	c.byEntity.flush()
	c.services.flush()
}

func (c *Cache) flush() {
	c.people.flush()
	c.standings.flush()
	c.collectives.flush()
	c.consents.flush()
	c.flushServices()
}
