// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"context"
	"slices"

	"commonscloud.coop/clau/idp/store"
)

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := store.CheckKey(key); err != nil {
		return nil, err
	}
	var value []byte
	err := s.view(ctx, func(t *table) error {
		e, ok := t.find(key, valueKind)
		if !ok {
			return store.ErrNotFound
		}
		value = slices.Clone(e.body)
		return nil
	})
	return value, err
}

// Members implements [store.Store].
func (s *Store) Members(ctx context.Context, key string) ([]string, error) {
	if err := store.CheckKey(key); err != nil {
		return nil, err
	}
	var members []string
	err := s.view(ctx, func(t *table) error {
		if _, ok := t.find(key, setKind); !ok {
			return nil
		}
		t.members(key, func(member []byte) bool {
			members = append(members, string(member))
			return true
		})
		return nil
	})
	return members, err
}

// Record implements [store.Store].
func (s *Store) Record(ctx context.Context, key string) (store.Record, error) {
	if err := store.CheckKey(key); err != nil {
		return store.Record{}, err
	}
	var record store.Record
	err := s.view(ctx, func(t *table) error {
		e, ok := t.find(key, recordKind)
		if !ok {
			return store.ErrNotFound
		}
		record = decodeRecord(e.body)
		return nil
	})
	return record, err
}
