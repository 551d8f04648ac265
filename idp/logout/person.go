// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// EndPerson ends all that a person has: every session and what it holds up, and
// every grant to a service, also those that outlive sessions. Then the services
// are told; it returns what came of that, as [Room.End] does. Raise the
// person's epoch first: it voids what begins while this is under way.
func (l *Room) EndPerson(ctx context.Context, id directory.PersonID) ([]Outcome, error) {
	ops, err := l.revocation(ctx, id)
	if err != nil {
		return nil, err
	}
	sessions, err := l.c.Sessions.Of(ctx, id)
	if err != nil {
		return nil, err
	}
	ends := []ending{{ops: append(ops, l.c.Sessions.Unlist(id), store.Delete{Key: lastKey(id)})}}
	for _, s := range sessions {
		e, err := l.endingOf(ctx, s)
		if err != nil {
			return nil, err
		}
		ends = append(ends, e)
	}
	return l.finish(ctx, ends)
}

// revocation returns the writes that delete everything given to services.
func (l *Room) revocation(ctx context.Context, id directory.PersonID) ([]store.Op, error) {
	given, err := l.c.Store.Members(ctx, givenKey(id))
	if err != nil {
		return nil, err
	}
	ops := []store.Op{store.Delete{Key: givenKey(id)}}
	for _, member := range given {
		if _, key, found := strings.Cut(member, " "); found {
			ops = append(ops, store.Delete{Key: key})
		}
	}
	return ops, nil
}
