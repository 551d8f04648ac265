// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// promises is the bucket of promises among those of services; no service has
// such an id.
const promises directory.ServiceID = "~"

// promise is written with the end of a session and withdrawn when all were told
// or queued. One that is left over is of a node that died in between.
type promise struct {
	name  string
	ended time.Time
	place place
}

// promised is a promise as the store keeps it.
type promised struct {
	Person directory.PersonID `json:"person,omitempty"`
	Told   []Participant      `json:"told"`
	Ended  time.Time          `json:"ended"`
}

func promiseKey(name string) string { return "logout:promise:" + name }

// promised gives an ending its promise, and returns the writes for it.
func (l *Room) promised(e *ending) ([]store.Op, error) {
	if len(e.told) == 0 {
		return nil, nil
	}
	var name [16]byte
	if _, err := io.ReadFull(l.c.Rand, name[:]); err != nil {
		return nil, fmt.Errorf("logout: no randomness: %w", err)
	}
	now := l.c.Now()
	e.promise = promise{
		name: base64.RawURLEncoding.EncodeToString(name[:]), ended: now,
		place: placeOf(promises, now.Add(l.c.FirstAttempt), claimFor),
	}
	raw, _ := json.Marshal(promised{e.person, e.told, now}) // strings and a time
	put := store.Put{Key: promiseKey(e.name), Value: raw, TTL: keptFor}
	return append(e.place.join(e.name), put), nil
}

// settle withdraws the promises of what was told, and queues what is to be told
// again. A store that is away now keeps the promises: services are told twice.
func (l *Room) settle(ctx context.Context, ends []ending, outcomes [][]Outcome) {
	var writing errgroup.Group
	writing.SetLimit(writers)
	for from := 0; from < len(ends); from += batch {
		to := min(from+batch, len(ends))
		var ops []store.Op
		for i := from; i < to; i++ {
			ops = append(ops, l.settled(ends[i], outcomes[i])...)
		}
		if len(ops) > 0 {
			writing.Go(func() error { return l.c.Store.Write(ctx, ops...) })
		}
	}
	if err := writing.Wait(); err != nil {
		l.c.Logger.Warn("logout outcomes not kept", "cause", err)
	}
}

func (l *Room) settled(e ending, outcomes []Outcome) []store.Op {
	if e.name == "" {
		return nil
	}
	var ops []store.Op
	for i, o := range outcomes {
		if o.Status == Retrying {
			d := delivery{Participant: o.Participant, Ended: e.ended, Tries: 1}
			ops = append(ops, l.put(e.name+"."+strconv.Itoa(i), &d, firstPause)...)
		}
	}
	ops = append(ops, l.remember(e, outcomes)...)
	return append(append(ops, store.Delete{Key: promiseKey(e.name)}), e.place.leave(e.name)...)
}

// keepPromise tells whom a node that is gone had promised to.
func (l *Room) keepPromise(ctx context.Context, at place, name string) error {
	raw, err := l.c.Store.Get(ctx, promiseKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return l.c.Store.Write(ctx, at.leave(name)...)
	}
	if err != nil {
		return err
	}
	var p promised
	if err := json.Unmarshal(raw, &p); err != nil {
		return l.c.Store.Write(ctx, append(at.leave(name), store.Delete{Key: promiseKey(name)})...)
	}
	won, err := l.claim(ctx, name)
	if err != nil || !won {
		return err
	}
	l.c.Logger.Info("logout promise taken up", "services", len(p.Told))
	l.tell(ctx, []ending{{person: p.Person, told: p.Told, promise: promise{name, p.Ended, at}}})
	return nil
}
