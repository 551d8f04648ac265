// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"bytes"
	"context"
	"fmt"

	"commonscloud.coop/clau/idp/store"
)

// Write implements [store.Store].
func (s *Store) Write(ctx context.Context, ops ...store.Op) error {
	for _, op := range ops {
		if err := store.CheckOp(op); err != nil {
			return err
		}
	}
	if len(ops) == 0 {
		return nil
	}
	return s.update(ctx, func(t *table) error { return t.applyAll(ops) })
}

func (t *table) applyAll(ops []store.Op) error {
	for _, op := range ops {
		if err := t.apply(op); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) apply(op store.Op) error {
	switch op := op.(type) {
	case store.Put:
		return t.set(op.Key, valueKind, op.Value, t.after(op.TTL))
	case store.PutRecord:
		return t.set(op.Key, recordKind, encodeRecord(op.Record), t.after(op.TTL))
	case store.Touch:
		return t.touch(op)
	case store.Renew:
		return t.replace(op)
	case store.Join:
		return t.join(op)
	case store.Leave:
		return t.leave(op)
	case store.Delete:
		return t.remove(op.Key)
	}
	return fmt.Errorf("store: unknown op %T", op)
}

func (t *table) touch(op store.Touch) error {
	e, ok := t.any(op.Key)
	if !ok {
		return nil
	}
	return t.renew(op.Key, e, e.body, t.after(op.TTL))
}

func (t *table) replace(op store.Renew) error {
	e, ok := t.find(op.Key, valueKind)
	if !ok || !bytes.Equal(e.body, op.Old) {
		return nil
	}
	return t.renew(op.Key, e, op.Value, t.after(op.TTL))
}

func (t *table) join(op store.Join) error {
	e, ok := t.find(op.Key, setKind)
	if expires := t.after(op.TTL); !ok {
		if err := t.set(op.Key, setKind, nil, expires); err != nil {
			return err
		}
	} else if e.expires < expires {
		if err := t.renew(op.Key, e, nil, expires); err != nil {
			return err
		}
	}
	t.changed = true
	return t.entries.Put(memberKey(op.Key, op.Member), nil)
}

func (t *table) leave(op store.Leave) error {
	if _, ok := t.find(op.Key, setKind); !ok {
		return nil
	}
	t.changed = true
	if err := t.entries.Delete(memberKey(op.Key, op.Member)); err != nil {
		return err
	}
	empty := true
	t.members(op.Key, func([]byte) bool { empty = false; return false })
	if empty {
		return t.remove(op.Key)
	}
	return nil
}
