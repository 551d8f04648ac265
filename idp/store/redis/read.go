// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/store"
)

// key checks the name and the caller's patience before Redis is asked.
func (s *Store) key(ctx context.Context, name string) (string, error) {
	if err := store.CheckKey(name); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", s.outward(ctx, err)
	}
	return s.prefix + name, nil
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	key, err := s.key(ctx, key)
	if err != nil {
		return nil, err
	}
	text, err := s.client.Get(ctx, key).Result()
	if err != nil {
		return nil, s.outward(ctx, err)
	}
	return decodeValue(text)
}

// Record implements [store.Store].
func (s *Store) Record(ctx context.Context, key string) (store.Record, error) {
	key, err := s.key(ctx, key)
	if err != nil {
		return store.Record{}, err
	}
	text, err := s.client.Get(ctx, key).Result()
	if err != nil {
		return store.Record{}, s.outward(ctx, err)
	}
	return decodeRecord(text)
}

// Members implements [store.Store].
func (s *Store) Members(ctx context.Context, key string) ([]string, error) {
	key, err := s.key(ctx, key)
	if err != nil {
		return nil, err
	}
	members, err := s.client.SMembers(ctx, key).Result()
	if err = s.outward(ctx, err); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return members, nil
}
