// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

const (
	queueKey   = "logout:queue"   // set of the deliveries' names
	giveUp     = retention.Logout // a session that long gone is over at the service too
	firstPause = 10 * time.Second
	longest    = time.Hour

	// claimFor is how long one node has a delivery for itself. Claims are never
	// given back, they lapse: a node that read the queue before a delivery was
	// done must not take it up after.
	claimFor = firstPause
)

// delivery is a participant still to be told.
type delivery struct {
	Participant Participant `json:"participant"`
	Ended       time.Time   `json:"ended"`
	Tries       int         `json:"tries"`
	Next        time.Time   `json:"next"`
}

// queue keeps what failed for later.
func (l *Room) queue(ctx context.Context, outcomes []Outcome) error {
	var ops []store.Op
	now := l.c.Now()
	for _, o := range outcomes {
		if o.Status != Retrying {
			continue
		}
		var name [16]byte
		if _, err := io.ReadFull(l.c.Rand, name[:]); err != nil {
			return fmt.Errorf("logout: no randomness: %w", err)
		}
		d := delivery{Participant: o.Participant, Ended: now, Tries: 1, Next: now.Add(firstPause)}
		ops = append(ops, keep(base64.RawURLEncoding.EncodeToString(name[:]), d)...)
	}
	if len(ops) == 0 {
		return nil
	}
	return l.c.Store.Write(ctx, ops...)
}

func keep(name string, d delivery) []store.Op {
	raw, _ := json.Marshal(d) // strings, numbers and times
	return []store.Op{
		store.Put{Key: deliveryKey(name), Value: raw, TTL: giveUp},
		store.Join{Key: queueKey, Member: name, TTL: giveUp},
	}
}

func deliveryKey(name string) string { return "logout:delivery:" + name }

// Run delivers what is queued until ctx ends. Every node may run it.
func (l *Room) Run(ctx context.Context) {
	tick := time.NewTicker(firstPause / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := l.Sweep(ctx); err != nil && ctx.Err() == nil {
				l.c.Logger.Warn("logout queue not swept", "cause", err)
			}
		}
	}
}

// Sweep makes one attempt at every queued delivery that is due.
func (l *Room) Sweep(ctx context.Context) error {
	names, err := l.c.Store.Members(ctx, queueKey)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := l.retry(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (l *Room) retry(ctx context.Context, name string) error {
	raw, err := l.c.Store.Get(ctx, deliveryKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return l.c.Store.Write(ctx, store.Leave{Key: queueKey, Member: name})
	}
	if err != nil {
		return err
	}
	var d delivery
	if err := json.Unmarshal(raw, &d); err != nil {
		return l.c.Store.Write(ctx, drop(name)...)
	}
	now := l.c.Now()
	if now.Before(d.Next) {
		return nil
	}
	err = l.c.Store.PutNew(ctx, "logout:claim:"+name, []byte{1}, claimFor)
	if errors.Is(err, store.ErrExists) {
		return nil // another node is at it
	}
	if err != nil {
		return err
	}
	return l.again(ctx, name, d)
}

func (l *Room) again(ctx context.Context, name string, d delivery) error {
	attempt, cancel := context.WithTimeout(ctx, claimFor/2)
	defer cancel()
	status := l.attempt(attempt, d.Participant)
	now := l.c.Now()
	if status != Retrying || now.Sub(d.Ended) >= giveUp {
		l.c.Logger.Info("logout delivery over", "service", d.Participant.Service, "status", status, "tries", d.Tries+1)
		return l.c.Store.Write(ctx, drop(name)...)
	}
	pause := min(firstPause<<min(d.Tries, 12), longest)
	d.Tries, d.Next = d.Tries+1, now.Add(pause)
	return l.c.Store.Write(ctx, keep(name, d)...)
}

func drop(name string) []store.Op {
	return []store.Op{
		store.Delete{Key: deliveryKey(name)},
		store.Leave{Key: queueKey, Member: name},
	}
}
