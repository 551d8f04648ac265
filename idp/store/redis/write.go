// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"context"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"commonscloud.coop/clau/idp/store"
)

// Write implements [store.Store].
func (s *Store) Write(ctx context.Context, ops ...store.Op) error {
	for _, op := range ops {
		if err := store.CheckOp(op); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return s.outward(ctx, err)
	}
	if len(ops) == 0 {
		return nil
	}
	pipe := s.client.Pipeline()
	for _, op := range ops {
		if err := s.queue(ctx, pipe, op); err != nil {
			return err
		}
	}
	done, err := pipe.Exec(ctx)
	for _, cmd := range done {
		if err := cmd.Err(); err != nil && !wrongKind(err) {
			return s.outward(ctx, err)
		}
	}
	if wrongKind(err) { // leaving what is no set is no error
		return nil
	}
	return s.outward(ctx, err)
}

// queue puts op into the pipeline.
func (s *Store) queue(ctx context.Context, pipe goredis.Pipeliner, op store.Op) error {
	switch op := op.(type) {
	case store.Put:
		pipe.Set(ctx, s.prefix+op.Key, encodeValue(op.Value), life(op.TTL))
	case store.PutRecord:
		pipe.Set(ctx, s.prefix+op.Key, encodeRecord(op.Record), life(op.TTL))
	case store.Touch:
		pipe.PExpire(ctx, s.prefix+op.Key, life(op.TTL))
	case store.Renew:
		pipe.Eval(ctx, renewScript, []string{s.prefix + op.Key}, encodeValue(op.Old), encodeValue(op.Value), life(op.TTL).Milliseconds())
	case store.Join:
		pipe.Eval(ctx, joinScript, []string{s.prefix + op.Key}, op.Member, life(op.TTL).Milliseconds())
	case store.Leave:
		pipe.SRem(ctx, s.prefix+op.Key, op.Member)
	case store.Delete:
		pipe.Unlink(ctx, s.prefix+op.Key)
	default:
		return fmt.Errorf("store: unknown op %T", op)
	}
	return nil
}
