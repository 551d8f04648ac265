// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

const (
	spoolLength = 10_000    // mails that may wait
	sizeMax     = 128 << 10 // of a message with all that belongs to it

	sweepEvery = 5 * time.Second
	sweepMax   = 64 // mails of one sweep: new ones come before the rest of a long line
	atOnce     = 4  // deliveries under way

	// claimFor is how long one node has a mail for itself; it must outlast a
	// try, and the erasure after it.
	claimFor  = 2 * time.Minute
	tryTime   = time.Minute
	eraseTime = 30 * time.Second

	// lastGrace is how long a try goes on after the end of Run. A mail server
	// that has the text but has not said so yet would get it twice.
	lastGrace = 4 * time.Second
)

// Sealer encrypts what waits. The context binds it to its place.
type Sealer interface {
	Seal(plain []byte, context string) ([]byte, error)
	Open(sealed []byte, context string) ([]byte, error)
}

// SpoolConfig is what a spool needs. All fields are needed but Limit.
type SpoolConfig struct {
	To     Sender
	Store  store.Store
	Sealer Sealer
	Now    func() time.Time
	Rand   io.Reader
	Logger *slog.Logger
	Limit  int // mails that may wait; zero: ten thousand
}

// Spool keeps mails, sealed, in the store that all nodes share until a mail
// server has taken them. See the drawing in the package comment.
type Spool struct {
	c       SpoolConfig
	waiting atomic.Int64  // as of the last sweep, and what came since
	wake    chan struct{} // holds one: there is something new
}

var _ Sender = (*Spool)(nil)

// NewSpool puts a spool in front of a sender. Somewhere [Spool.Run] must run.
func NewSpool(c SpoolConfig) *Spool {
	c.Limit = cmp.Or(c.Limit, spoolLength)
	return &Spool{c: c, wake: make(chan struct{}, 1)}
}

// Send keeps the mail and returns, after one round trip to the store. The error
// says only that it was not kept, with [ErrFull] when too many wait: a flood
// must not fill the store. What becomes of a mail later is in the log.
func (s *Spool) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	if s.waiting.Load() >= int64(s.c.Limit) {
		return ErrFull
	}
	w, err := s.enter(m)
	if err != nil {
		return err
	}
	sealed, err := s.seal(w)
	if err != nil {
		return err
	}
	if err := s.c.Store.Write(ctx, w.keep(sealed)...); err != nil {
		return fmt.Errorf("mail: not kept: %w", err)
	}
	s.waiting.Add(1)
	s.poke()
	return nil
}

// Run delivers what waits until ctx ends, and ends the tries under way. Every
// node may run it.
func (s *Spool) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.c.Logger.Warn("mails not swept", "cause", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// Forget erases what waits for a person, when the account is erased. A mail
// without [Message.Person], such as the last one, stays.
func (s *Spool) Forget(ctx context.Context, person directory.PersonID) error {
	names, err := s.c.Store.Members(ctx, ofKey(person))
	if err != nil || len(names) == 0 {
		return err
	}
	ops := []store.Op{store.Delete{Key: ofKey(person)}}
	for _, name := range names {
		ops = append(ops, store.Delete{Key: mailKey(name)})
	}
	return s.c.Store.Write(ctx, ops...)
}

func (s *Spool) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// gone reports what there is no use in trying again.
func gone(err error) bool {
	return errors.Is(err, ErrRefused) || errors.Is(err, ErrInvalid)
}

// pause is the time before the next try, after so many.
func pause(tries int) time.Duration {
	const first, longest = 10 * time.Second, 15 * time.Minute
	return min(first<<min(tries-1, 10), longest)
}

// hush keeps an address out of the log, should an error hold it.
func hush(err error, m Message) string {
	return strings.ReplaceAll(err.Error(), m.To, "[address]")
}
