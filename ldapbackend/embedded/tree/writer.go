// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"context"
	"fmt"
)

// job is a write that waits for its turn.
type job struct {
	do   func(*Write) error
	err  error
	done chan struct{}
}

// Write calls f when its turn has come, and returns when its changes are on the
// disk. If f returns an error nothing is changed. Writes that wait together are
// committed together, for the wait for the disk is what they cost.
//
// f may be called again from the start if a neighbour in the same commit fails
// halfway; it must touch nothing but the tree and what it sets anew each time.
// If ctx ends first the write may still happen.
func (s *Store) Write(ctx context.Context, f func(*Write) error) error {
	j := &job{do: f, done: make(chan struct{})}
	select {
	case s.jobs <- j:
	case <-s.stopping:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-j.done:
		return j.err
	case <-s.stopped:
		select {
		case <-j.done:
			return j.err
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writer serves the jobs, all that wait in one commit.
func (s *Store) writer() {
	defer close(s.stopped)
	for {
		select {
		case j := <-s.jobs:
			s.commit(s.gather(j))
		case done := <-s.compactions:
			done <- s.rewrite()
		case <-s.stopping:
			if jobs := s.gather(); len(jobs) > 0 {
				s.commit(jobs)
				continue
			}
			return
		}
	}
}

func (s *Store) gather(jobs ...*job) []*job {
	for len(jobs) < cap(s.jobs) {
		select {
		case j := <-s.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// commit runs jobs in one transaction. A job that fails after it changed
// something spoils the transaction: the others are run again without it.
func (s *Store) commit(jobs []*job) {
	for len(jobs) > 0 {
		spoiler, err := s.attempt(jobs)
		if spoiler < 0 {
			s.finish(jobs, err)
			return
		}
		s.finish(jobs[spoiler:spoiler+1], nil)
		jobs = append(jobs[:spoiler:spoiler], jobs[spoiler+1:]...)
	}
}

// attempt returns the place of the job that spoiled the transaction, or -1 and
// what became of the commit.
func (s *Store) attempt(jobs []*job) (int, error) {
	tx, err := s.db.Load().Begin(true)
	if err != nil {
		return -1, fmt.Errorf("tree: begin: %w", err)
	}
	changed := false
	for i, j := range jobs {
		w := &Write{Read: Read{s, tx}}
		if j.err = run(j, w); j.err != nil && w.dirty {
			return i, tx.Rollback()
		}
		changed = changed || w.dirty
	}
	if !changed {
		return -1, tx.Rollback()
	}
	if err := tx.Commit(); err != nil {
		_ = tx.Rollback()
		return -1, fmt.Errorf("tree: commit: %w", err)
	}
	s.announce()
	return -1, nil
}

// run turns a panic into an error: the writer serves everybody.
func run(j *job, w *Write) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.dirty, err = true, fmt.Errorf("tree: panic in write: %v", r)
		}
	}()
	return j.do(w)
}

func (s *Store) finish(jobs []*job, err error) {
	for _, j := range jobs {
		if err != nil && j.err == nil {
			j.err = err
		}
		close(j.done)
	}
}
