// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"commonscloud.coop/clau/idp/store"
)

// WriteNew implements [store.Store]. On one master it is one script, so that
// claim and ops are there together or not at all. On a Cluster the keys lie on
// different nodes: the claim is made first and the ops follow, in two round
// trips, and a Clau that dies between them leaves the claim alone.
func (s *Store) WriteNew(ctx context.Context, key string, value []byte, ttl time.Duration, ops ...store.Op) error {
	for _, op := range ops {
		if err := store.CheckOp(op); err != nil {
			return err
		}
	}
	if _, cluster := s.client.(*goredis.ClusterClient); cluster {
		if err := s.PutNew(ctx, key, value, ttl); err != nil {
			return err
		}
		return s.Write(ctx, ops...)
	}
	key, err := s.key(ctx, key)
	if err != nil {
		return err
	}
	keys, args := []string{key}, []any{encodeValue(value), life(ttl).Milliseconds()}
	for _, op := range ops {
		o, err := spell(op)
		if err != nil {
			return err
		}
		keys = append(keys, s.prefix+o.key)
		args = append(args, o.verb, o.text, life(o.ttl).Milliseconds(), o.old)
	}
	won, err := s.scripts.claim.Run(ctx, s.client, keys, args...).Bool()
	if err != nil {
		return s.outward(ctx, err)
	}
	if !won {
		return store.ErrExists
	}
	return nil
}

// spelling is an op in the words of claimScript.
type spelling struct {
	key, verb string
	text      []byte
	ttl       time.Duration
	old       []byte // what the key must hold; of "renew" alone
}

func spell(op store.Op) (spelling, error) {
	switch op := op.(type) {
	case store.Put:
		return spelling{key: op.Key, verb: "put", text: encodeValue(op.Value), ttl: op.TTL}, nil
	case store.PutRecord:
		return spelling{key: op.Key, verb: "put", text: encodeRecord(op.Record), ttl: op.TTL}, nil
	case store.Touch:
		return spelling{key: op.Key, verb: "touch", ttl: op.TTL}, nil
	case store.Renew:
		return spelling{key: op.Key, verb: "renew", text: encodeValue(op.Value), ttl: op.TTL, old: encodeValue(op.Old)}, nil
	case store.Join:
		return spelling{key: op.Key, verb: "join", text: []byte(op.Member), ttl: op.TTL}, nil
	case store.Leave:
		return spelling{key: op.Key, verb: "leave", text: []byte(op.Member)}, nil
	case store.Delete:
		return spelling{key: op.Key, verb: "delete"}, nil
	}
	return spelling{}, fmt.Errorf("store: unknown op %T", op)
}
