// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// Counter is a store that counts the round trips made through it.
type Counter struct {
	hooked
	mu    sync.Mutex
	trips map[string]int
}

// Counting wraps s.
func Counting(s store.Store) *Counter {
	c := &Counter{trips: map[string]int{}}
	c.hooked = hooked{s: s, before: c.count}
	return c
}

func (c *Counter) count(method string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trips[method]++
	return nil
}

// Trips returns how many round trips were made since the last Reset.
func (c *Counter) Trips() int {
	total := 0
	for _, n := range c.ByMethod() {
		total += n
	}
	return total
}

// ByMethod returns the round trips by the name of the method: "Get", "Write" …
func (c *Counter) ByMethod() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.trips)
}

// Reset begins to count anew.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.trips)
}

// Breaker is a store that can be made unavailable.
type Breaker struct {
	hooked
	down atomic.Bool
}

// Broken wraps s. The wrapper works until it is broken.
func Broken(s store.Store) *Breaker {
	b := &Breaker{}
	b.hooked = hooked{s: s, before: b.check}
	return b
}

// Break makes every answer [store.ErrUnavailable]; nothing reaches the store.
func (b *Breaker) Break() { b.down.Store(true) }

// Mend lets the store answer again.
func (b *Breaker) Mend() { b.down.Store(false) }

func (b *Breaker) check(string) error {
	if b.down.Load() {
		return store.ErrUnavailable
	}
	return nil
}

// hooked asks before each round trip whether it may be made.
type hooked struct {
	s      store.Store
	before func(method string) error
}

var _ store.Store = hooked{}

func (h hooked) Get(ctx context.Context, key string) ([]byte, error) {
	if err := h.before("Get"); err != nil {
		return nil, err
	}
	return h.s.Get(ctx, key)
}

func (h hooked) Members(ctx context.Context, key string) ([]string, error) {
	if err := h.before("Members"); err != nil {
		return nil, err
	}
	return h.s.Members(ctx, key)
}

func (h hooked) Write(ctx context.Context, ops ...store.Op) error {
	if err := h.before("Write"); err != nil {
		return err
	}
	return h.s.Write(ctx, ops...)
}

func (h hooked) PutNew(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := h.before("PutNew"); err != nil {
		return err
	}
	return h.s.PutNew(ctx, key, value, ttl)
}

func (h hooked) WriteNew(ctx context.Context, key string, value []byte, ttl time.Duration, ops ...store.Op) error {
	if err := h.before("WriteNew"); err != nil {
		return err
	}
	return h.s.WriteNew(ctx, key, value, ttl, ops...)
}

func (h hooked) Take(ctx context.Context, key string) ([]byte, error) {
	if err := h.before("Take"); err != nil {
		return nil, err
	}
	return h.s.Take(ctx, key)
}

func (h hooked) Swap(ctx context.Context, key string, old, new []byte, ttl time.Duration) error {
	if err := h.before("Swap"); err != nil {
		return err
	}
	return h.s.Swap(ctx, key, old, new, ttl)
}

func (h hooked) Advance(ctx context.Context, key, from, to string) (store.Record, bool, error) {
	if err := h.before("Advance"); err != nil {
		return store.Record{}, false, err
	}
	return h.s.Advance(ctx, key, from, to)
}

func (h hooked) Record(ctx context.Context, key string) (store.Record, error) {
	if err := h.before("Record"); err != nil {
		return store.Record{}, err
	}
	return h.s.Record(ctx, key)
}

func (h hooked) Count(ctx context.Context, key string, window time.Duration) (int64, error) {
	if err := h.before("Count"); err != nil {
		return 0, err
	}
	return h.s.Count(ctx, key, window)
}

func (h hooked) Ping(ctx context.Context) error {
	if err := h.before("Ping"); err != nil {
		return err
	}
	return h.s.Ping(ctx)
}

func (h hooked) Close() error { return h.s.Close() }
