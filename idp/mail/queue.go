// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const queueLength = 1000

// QueueConfig is what a queue needs of its surroundings.
type QueueConfig struct {
	Logger *slog.Logger

	// Delays between tries; after the last one a mail is given up. Nil means
	// from ten seconds to four hours, some eight hours in all: what mails are
	// about is out of date by then.
	Delays []time.Duration
}

// Queue sends in the background and tries again when the server is away, so
// that no page waits for a mail server. Close it at the end.
type Queue struct {
	to     Sender
	logger *slog.Logger
	delays []time.Duration
	places chan struct{} // one for each mail that waits
	lines  chan struct{} // one for each delivery under way

	mu         sync.Mutex // guards closed, and deliveries against growing after it
	closed     bool
	closing    chan struct{}
	deliveries sync.WaitGroup
}

var _ Sender = (*Queue)(nil)

// NewQueue puts a queue in front of a sender.
func NewQueue(to Sender, c QueueConfig) *Queue {
	if c.Delays == nil {
		c.Delays = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute,
			time.Hour, 2 * time.Hour, 4 * time.Hour}
	}
	return &Queue{
		to:      to,
		logger:  c.Logger,
		delays:  c.Delays,
		places:  make(chan struct{}, queueLength),
		lines:   make(chan struct{}, atOnce),
		closing: make(chan struct{}),
	}
}

// Send takes the mail and returns at once. The error says only that it was not
// taken; what becomes of it later is in the log.
func (q *Queue) Send(_ context.Context, m Message) error {
	err := m.check()
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	select {
	case q.places <- struct{}{}:
	default:
		return ErrFull
	}
	q.deliveries.Go(func() {
		defer func() { <-q.places }()
		q.deliver(m)
	})
	return nil
}

func (q *Queue) deliver(m Message) {
	for try := 0; ; try++ {
		err := q.attempt(m)
		if err == nil {
			return
		}
		last := try == len(q.delays) || errors.Is(err, ErrRefused) || errors.Is(err, ErrInvalid) || q.isClosing()
		if last {
			q.logger.Error("mail given up", "tries", try+1, "error", err)
			return
		}
		q.logger.Warn("mail waits", "tries", try+1, "error", err)
		q.wait(q.delays[try])
	}
}

func (q *Queue) attempt(m Message) error {
	q.lines <- struct{}{}
	defer func() { <-q.lines }()
	ctx, cancel := context.WithTimeout(context.Background(), tryTime)
	defer cancel()
	return q.to.Send(ctx, m)
}

// wait ends early when the queue closes: everything gets one last try.
func (q *Queue) wait(delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.closing:
	}
}

func (q *Queue) isClosing() bool {
	select {
	case <-q.closing:
		return true
	default:
		return false
	}
}

// Close takes no more mails, tries each that waits once more, and returns when
// that is done, or with ctx.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.closing)
	}
	q.mu.Unlock()

	done := make(chan struct{})
	go func() {
		q.deliveries.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		q.logger.Error("mails lost at the end", "mails", len(q.places))
		return ctx.Err()
	}
}
