// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"commonscloud.coop/clau/idp/store"
)

const crowd = 200

// everyMethod asks everything about key once and returns the errors by method.
func everyMethod(ctx context.Context, s store.Store, key string) map[string]error {
	errs := map[string]error{}
	_, errs["Get"] = s.Get(ctx, key)
	_, errs["Members"] = s.Members(ctx, key)
	_, errs["Take"] = s.Take(ctx, key)
	_, errs["Record"] = s.Record(ctx, key)
	_, _, errs["Advance"] = s.Advance(ctx, key, "a", "b")
	_, errs["Count"] = s.Count(ctx, key, long)
	errs["PutNew"] = s.PutNew(ctx, key, nil, long)
	errs["WriteNew"] = s.WriteNew(ctx, key, nil, long, store.Put{Key: key, TTL: long})
	errs["Swap"] = s.Swap(ctx, key, nil, nil, long)
	for _, op := range []store.Op{
		store.Put{Key: key, TTL: long}, store.PutRecord{Key: key, TTL: long}, store.Touch{Key: key, TTL: long},
		store.Join{Key: key, TTL: long}, store.Leave{Key: key}, store.Delete{Key: key},
	} {
		errs[fmt.Sprintf("Write %T", op)] = s.Write(ctx, op)
	}
	return errs
}

func contextOver(r *run) {
	r.put("x:1", "v", long)
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	errs := everyMethod(ctx, r.Store, "x:1")
	errs["Ping"] = r.Ping(ctx)
	for what, err := range errs {
		if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			r.Errorf("%s: %v; want ErrUnavailable because of context.Canceled", what, err)
		}
	}
	r.wantValue("x:1", "v")
}

func closedIsUnavailable(r *run) {
	r.put("x:1", "v", long)
	r.wantError("Close", r.Close(), nil)
	errs := everyMethod(r.ctx, r.Store, "x:1")
	errs["Ping"] = r.Ping(r.ctx)
	for what, err := range errs {
		if !errors.Is(err, store.ErrUnavailable) {
			r.Errorf("%s: %v; want ErrUnavailable", what, err)
		}
	}
}

// together lets a crowd do the same thing at the same moment.
func (r *run) together(do func(i int) error) {
	r.Helper()
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, crowd)
	ready.Add(crowd)
	for i := range crowd {
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = do(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	for _, err := range errs {
		if err != nil {
			r.Fatal(err)
		}
	}
}

// contest lets a crowd try what one of them may have, and wants one winner.
// A loser must get the error of losing and no other.
func (r *run) contest(losing error, try func(i int) error) {
	r.Helper()
	var winners atomic.Int64
	r.together(func(i int) error {
		err := try(i)
		if err == nil {
			winners.Add(1)
			return nil
		}
		if !errors.Is(err, losing) {
			return err
		}
		return nil
	})
	if n := winners.Load(); n != 1 {
		r.Fatalf("%d winners of %d", n, crowd)
	}
}

func putNewOneWinner(r *run) {
	r.contest(store.ErrExists, func(i int) error {
		return r.PutNew(r.ctx, "replay:1", []byte{byte(i)}, long)
	})
}

// A loser leaves nothing behind: what is written is the winner's, all of it.
func writeNewOneWinner(r *run) {
	var winner atomic.Value
	r.contest(store.ErrExists, func(i int) error {
		mine := fmt.Sprintf("answer-%d", i)
		err := r.WriteNew(r.ctx, "replay:1", []byte(mine), long,
			store.Put{Key: "answer:1", Value: []byte(mine), TTL: long},
			store.Join{Key: "answers:1", Member: mine, TTL: long})
		if err == nil {
			winner.Store(mine)
		}
		return err
	})
	mine, _ := winner.Load().(string)
	r.wantValue("replay:1", mine)
	r.wantValue("answer:1", mine)
	r.wantMembers("answers:1", mine)
}

func takeOneWinner(r *run) {
	r.put("flow:1", "where to", long)
	r.contest(store.ErrNotFound, func(int) error {
		value, err := r.Take(r.ctx, "flow:1")
		if err == nil && string(value) != "where to" {
			return fmt.Errorf("took %q", value)
		}
		return err
	})
}

func swapOneWinner(r *run) {
	r.put("flow:1", "old", long)
	r.contest(store.ErrConflict, func(i int) error {
		return r.Swap(r.ctx, "flow:1", []byte("old"), fmt.Appendf(nil, "new %d", i), long)
	})
}

func advanceOneWinner(r *run) {
	r.putRecord("code:1", "fresh", "data", long)
	var winner atomic.Value
	seen := make([]string, crowd)
	r.together(func(i int) error {
		mine := fmt.Sprintf("family-%d", i)
		record, won, err := r.Advance(r.ctx, "code:1", "fresh", mine)
		if won && winner.Swap(mine) != nil {
			return errors.New("a second winner")
		}
		seen[i] = record.State
		if won {
			seen[i] = mine
		}
		return err
	})
	for i, state := range seen {
		if state != winner.Load() {
			r.Fatalf("caller %d saw %q, the winner made it %v", i, state, winner.Load())
		}
	}
}

func countConcurrently(r *run) {
	got := make([]int64, crowd)
	r.together(func(i int) error {
		n, err := r.Count(r.ctx, "guess:1", long)
		got[i] = n
		return err
	})
	seen := map[int64]bool{}
	for _, n := range got {
		if n < 1 || n > crowd || seen[n] {
			r.Fatalf("count %d is wrong or came twice", n)
		}
		seen[n] = true
	}
}

func joinsAllThere(r *run) {
	want := make([]string, crowd)
	for i := range want {
		want[i] = fmt.Sprintf("s%d", i)
	}
	r.together(func(i int) error {
		return r.Store.Write(r.ctx, store.Join{Key: "sessions:ada", Member: want[i], TTL: long})
	})
	r.wantMembers("sessions:ada", want...)
}
