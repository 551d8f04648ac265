// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"commonscloud.coop/clau/idp/store"
)

// PutNew implements [store.Store].
func (s *Store) PutNew(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	key, err := s.key(ctx, key)
	if err != nil {
		return err
	}
	err = s.client.SetArgs(ctx, key, encodeValue(value), goredis.SetArgs{Mode: "NX", TTL: life(ttl)}).Err()
	if errors.Is(err, goredis.Nil) {
		return store.ErrExists
	}
	return s.outward(ctx, err)
}

// Take implements [store.Store].
func (s *Store) Take(ctx context.Context, key string) ([]byte, error) {
	key, err := s.key(ctx, key)
	if err != nil {
		return nil, err
	}
	text, err := s.scripts.take.Run(ctx, s.client, []string{key}).Text()
	if err != nil {
		return nil, s.outward(ctx, err)
	}
	return decodeValue(text)
}

// Swap implements [store.Store].
func (s *Store) Swap(ctx context.Context, key string, old, new []byte, ttl time.Duration) error {
	key, err := s.key(ctx, key)
	if err != nil {
		return err
	}
	swapped, err := s.scripts.swap.Run(ctx, s.client, []string{key},
		encodeValue(old), encodeValue(new), life(ttl).Milliseconds()).Bool()
	if err != nil {
		return s.outward(ctx, err)
	}
	if !swapped {
		return store.ErrConflict
	}
	return nil
}

// Advance implements [store.Store].
func (s *Store) Advance(ctx context.Context, key, from, to string) (store.Record, bool, error) {
	key, err := s.key(ctx, key)
	if err != nil {
		return store.Record{}, false, err
	}
	answer, err := s.scripts.advance.Run(ctx, s.client, []string{key}, from, to).Slice()
	if err != nil {
		return store.Record{}, false, s.outward(ctx, err)
	}
	if len(answer) != 2 {
		return store.Record{}, false, store.ErrUnavailable
	}
	text, _ := answer[0].(string)
	won, _ := answer[1].(int64)
	record, err := decodeRecord(text)
	return record, won == 1, err
}

// Count implements [store.Store].
func (s *Store) Count(ctx context.Context, key string, window time.Duration) (int64, error) {
	key, err := s.key(ctx, key)
	if err != nil {
		return 0, err
	}
	n, err := s.scripts.count.Run(ctx, s.client, []string{key}, life(window).Milliseconds()).Int64()
	if errors.Is(err, goredis.Nil) {
		return 0, store.ErrConflict
	}
	return n, s.outward(ctx, err)
}
