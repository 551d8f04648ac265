// SPDX-License-Identifier: AGPL-3.0-or-later

// Package store owns expiring state: browser sessions, sign-ons in progress,
// codes, tokens, replay and rate counters, delivery queues. Nothing here must
// outlive its time, and losing all of it costs everyone a new login and nothing
// else; what must survive is in package directory.
//
// Every method is one round trip, whatever it does; on a Redis Cluster
// [Store.WriteNew] is two. A method that decides something (PutNew, WriteNew,
// Take, Swap, Advance, Count) decides it atomically, so that of two hundred
// requests at once exactly one wins. [Store.Write] is one round
// trip for many writes; each of them is atomic on its own, and
// together they are not: keys may live on different nodes of a Redis Cluster.
//
// Secrets never become keys: callers hash what a browser or a service holds.
package store

import (
	"context"
	"errors"
	"time"
)

// What a Store answers when it does not answer; implementations wrap these.
var (
	ErrNotFound    = errors.New("store: not found") // never there, expired, taken or deleted
	ErrExists      = errors.New("store: already there")
	ErrConflict    = errors.New("store: changed by somebody else")
	ErrUnavailable = errors.New("store: unavailable")
)

// Store keeps bytes under keys for a time. Keys are printable ASCII without
// spaces, at most 200 bytes, of the form "<kind>:<name>". A time to live is
// positive; reading does not prolong it. Values, records, sets and counters
// share one space of keys: a key holds one of them at a time. Read as another
// kind it holds nothing; joined as a set it becomes one; counted, it is
// [ErrConflict].
type Store interface {
	// Get reads a value.
	Get(ctx context.Context, key string) ([]byte, error)

	// Members reads a set, in no order. A set that is not there is empty.
	Members(ctx context.Context, key string) ([]string, error)

	// Write does all the ops in one round trip, in order for each key.
	Write(ctx context.Context, ops ...Op) error

	// PutNew writes a value where none is, or answers [ErrExists]: replay
	// caches stand on this.
	PutNew(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// WriteNew is PutNew and then the ops, or [ErrExists] and none of them: what
	// a thing that can be used once is turned into, written with the claim of
	// it. Of many at once one is written. Whoever reads an op's key finds the
	// claim made. When it fails otherwise the claim may stand without the ops,
	// and never the ops without the claim.
	WriteNew(ctx context.Context, key string, value []byte, ttl time.Duration, ops ...Op) error

	// Take reads a value and deletes it. Of many takers one gets it.
	Take(ctx context.Context, key string) ([]byte, error)

	// Swap replaces old by new, with a new time to live, or answers
	// [ErrConflict] when the value is another and [ErrNotFound] when none is.
	Swap(ctx context.Context, key string, old, new []byte, ttl time.Duration) error

	// Advance moves a record's state from one to the next if it stands at from,
	// keeping its time to live, and returns the record as it was found, won or
	// not. It is how single-use things are spent: the loser learns what the
	// winner made of it, and can revoke that.
	Advance(ctx context.Context, key, from, to string) (record Record, won bool, err error)

	// Record reads a record.
	Record(ctx context.Context, key string) (Record, error)

	// Count adds one to a counter and returns what it holds then. The first
	// count opens a window; when it is over the counter is at zero again.
	Count(ctx context.Context, key string, window time.Duration) (int64, error)

	// Ping returns nil when the store answers.
	Ping(ctx context.Context) error

	Close() error
}

// Record is immutable data with a small state that [Store.Advance] moves.
type Record struct {
	Data  []byte
	State string
}

// Op is one write of [Store.Write]. None tells what came of it.
type Op interface{ op() }

// Put writes a value over whatever the key holds.
type Put struct {
	Key   string
	Value []byte
	TTL   time.Duration
}

// PutRecord writes a record over whatever the key holds.
type PutRecord struct {
	Key    string
	Record Record
	TTL    time.Duration
}

// Touch gives whatever the key holds a new time to live; nothing if it is gone.
type Touch struct {
	Key string
	TTL time.Duration
}

// Renew puts a value in the place of Old, with a new time to live, where the key
// still holds Old; nothing otherwise. What was deleted or replaced meanwhile does
// not come back by it.
type Renew struct {
	Key        string
	Old, Value []byte
	TTL        time.Duration
}

// Join adds a member to a set, and lets the set live at least TTL from now: a
// join never shortens the life that an earlier one gave.
type Join struct {
	Key    string
	Member string
	TTL    time.Duration
}

// Leave removes a member from a set.
type Leave struct {
	Key    string
	Member string
}

// Delete removes whatever the key holds.
type Delete struct{ Key string }

func (Put) op()       {}
func (PutRecord) op() {}
func (Touch) op()     {}
func (Renew) op()     {}
func (Join) op()      {}
func (Leave) op()     {}
func (Delete) op()    {}
