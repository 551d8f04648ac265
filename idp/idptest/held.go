// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// held is a store that holds what is written against the retention table: what
// people read at /privacy is true in every story, or the story fails.
type held struct {
	store.Store
	mu     sync.Mutex
	faults map[string]string
}

func (h *held) look(key string, ttl time.Duration) {
	row, known := retention.KindOf(key)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.faults == nil {
		h.faults = map[string]string{}
	}
	switch {
	case !known:
		h.faults[key] = "is in no row of the retention table"
	case row.Life > 0 && ttl > row.Life:
		h.faults[key] = fmt.Sprintf("lives %v, and the retention table says %v", ttl, row.Life)
	}
}

func (h *held) Write(ctx context.Context, ops ...store.Op) error {
	h.lookAt(ops)
	return h.Store.Write(ctx, ops...)
}

func (h *held) WriteNew(ctx context.Context, key string, value []byte, ttl time.Duration, ops ...store.Op) error {
	h.look(key, ttl)
	h.lookAt(ops)
	return h.Store.WriteNew(ctx, key, value, ttl, ops...)
}

func (h *held) lookAt(ops []store.Op) {
	for _, op := range ops {
		switch op := op.(type) {
		case store.Put:
			h.look(op.Key, op.TTL)
		case store.PutRecord:
			h.look(op.Key, op.TTL)
		case store.Touch:
			h.look(op.Key, op.TTL)
		case store.Renew:
			h.look(op.Key, op.TTL)
		case store.Join:
			h.look(op.Key, op.TTL)
		}
	}
}

func (h *held) PutNew(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	h.look(key, ttl)
	return h.Store.PutNew(ctx, key, value, ttl)
}

func (h *held) Swap(ctx context.Context, key string, old, new []byte, ttl time.Duration) error {
	h.look(key, ttl)
	return h.Store.Swap(ctx, key, old, new, ttl)
}

func (h *held) Count(ctx context.Context, key string, window time.Duration) (int64, error) {
	h.look(key, window)
	return h.Store.Count(ctx, key, window)
}
