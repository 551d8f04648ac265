// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// HoldFor returns the write that lets a store key die when the person stops the
// service, whatever session it came from and also where it outlives all of
// them (offline access).
func (l *Room) HoldFor(person directory.PersonID, service directory.ServiceID, storeKey string, ttl time.Duration) store.Op {
	return store.Join{Key: givenKey(person), Member: string(service) + " " + storeKey, TTL: ttl}
}

// Stop ends what a person gave one service: all its grants are deleted, it
// leaves every session of the person, and it is told that those are over. The
// sessions themselves go on. It returns what came of telling, as [Room.End] does.
func (l *Room) Stop(ctx context.Context, person directory.PersonID, service directory.ServiceID) ([]Outcome, error) {
	given, err := l.c.Store.Members(ctx, givenKey(person))
	if err != nil {
		return nil, err
	}
	var ops []store.Op
	for _, member := range given {
		if to, key, _ := strings.Cut(member, " "); to == string(service) {
			ops = append(ops, store.Delete{Key: key}, store.Leave{Key: givenKey(person), Member: member})
		}
	}
	sessions, err := l.c.Sessions.Of(ctx, person)
	if err != nil {
		return nil, err
	}
	e := ending{ops: ops}
	for _, s := range sessions {
		joined, err := l.c.Store.Members(ctx, joinedKey(s.Key))
		if err != nil {
			return nil, err
		}
		all := l.participants(joined)
		told, err := l.latest(ctx, slices.DeleteFunc(slices.Clone(all), func(p Participant) bool { return p.Service != service }))
		if err != nil {
			return nil, err
		}
		e.told = append(e.told, told...)
		for _, p := range told { // by its name, which the list does not hold
			e.ops = append(e.ops, l.forget(s.Key, p)...)
		}
		for _, p := range all {
			if p.Service == service {
				e.ops = append(e.ops, l.leave(s.Key, p)...)
			}
		}
	}
	return l.finish(ctx, []ending{e})
}

// givenKey is the set of all that a person gave to services: the service and the
// store key, with a space between, which neither holds.
func givenKey(person directory.PersonID) string { return "given:" + string(person) }
