// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// shelf is a store in memory that counts its trips. What it does not have
// panics.
type shelf struct {
	store.Store // nil

	mu    sync.Mutex
	now   func() time.Time
	kept  map[string]keptItem
	trips int
	down  bool
}

type keptItem struct {
	value []byte
	set   map[string]bool
	count int64
	until time.Time
}

func newShelf(now func() time.Time) *shelf { return &shelf{now: now, kept: map[string]keptItem{}} }

// trip takes away what is over, and holds the door.
func (s *shelf) trip() func() {
	s.mu.Lock()
	s.trips++
	return s.mu.Unlock
}

func (s *shelf) get(key string) (keptItem, bool) {
	i, found := s.kept[key]
	if found && !s.now().Before(i.until) {
		delete(s.kept, key)
		return keptItem{}, false
	}
	return i, found
}

// keys are those that are still good.
func (s *shelf) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.kept, func(_ string, i keptItem) bool { return !s.now().Before(i.until) })
	return slices.Sorted(maps.Keys(s.kept))
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	defer s.trip()()
	i, found := s.get(key)
	if !found {
		return nil, store.ErrNotFound
	}
	return bytes.Clone(i.value), nil
}

func (s *shelf) PutNew(_ context.Context, key string, value []byte, ttl time.Duration) error {
	defer s.trip()()
	if _, found := s.get(key); found {
		return store.ErrExists
	}
	s.kept[key] = keptItem{value: value, until: s.now().Add(ttl)}
	return nil
}

func (s *shelf) Count(_ context.Context, key string, window time.Duration) (int64, error) {
	defer s.trip()()
	i, found := s.get(key)
	if !found {
		i.until = s.now().Add(window)
	}
	i.count++
	s.kept[key] = i
	return i.count, nil
}

func (s *shelf) Members(_ context.Context, key string) ([]string, error) {
	defer s.trip()()
	i, _ := s.get(key)
	return slices.Sorted(maps.Keys(i.set)), nil
}

func (s *shelf) Write(_ context.Context, ops ...store.Op) error {
	defer s.trip()()
	if s.down {
		return store.ErrUnavailable
	}
	for _, op := range ops {
		switch op := op.(type) {
		case store.Put:
			s.kept[op.Key] = keptItem{value: op.Value, until: s.now().Add(op.TTL)}
		case store.Delete:
			delete(s.kept, op.Key)
		case store.Join:
			i, found := s.get(op.Key)
			if !found {
				i.set = map[string]bool{}
			}
			i.set[op.Member] = true
			i.until = s.now().Add(op.TTL)
			s.kept[op.Key] = i
		case store.Leave:
			i, _ := s.get(op.Key)
			delete(i.set, op.Member)
			if len(i.set) == 0 {
				delete(s.kept, op.Key)
			}
		default:
			panic(op)
		}
	}
	return nil
}
