// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"commonscloud.coop/clau/idp/store"
)

const (
	gatherFor = time.Millisecond // how long the first of a batch waits for others
	batchMax  = 256
)

var errClosed = fmt.Errorf("%w: closed", store.ErrUnavailable)

// task is one caller's part of a batch. Its do decides before it writes, so
// that an answer such as [store.ErrExists] leaves nothing behind; any other
// error undoes the whole batch.
type task struct {
	ctx    context.Context
	do     func(*table) error
	answer error
	done   chan error
}

// update runs do in the next batch and waits until that is on the disk. When it
// returns an error, do may still be running: callers must not look at what it
// writes then.
func (s *Store) update(ctx context.Context, do func(*table) error) error {
	t := &task{ctx: ctx, do: do, done: make(chan error, 1)}
	if err := s.open(ctx); err != nil {
		return err
	}
	select {
	case s.tasks <- t:
	case <-s.quit:
		return errClosed
	case <-ctx.Done():
		return gaveUp(ctx)
	}
	select {
	case err := <-t.done:
		return err
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

// view runs do over what is on the disk now.
func (s *Store) view(ctx context.Context, do func(*table) error) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	tx, err := s.begin()
	if err != nil {
		return s.outward(err)
	}
	defer tx.Rollback()
	return s.outward(do(tableOf(tx, s.now())))
}

func (s *Store) open(ctx context.Context) error {
	select {
	case <-s.quit:
		return errClosed
	case <-ctx.Done():
		return gaveUp(ctx)
	default:
		return nil
	}
}

func gaveUp(ctx context.Context) error {
	return fmt.Errorf("%w: %w", store.ErrUnavailable, context.Cause(ctx))
}

// writeLoop is the only writer.
func (s *Store) writeLoop() {
	timer := time.NewTimer(0)
	<-timer.C
	for {
		select {
		case <-s.quit:
			return
		case first := <-s.tasks:
			timer.Reset(gatherFor)
			s.commit(s.gather(first, timer.C))
			timer.Stop()
		case done := <-s.anew:
			done <- s.rewrite()
		}
	}
}

func (s *Store) gather(first *task, over <-chan time.Time) []*task {
	batch := []*task{first}
	for len(batch) < batchMax {
		select {
		case t := <-s.tasks:
			batch = append(batch, t)
		case <-over:
			return batch
		case <-s.quit:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction and answers every task of it.
func (s *Store) commit(batch []*task) {
	err := s.outward(s.run(batch))
	for _, t := range batch {
		if err != nil {
			t.answer = err
		}
		t.done <- t.answer
	}
}

func (s *Store) run(batch []*task) error {
	tx, err := s.db.Load().Begin(true)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	now := tableOf(tx, s.now())
	for _, t := range batch {
		if t.ctx.Err() != nil {
			t.answer = gaveUp(t.ctx) // nobody waits: a code must not be spent for nobody
			continue
		}
		t.answer = t.do(now)
		if t.answer != nil && !isAnswer(t.answer) {
			return t.answer
		}
	}
	if !now.changed {
		return nil
	}
	return tx.Commit()
}

func isAnswer(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict)
}

// outward turns what the file says into what a Store says; the cause is for the log.
func (s *Store) outward(err error) error {
	if err == nil || isAnswer(err) {
		return err
	}
	s.log.Error("store file failed", "error", err)
	return fmt.Errorf("%w: file failed", store.ErrUnavailable)
}
