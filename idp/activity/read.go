// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"context"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// OfPerson implements [Reader].
func (b *Book) OfPerson(ctx context.Context, id directory.PersonID, since time.Time, limit int) ([]audit.Event, error) {
	return b.read(ctx, ofPerson(id), since, limit)
}

// OfCollective implements [Reader]. Of its members it holds what happened to
// them in the collective, and nothing of where they sign on.
func (b *Book) OfCollective(ctx context.Context, name directory.CollectiveName, since time.Time, limit int) ([]audit.Event, error) {
	return b.read(ctx, ofCollective(name), since, limit)
}

// read goes back month by month until there is enough. What this node holds is
// written first: people look here for what they did just now.
func (b *Book) read(ctx context.Context, s shelf, since time.Time, limit int) ([]audit.Event, error) {
	b.flush(ctx)
	now := b.c.Now()
	if oldest := now.Add(-s.life); since.Before(oldest) {
		since = oldest
	}
	var events []audit.Event
	for _, key := range s.keys(since, now) {
		members, err := b.c.Store.Members(ctx, key)
		if err != nil {
			return nil, err
		}
		for _, n := range sorted(members) {
			if len(events) >= limit || n.At.Before(since) {
				return events, nil
			}
			events = append(events, n.Event)
		}
	}
	return events, nil
}

func sorted(members []string) []note {
	notes := make([]note, 0, len(members))
	for _, member := range members {
		if n, ok := decode(member); ok {
			notes = append(notes, n)
		}
	}
	slices.SortFunc(notes, note.before)
	return notes
}
