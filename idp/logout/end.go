// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
)

// When many sessions end: how many are looked up at once, how many end in one
// write, and how many such writes are under way at once.
const (
	readers = 16
	batch   = 64
	writers = 8
)

// End ends a session: first it and all it holds up are deleted, then every
// participant is told. It returns what came of each within the time of
// [Config.FirstAttempt]; what failed is tried again by [Room.Run]. Ending a
// session that is over already is no error and tells nobody.
func (l *Room) End(ctx context.Context, sessionKey string) ([]Outcome, error) {
	return l.EndBut(ctx, "", sessionKey)
}

// EndBut ends sessions as [Room.End] does, and does not tell the service that
// asked for it: it knows. An empty one excepts nobody.
func (l *Room) EndBut(ctx context.Context, asked directory.ServiceID, sessionKeys ...string) ([]Outcome, error) {
	ends := make([]ending, len(sessionKeys))
	reading, within := errgroup.WithContext(ctx)
	reading.SetLimit(readers)
	for i, key := range sessionKeys {
		reading.Go(func() (err error) {
			ends[i], err = l.ending(within, key)
			return err
		})
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	for i := range ends {
		ends[i].told = slices.DeleteFunc(ends[i].told, func(p Participant) bool { return p.Service == asked })
	}
	return l.finish(ctx, ends)
}

// ending is a session that is to end: the writes for it, and who is to be told.
type ending struct {
	ops    []store.Op
	person directory.PersonID // empty where the session was over already
	told   []Participant
	promise
}

func (l *Room) ending(ctx context.Context, key string) (ending, error) {
	s, err := l.c.Sessions.Load(ctx, key)
	if errors.Is(err, session.ErrNone) {
		s = session.Session{Key: key}
	} else if err != nil {
		return ending{}, err
	}
	return l.endingOf(ctx, s)
}

func (l *Room) endingOf(ctx context.Context, s session.Session) (ending, error) {
	joined, err := l.c.Store.Members(ctx, joinedKey(s.Key))
	if err != nil {
		return ending{}, err
	}
	held, err := l.c.Store.Members(ctx, heldKey(s.Key))
	if err != nil {
		return ending{}, err
	}
	participants := l.participants(joined)
	told, err := l.latest(ctx, participants)
	return ending{ops: l.demolish(s, slices.Concat(participants, told), held), person: s.Person, told: told}, err
}

func (l *Room) demolish(s session.Session, participants []Participant, held []string) []store.Op {
	ops := l.c.Sessions.End(s)
	for _, key := range held {
		ops = append(ops, store.Delete{Key: key})
	}
	for _, p := range participants {
		ops = append(ops, l.forget(s.Key, p)...)
	}
	return append(ops, store.Delete{Key: heldKey(s.Key)}, store.Delete{Key: joinedKey(s.Key)})
}

func (l *Room) participants(joined []string) []Participant {
	var out []Participant
	for _, raw := range joined {
		var p Participant
		if err := json.Unmarshal([]byte(raw), &p); err != nil {
			l.c.Logger.Error("logout participant unreadable", "cause", err)
			continue
		}
		out = append(out, p)
	}
	return out
}

// latest leaves of each service's names for a session the last that it was
// given: names may be new at each sign-on (transient NameIDs), and the service
// knows the session by the newest. One whose name is not known any more cannot be told.
func (l *Room) latest(ctx context.Context, all []Participant) ([]Participant, error) {
	seen := map[string]bool{}
	var out []Participant
	for _, p := range all {
		if seen[p.SID] {
			continue
		}
		seen[p.SID] = true
		if !p.Called {
			out = append(out, p)
			continue
		}
		_, newest, err := l.BySID(ctx, p.SID)
		if errors.Is(err, ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, newest)
	}
	return out, nil
}

// finish makes the writes, each batch with the promises to tell, and then tells.
func (l *Room) finish(ctx context.Context, ends []ending) ([]Outcome, error) {
	writing, within := errgroup.WithContext(ctx)
	writing.SetLimit(writers)
	for group := range slices.Chunk(ends, batch) {
		var ops []store.Op
		for i := range group {
			promised, err := l.promised(&group[i])
			if err != nil {
				return nil, err
			}
			// The promise first: whatever else is lost, it is not.
			ops = append(append(ops, promised...), group[i].ops...)
		}
		if len(ops) > 0 {
			writing.Go(func() error { return l.c.Store.Write(within, ops...) })
		}
	}
	if err := writing.Wait(); err != nil {
		return nil, err
	}
	return l.tell(ctx, ends), nil
}
