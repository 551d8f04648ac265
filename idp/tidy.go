// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

const (
	tidyEvery = 24 * time.Hour

	// tidyAfter is how long an erasure waits for others, so that a file is
	// rewritten once for all of them.
	tidyAfter = 10 * time.Minute
)

// tidier rewrites the files of the embedded stores: what was erased from them
// leaves their free pages only then.
type tidier struct {
	rewrite []func(context.Context) error
	logger  *slog.Logger
	due     chan struct{}
}

func newTidier(rewrite []func(context.Context) error, logger *slog.Logger) *tidier {
	return &tidier{rewrite: rewrite, logger: logger, due: make(chan struct{}, 1)}
}

// erased lets the files be rewritten soon. It never waits.
func (t *tidier) erased() {
	select {
	case t.due <- struct{}{}:
	default:
	}
}

// run tidies once a day, and soon after an erasure, until ctx ends.
func (t *tidier) run(ctx context.Context) {
	daily := time.NewTicker(tidyEvery)
	defer daily.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-daily.C:
		case <-t.due:
			if !wait(ctx, tidyAfter) {
				return
			}
		}
		t.tidy(ctx)
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// tidy goes on where one file cannot be rewritten, as when the disk is full:
// the next day is soon enough to try again.
func (t *tidier) tidy(ctx context.Context) {
	for _, rewrite := range t.rewrite {
		if err := rewrite(ctx); err != nil && ctx.Err() == nil {
			t.logger.Error("a file of the stores was not rewritten; what was erased may still be in its free pages", "cause", err)
		}
	}
}

// Tidy rewrites the files now; [Clau.Run] does it every day.
func (c *Clau) Tidy(ctx context.Context) { c.tidier.tidy(ctx) }

// forget drops what is kept of somebody beside the directory, who was erased.
func (f *foundation) forget(ctx context.Context, id directory.PersonID) error {
	f.tidier.erased()
	err := f.book.ForgetPerson(ctx, id)
	if f.spool != nil {
		err = errors.Join(err, f.spool.Forget(ctx, id))
	}
	return err
}
