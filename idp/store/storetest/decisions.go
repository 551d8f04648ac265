// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"errors"

	"commonscloud.coop/clau/idp/store"
)

func putNewOnlyOnce(r *run) {
	r.wantError("first PutNew", r.PutNew(r.ctx, "replay:1", []byte("a"), long), nil)
	r.wantError("second PutNew", r.PutNew(r.ctx, "replay:1", []byte("b"), long), store.ErrExists)
	r.wantValue("replay:1", "a")
	r.putRecord("replay:2", "s", "d", long)
	r.wantError("PutNew on a record", r.PutNew(r.ctx, "replay:2", []byte("b"), long), store.ErrExists)
	r.join("replay:3", "m", long)
	r.wantError("PutNew on a set", r.PutNew(r.ctx, "replay:3", []byte("b"), long), store.ErrExists)
}

func putNewAfterExpiry(r *run) {
	r.wantError("PutNew", r.PutNew(r.ctx, "replay:1", []byte("a"), short), nil)
	r.advance(past)
	r.wantError("PutNew after expiry", r.PutNew(r.ctx, "replay:1", []byte("b"), short), nil)
	r.advance(past)
	r.wantGone("replay:1")
}

func takeOnce(r *run) {
	r.put("flow:1", "where to", long)
	got, err := r.Take(r.ctx, "flow:1")
	if err != nil || string(got) != "where to" {
		r.Fatalf("Take = %q, %v", got, err)
	}
	got, err = r.Take(r.ctx, "flow:1")
	if !errors.Is(err, store.ErrNotFound) || got != nil {
		r.Fatalf("second Take = %q, %v", got, err)
	}
	r.wantGone("flow:1")
}

func takeExpired(r *run) {
	r.put("flow:1", "where to", short)
	r.advance(past)
	_, err := r.Take(r.ctx, "flow:1")
	r.wantError("Take", err, store.ErrNotFound)
}

func swapComparesOld(r *run) {
	r.put("flow:1", "a", long)
	r.wantError("Swap", r.Swap(r.ctx, "flow:1", []byte("a"), []byte("b"), long), nil)
	r.wantValue("flow:1", "b")
	r.wantError("stale Swap", r.Swap(r.ctx, "flow:1", []byte("a"), []byte("c"), long), store.ErrConflict)
	r.wantError("Swap by prefix", r.Swap(r.ctx, "flow:1", nil, []byte("c"), long), store.ErrConflict)
	r.wantValue("flow:1", "b")
	r.wantError("Swap of nothing", r.Swap(r.ctx, "flow:2", nil, []byte("c"), long), store.ErrNotFound)
	r.wantGone("flow:2")
}

func swapGivesLife(r *run) {
	r.put("flow:1", "a", short)
	r.put("flow:2", "a", long)
	r.wantError("Swap", r.Swap(r.ctx, "flow:1", []byte("a"), []byte("b"), long), nil)
	r.wantError("Swap", r.Swap(r.ctx, "flow:2", []byte("a"), []byte("b"), short), nil)
	r.advance(past)
	r.wantValue("flow:1", "b")
	r.wantGone("flow:2")
	r.wantError("Swap", r.Swap(r.ctx, "flow:2", []byte("b"), []byte("c"), long), store.ErrNotFound)
}

func recordIsRead(r *run) {
	r.putRecord("code:1", "fresh", "who and what", long)
	r.wantRecord("code:1", "fresh", "who and what")
	r.putRecord("code:2", "", "", long)
	r.wantRecord("code:2", "", "")
}

func advanceOnce(r *run) {
	r.putRecord("code:1", "fresh", "who and what", long)
	record, won, err := r.Advance(r.ctx, "code:1", "fresh", "family-7")
	if err != nil || !won || record.State != "fresh" || string(record.Data) != "who and what" {
		r.Fatalf("Advance = %v, %v, %v", record, won, err)
	}
	record, won, err = r.Advance(r.ctx, "code:1", "fresh", "family-8")
	if err != nil || won || record.State != "family-7" || string(record.Data) != "who and what" {
		r.Fatalf("second Advance = %v, %v, %v; it must learn of family-7", record, won, err)
	}
	r.wantRecord("code:1", "family-7", "who and what")
}

func advanceKeepsLife(r *run) {
	r.putRecord("code:1", "fresh", "x", short)
	r.putRecord("code:2", "fresh", "x", long)
	for _, key := range []string{"code:1", "code:2"} {
		if _, won, err := r.Advance(r.ctx, key, "fresh", "spent"); err != nil || !won {
			r.Fatalf("Advance(%s) = %v, %v", key, won, err)
		}
	}
	r.advance(past)
	r.wantGone("code:1")
	r.wantRecord("code:2", "spent", "x")
}

func recordExpires(r *run) {
	r.putRecord("code:1", "fresh", "x", short)
	r.advance(past)
	r.wantGone("code:1")
	_, won, err := r.Advance(r.ctx, "code:1", "fresh", "spent")
	if won {
		r.Fatal("an expired record was won")
	}
	r.wantError("Advance", err, store.ErrNotFound)
}

func countInWindow(r *run) {
	for want := int64(1); want <= 5; want++ {
		n, err := r.Count(r.ctx, "guess:1", long)
		if err != nil || n != want {
			r.Fatalf("Count = %d, %v; want %d", n, err, want)
		}
	}
	n, err := r.Count(r.ctx, "guess:2", long)
	if err != nil || n != 1 {
		r.Fatalf("Count of another = %d, %v; want 1", n, err)
	}
}

func countDoesNotProlong(r *run) {
	for range 3 {
		if _, err := r.Count(r.ctx, "guess:1", short); err != nil {
			r.Fatal(err)
		}
	}
	r.advance(short / 2)
	if _, err := r.Count(r.ctx, "guess:1", short); err != nil {
		r.Fatal(err)
	}
	r.advance(past - short/2)
	n, err := r.Count(r.ctx, "guess:1", short)
	if err != nil || n != 1 {
		r.Fatalf("Count after the window = %d, %v; want 1", n, err)
	}
}

func absentAnswers(r *run) {
	r.wantGone("no:1")
	_, err := r.Take(r.ctx, "no:1")
	r.wantError("Take", err, store.ErrNotFound)
	_, _, err = r.Advance(r.ctx, "no:1", "", "x")
	r.wantError("Advance", err, store.ErrNotFound)
	r.write(store.Leave{Key: "no:1", Member: "m"}, store.Delete{Key: "no:1"}, store.Touch{Key: "no:1", TTL: long})
	r.wantGone("no:1")
}

func pingAnswers(r *run) {
	r.wantError("Ping", r.Ping(r.ctx), nil)
}

func writeNothing(r *run) {
	r.write()
}

func writeInOrder(r *run) {
	r.write(
		store.Put{Key: "a:1", Value: []byte("1"), TTL: long},
		store.Put{Key: "a:2", Value: []byte("x"), TTL: long},
		store.Delete{Key: "a:1"},
		store.Put{Key: "a:1", Value: []byte("2"), TTL: long},
		store.Delete{Key: "a:2"},
		store.Join{Key: "a:3", Member: "m", TTL: long},
		store.Join{Key: "a:3", Member: "n", TTL: long},
		store.Leave{Key: "a:3", Member: "m"},
		store.Delete{Key: "a:4"},
		store.PutRecord{Key: "a:4", Record: store.Record{State: "s"}, TTL: long},
	)
	r.wantValue("a:1", "2")
	r.wantGone("a:2")
	r.wantMembers("a:3", "n")
	r.wantRecord("a:4", "s", "")
}
