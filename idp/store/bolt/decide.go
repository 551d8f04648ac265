// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// PutNew implements [store.Store].
func (s *Store) PutNew(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	return s.update(ctx, func(t *table) error {
		if _, ok := t.any(key); ok {
			return store.ErrExists
		}
		return t.set(key, valueKind, value, t.after(ttl))
	})
}

// WriteNew implements [store.Store]: one transaction holds the claim and the ops.
func (s *Store) WriteNew(ctx context.Context, key string, value []byte, ttl time.Duration, ops ...store.Op) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	for _, op := range ops {
		if err := store.CheckOp(op); err != nil {
			return err
		}
	}
	return s.update(ctx, func(t *table) error {
		if _, ok := t.any(key); ok {
			return store.ErrExists
		}
		if err := t.set(key, valueKind, value, t.after(ttl)); err != nil {
			return err
		}
		return t.applyAll(ops)
	})
}

// Take implements [store.Store].
func (s *Store) Take(ctx context.Context, key string) ([]byte, error) {
	if err := store.CheckKey(key); err != nil {
		return nil, err
	}
	var value []byte
	err := s.update(ctx, func(t *table) error {
		e, ok := t.find(key, valueKind)
		if !ok {
			return store.ErrNotFound
		}
		value = slices.Clone(e.body)
		return t.remove(key)
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// Swap implements [store.Store].
func (s *Store) Swap(ctx context.Context, key string, old, new []byte, ttl time.Duration) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	return s.update(ctx, func(t *table) error {
		e, ok := t.find(key, valueKind)
		if !ok {
			return store.ErrNotFound
		}
		if !bytes.Equal(e.body, old) {
			return store.ErrConflict
		}
		return t.renew(key, e, new, t.after(ttl))
	})
}

// Advance implements [store.Store].
func (s *Store) Advance(ctx context.Context, key, from, to string) (store.Record, bool, error) {
	if err := store.CheckKey(key); err != nil {
		return store.Record{}, false, err
	}
	var found store.Record
	var won bool
	err := s.update(ctx, func(t *table) error {
		e, ok := t.find(key, recordKind)
		if !ok {
			return store.ErrNotFound
		}
		found = decodeRecord(e.body)
		if found.State != from {
			return nil
		}
		won = true
		return t.renew(key, e, encodeRecord(store.Record{Data: found.Data, State: to}), e.expires)
	})
	if err != nil {
		return store.Record{}, false, err
	}
	return found, won, nil
}

// Count implements [store.Store].
func (s *Store) Count(ctx context.Context, key string, window time.Duration) (int64, error) {
	if err := store.CheckKey(key); err != nil {
		return 0, err
	}
	var n uint64
	err := s.update(ctx, func(t *table) error {
		e, ok := t.any(key)
		if !ok {
			n = 1
			return t.set(key, counterKind, binary.BigEndian.AppendUint64(nil, n), t.after(window))
		}
		if e.kind != counterKind {
			return store.ErrConflict
		}
		n = binary.BigEndian.Uint64(e.body) + 1
		return t.renew(key, e, binary.BigEndian.AppendUint64(nil, n), e.expires)
	})
	if err != nil {
		return 0, err
	}
	return int64(n), nil
}
