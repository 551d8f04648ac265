// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// Open makes an empty store for one test and returns it with the way to let
// time pass: a fake clock moves, a real one is slept through. The store is
// closed by whoever made it, when the test ends.
type Open func(t *testing.T) (s store.Store, advance func(time.Duration))

const (
	long  = time.Minute
	short = time.Second // long enough for a busy machine to do what a test does before it is over
	past  = short + 200*time.Millisecond
)

// Run proves that an implementation keeps the contract. Its tests run side by
// side, each with a store of its own.
func Run(t *testing.T, open Open) {
	for name, test := range contract {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, advance := open(t)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			t.Cleanup(cancel)
			test(&run{T: t, ctx: ctx, Store: s, advance: advance})
		})
	}
}

var contract = map[string]func(*run){
	"value/what was put is read":                   valueIsRead,
	"value/bytes of all kinds and sizes":           valueOfAnyBytes,
	"value/put writes over":                        putWritesOver,
	"value/expires":                                valueExpires,
	"value/reading does not prolong":               readingDoesNotProlong,
	"value/touch prolongs and shortens":            touchChangesLife,
	"value/touch does not revive":                  touchDoesNotRevive,
	"value/renew replaces what it knows":           renewReplacesWhatItKnows,
	"value/renew does not revive":                  renewDoesNotRevive,
	"value/delete":                                 deleteRemoves,
	"put new/only where nothing is":                putNewOnlyOnce,
	"put new/again after expiry":                   putNewAfterExpiry,
	"put new/one winner":                           putNewOneWinner,
	"write new/only where nothing is":              writeNewOnlyOnce,
	"write new/every op":                           writeNewEveryOp,
	"write new/again after expiry":                 writeNewAfterExpiry,
	"write new/what cannot be written is refused":  writeNewChecks,
	"write new/one winner":                         writeNewOneWinner,
	"take/reads and deletes":                       takeOnce,
	"take/expired is gone":                         takeExpired,
	"take/one winner":                              takeOneWinner,
	"swap/only what was read":                      swapComparesOld,
	"swap/gives a new life":                        swapGivesLife,
	"swap/one winner":                              swapOneWinner,
	"record/what was put is read":                  recordIsRead,
	"record/advance moves once":                    advanceOnce,
	"record/advance keeps its life":                advanceKeepsLife,
	"record/expires":                               recordExpires,
	"record/one winner, losers see who won":        advanceOneWinner,
	"set/join, leave, members":                     setHoldsMembers,
	"set/a set that is not there is empty":         setAbsent,
	"set/join never shortens":                      joinNeverShortens,
	"set/join prolongs":                            joinProlongs,
	"set/an expired set is forgotten":              setExpires,
	"set/an emptied set is gone":                   setEmptiedIsGone,
	"set/concurrent joins are all there":           joinsAllThere,
	"count/counts in a window":                     countInWindow,
	"count/counting does not prolong":              countDoesNotProlong,
	"count/nobody gets the same number":            countConcurrently,
	"write/in order for each key":                  writeInOrder,
	"write/nothing to write":                       writeNothing,
	"kinds/overwrite each other":                   kindsOverwrite,
	"kinds/one read as another is not there":       kindsAreApart,
	"keys/are told apart":                          keysAreApart,
	"keys/what cannot be a key is refused":         keysAreChecked,
	"context/over before it began":                 contextOver,
	"close/a closed store is unavailable":          closedIsUnavailable,
	"ping/answers":                                 pingAnswers,
	"absent/every question has an answer":          absentAnswers,
	"value/a caller's bytes stay the caller's own": bytesAreCopied,
}

// run is one test of the contract: the store, and short ways to ask it. A
// question whose error the test does not look at ends the test when it fails.
type run struct {
	*testing.T
	store.Store
	ctx     context.Context
	advance func(time.Duration)
}

func (r *run) write(ops ...store.Op) {
	r.Helper()
	if err := r.Store.Write(r.ctx, ops...); err != nil {
		r.Fatalf("Write: %v", err)
	}
}

func (r *run) put(key, value string, ttl time.Duration) {
	r.Helper()
	r.write(store.Put{Key: key, Value: []byte(value), TTL: ttl})
}

func (r *run) putRecord(key, state, data string, ttl time.Duration) {
	r.Helper()
	r.write(store.PutRecord{Key: key, Record: store.Record{Data: []byte(data), State: state}, TTL: ttl})
}

func (r *run) join(key, member string, ttl time.Duration) {
	r.Helper()
	r.write(store.Join{Key: key, Member: member, TTL: ttl})
}

func (r *run) wantValue(key, want string) {
	r.Helper()
	got, err := r.Get(r.ctx, key)
	if err != nil || string(got) != want {
		r.Fatalf("Get(%q) = %s, %v; want %s", key, brief(string(got)), err, brief(want))
	}
}

func (r *run) wantRecord(key, state, data string) {
	r.Helper()
	got, err := r.Record(r.ctx, key)
	if err != nil || got.State != state || string(got.Data) != data {
		r.Fatalf("Record(%q) = {%s %q}, %v; want {%s %q}", key, brief(string(got.Data)), got.State, err, brief(data), state)
	}
}

func (r *run) wantMembers(key string, want ...string) {
	r.Helper()
	got, err := r.Members(r.ctx, key)
	if err != nil || !sameMembers(got, want) {
		r.Fatalf("Members(%q) = %q, %v; want %q", key, got, err, want)
	}
}

// wantGone checks that key holds nothing of any kind.
func (r *run) wantGone(key string) {
	r.Helper()
	_, err := r.Get(r.ctx, key)
	r.wantError("Get", err, store.ErrNotFound)
	_, err = r.Record(r.ctx, key)
	r.wantError("Record", err, store.ErrNotFound)
	r.wantMembers(key)
}

func (r *run) wantError(what string, got, want error) {
	r.Helper()
	if !errors.Is(got, want) {
		r.Fatalf("%s: got error %v, want %v", what, got, want)
	}
}

func sameMembers(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	seen := map[string]bool{}
	for _, m := range got {
		seen[m] = true
	}
	for _, m := range want {
		if !seen[m] {
			return false
		}
	}
	return len(seen) == len(want)
}

func brief(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "?") + "…"
	}
	return s
}
