// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

// shelf caches one kind of answer by one kind of key.
type shelf[K ~string, V any] struct {
	read func(context.Context, K) (V, error)
	now  func() time.Time
	ttl  time.Duration

	flights singleflight.Group // one read for all who ask the same at once

	mu    sync.Mutex
	items *simplelru.LRU[K, item[V]]
	// generation counts invalidations. A read keeps its answer only if it is
	// the same at the end as at the beginning: otherwise the answer may be
	// older than the change, and would stay for the whole TTL.
	generation uint64
}

type item[V any] struct {
	value   V
	expires time.Time
}

func newShelf[K ~string, V any](config CacheConfig, read func(context.Context, K) (V, error)) *shelf[K, V] {
	items, err := simplelru.NewLRU[K, item[V]](config.Size, nil)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &shelf[K, V]{read: read, now: config.Now, ttl: config.TTL, items: items}
}

// get answers from memory or reads. The read belongs to all who wait for it,
// so it outlives the one who happened to begin it; each waits no longer than
// its own context.
func (s *shelf[K, V]) get(ctx context.Context, key K) (V, error) {
	value, generation, ok := s.look(key)
	if ok {
		return value, nil
	}
	// Who asks after an invalidation does not join a read from before it.
	flight := strconv.FormatUint(generation, 36) + "/" + string(key)
	answer := s.flights.DoChan(flight, func() (any, error) {
		value, err := s.read(context.WithoutCancel(ctx), key)
		if err == nil {
			s.keep(key, value, generation)
		}
		return value, err
	})
	select {
	case result := <-answer:
		value, _ = result.Val.(V)
		return value, result.Err
	case <-ctx.Done():
		return value, &interrupted{ctx.Err()}
	}
}

// interrupted is what is answered to who could not wait.
type interrupted struct{ cause error }

func (e *interrupted) Error() string   { return ErrUnavailable.Error() + ": " + e.cause.Error() }
func (e *interrupted) Unwrap() []error { return []error{ErrUnavailable, e.cause} }

func (s *shelf[K, V]) look(key K) (V, uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it, ok := s.items.Get(key)
	if ok && s.now().Before(it.expires) {
		return it.value, s.generation, true
	}
	var none V
	return none, s.generation, false
}

func (s *shelf[K, V]) keep(key K, value V, generation uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation == generation {
		s.items.Add(key, item[V]{value, s.now().Add(s.ttl)})
	}
}

func (s *shelf[K, V]) forget(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	s.items.Remove(key)
}

func (s *shelf[K, V]) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	s.items.Purge()
}
