// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"context"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// forgotten is the set of those who were erased about some moment. A node may hold
// events about them still, for as long as the store was away from it, and writes
// them after they were dropped. A set goes whole, half of its life after its last
// member came.
func forgotten(about time.Time) string {
	return "forgotten:activity:" + forgottenFrom(about).Format("20060102-15")
}

func forgottenFrom(about time.Time) time.Time {
	return about.UTC().Truncate(retention.Sweeps / 2)
}

// ForgetPerson implements [Forgetter]. The note that they are forgotten comes
// first: whoever writes about them from then on finds it, and drops it again.
// What collectives keep names the person by an id that nobody can resolve any
// more.
func (b *Book) ForgetPerson(ctx context.Context, id directory.PersonID) error {
	b.flush(ctx)
	now := b.c.Now()
	left := forgottenFrom(now).Add(retention.Sweeps).Sub(now)
	if err := b.c.Store.Write(ctx, store.Join{Key: forgotten(now), Member: string(id), TTL: left}); err != nil {
		return err
	}
	return b.c.Store.Write(ctx, b.dropping(id)...)
}

func (b *Book) dropping(id directory.PersonID) []store.Op {
	var ops []store.Op
	for _, key := range ofPerson(id).keys(time.Time{}, b.c.Now()) {
		ops = append(ops, store.Delete{Key: key})
	}
	return ops
}

// dropForgotten drops what was just written about people who were erased. It
// looks after it wrote: looking before, it could miss whoever is erased between.
func (b *Book) dropForgotten(ctx context.Context, page []note) error {
	var ops []store.Op
	for _, about := range []time.Time{b.c.Now(), b.c.Now().Add(-retention.Sweeps / 2)} {
		gone, err := b.c.Store.Members(ctx, forgotten(about))
		if err != nil {
			return err
		}
		for _, id := range gone {
			if slices.ContainsFunc(page, func(n note) bool { return string(n.Person) == id }) {
				ops = append(ops, b.dropping(directory.PersonID(id))...)
			}
		}
	}
	if len(ops) == 0 {
		return nil
	}
	return b.c.Store.Write(ctx, ops...)
}
