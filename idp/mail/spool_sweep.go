// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// outcome says what a look at a mail tells of the mail server.
type outcome int

const (
	untold  outcome = iota // it was not asked
	reached                // it answered, whatever it said
	missed
)

// Sweep tries each mail that is due, new ones first, and returns when that is
// done. A mail server that is away is not asked for each of a thousand mails:
// after some misses in a row the rest waits for the next sweep.
func (s *Spool) Sweep(ctx context.Context) error {
	members, err := s.c.Store.Members(ctx, spoolKey)
	if err != nil {
		return err
	}
	s.waiting.Store(int64(len(members)))
	due := dueAt(s.c.Now(), members)
	now := due[:min(len(due), sweepMax)]
	var lines errgroup.Group
	lines.SetLimit(atOnce)
	var misses, answers atomic.Int32
	for _, p := range now {
		if ctx.Err() != nil || misses.Load() >= atOnce {
			break
		}
		lines.Go(func() error {
			came, err := s.attend(ctx, p)
			switch came {
			case missed:
				misses.Add(1)
			case reached:
				misses.Store(0)
				answers.Add(1)
			}
			return err
		})
	}
	err = lines.Wait()
	if len(due) > len(now) && answers.Load() > 0 && misses.Load() < atOnce {
		s.poke() // the rest need not wait for the next tick
	}
	return err
}

func dueAt(now time.Time, members []string) []place {
	var due []place
	for _, member := range members {
		p, ok := parsePlace(member)
		if ok && p.due <= now.Unix() {
			due = append(due, p)
		}
	}
	slices.SortFunc(due, place.before)
	return due
}

// attend tries the mail at a place, if nobody else does. Reading comes after
// claiming: what another node delivered a moment ago is then seen to be gone.
func (s *Spool) attend(ctx context.Context, p place) (outcome, error) {
	ctx, cancel := outlast(ctx)
	defer cancel()
	err := s.c.Store.PutNew(ctx, claimKey(p.name), []byte{1}, claimFor)
	if errors.Is(err, store.ErrExists) {
		return untold, nil
	}
	if err != nil {
		return untold, err
	}
	sealed, err := s.c.Store.Get(ctx, mailKey(p.name))
	if errors.Is(err, store.ErrNotFound) {
		return untold, s.vacate(ctx, p)
	}
	if err != nil {
		return untold, err
	}
	w, err := s.open(sealed, p.name)
	if err != nil {
		return untold, s.leaveShut(ctx, p, err)
	}
	if w.place() != p {
		// The node that put it off died before it could say so here.
		return untold, s.c.Store.Write(ctx, move(p, w.place())...)
	}
	return s.try(ctx, p, w, sealed)
}

// outlast is ctx, but that it ends a little later.
func outlast(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastGrace, cancel) })
	return longer, func() { stop(); cancel() }
}

// vacate clears a place without a mail: it was erased, or its time is over. A
// place that is new may have been written a moment before its mail.
func (s *Spool) vacate(ctx context.Context, p place) error {
	if s.c.Now().Before(time.Unix(p.due, 0).Add(claimFor)) {
		return nil
	}
	return s.c.Store.Write(ctx, store.Leave{Key: spoolKey, Member: p.String()})
}

// leaveShut puts off what does not open, until its time is over: another node
// may have the right master secret.
func (s *Spool) leaveShut(ctx context.Context, p place, cause error) error {
	s.c.Logger.Error("mail cannot be opened", "mail", p.name, "cause", cause)
	return s.c.Store.Write(ctx, move(p, place{p.tries, s.c.Now().Add(time.Hour).Unix(), p.name})...)
}

// move gives a mail another place, and gives back the claim.
func move(from, to place) []store.Op {
	return []store.Op{
		store.Join{Key: spoolKey, Member: to.String(), TTL: retention.Mail},
		store.Leave{Key: spoolKey, Member: from.String()},
		store.Delete{Key: claimKey(from.name)},
	}
}

func (s *Spool) try(ctx context.Context, p place, w waiting, sealed []byte) (outcome, error) {
	attempt, cancel := context.WithTimeout(ctx, tryTime)
	sent := s.c.To.Send(attempt, w.Message)
	cancel()
	w.Tries++
	if sent == nil {
		return reached, s.erase(ctx, p, w)
	}
	now := s.c.Now()
	w.Next = now.Add(pause(w.Tries))
	waited := now.Sub(w.Message.At).Round(time.Second)
	came := missed
	if gone(sent) {
		came = reached
	}
	if came == reached || !w.Next.Before(w.deadline()) {
		s.c.Logger.Error("mail given up", "mail", p.name, "tries", w.Tries, "waited", waited, "error", hush(sent, w.Message))
		return came, s.erase(ctx, p, w)
	}
	s.c.Logger.Warn("mail waits", "mail", p.name, "tries", w.Tries, "waited", waited, "error", hush(sent, w.Message))
	return came, s.putOff(ctx, p, w, sealed)
}

// putOff keeps a mail for later, unless it was erased meanwhile.
func (s *Spool) putOff(ctx context.Context, p place, w waiting, old []byte) error {
	sealed, err := s.seal(w)
	if err != nil {
		return err
	}
	err = s.c.Store.Swap(ctx, mailKey(p.name), old, sealed, w.left(s.c.Now()))
	if errors.Is(err, store.ErrNotFound) {
		return s.c.Store.Write(ctx, w.erase(p)...)
	}
	if err != nil {
		return err
	}
	return s.c.Store.Write(ctx, move(p, w.place())...)
}

// erase removes a mail that is done with. A store that is away for a moment must
// not make it go out twice; the claim stays, for nodes that read of it before.
func (s *Spool) erase(ctx context.Context, p place, w waiting) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), eraseTime)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := s.c.Store.Write(ctx, w.erase(p)...)
		if err == nil {
			s.waiting.Add(-1)
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}
