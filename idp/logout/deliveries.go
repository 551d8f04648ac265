// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// Deliveries is what came of telling one service that sessions ended, in the
// last [retention.LogoutRecord]. It is about nobody: who maintains a service may
// read it, and so may the collective's managers.
type Deliveries struct {
	Done        int // deliveries
	Retrying    int // deliveries that wait now
	GivenUp     int // deliveries
	Failed      int // attempts
	Unsupported int // sessions of which it could not be told

	Causes     map[string]int // classes of what went wrong, by attempts
	LastDone   time.Time      // zero: never
	LastFailed time.Time
	Recent     []Attempt // newest first

	// Silent says that the service never answers: several attempts failed, and
	// none was ever done.
	Silent bool
}

// silentAfter is how many attempts, in vain, make a service one that never answers.
const silentAfter = 5

// Deliveries reports on one service.
func (l *Room) Deliveries(ctx context.Context, service directory.ServiceID) (Deliveries, error) {
	tallies, err := l.tallies(ctx, service)
	if err != nil {
		return Deliveries{}, err
	}
	d := Deliveries{Causes: map[string]int{}}
	for _, t := range tallies {
		d.add(t)
	}
	slices.SortFunc(d.Recent, func(a, b Attempt) int { return b.At.Compare(a.At) })
	d.Recent = d.Recent[:min(len(d.Recent), lastAttempts)]
	d.Silent = d.LastDone.IsZero() && d.Failed >= silentAfter
	d.Retrying, err = l.waiting(ctx, service)
	return d, err
}

func (d *Deliveries) add(t tally) {
	d.Done += t.Done
	d.GivenUp += t.GivenUp
	d.Failed += t.Failed
	d.Unsupported += t.Unsupported
	for class, n := range t.Causes {
		d.Causes[class] += n
	}
	d.LastDone = later(d.LastDone, t.LastDone)
	d.LastFailed = later(d.LastFailed, t.LastFailed)
	d.Recent = append(d.Recent, t.Recent...)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// tallies are those of all nodes and days; of this node, as it counts now.
func (l *Room) tallies(ctx context.Context, service directory.ServiceID) ([]tally, error) {
	names, err := l.c.Store.Members(ctx, tallyKey(service))
	if err != nil {
		return nil, err
	}
	own, current := l.ledger.current(service)
	var all []tally
	if current != nil {
		all = append(all, *current)
	}
	for _, name := range names {
		if name == own && current != nil {
			continue
		}
		raw, err := l.c.Store.Get(ctx, tallyKey(service)+":"+name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var t tally
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, fmt.Errorf("logout: tally: %w", err)
		}
		all = append(all, t)
	}
	return all, nil
}

// waiting is how many deliveries to the service are queued.
func (l *Room) waiting(ctx context.Context, service directory.ServiceID) (int, error) {
	places, err := l.places(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, at := range places {
		if at.service != service {
			continue
		}
		names, err := l.c.Store.Members(ctx, at.key())
		if err != nil {
			return 0, err
		}
		n += len(names)
	}
	return n, nil
}

// tallyKey is the set of the names of a service's tallies, "<day>:<node>", and
// the beginning of their keys.
func tallyKey(service directory.ServiceID) string { return "logout-tally:" + string(service) }

// current is what this node counts of a service today, and under which name it
// writes that down. Nil: nothing.
func (g *ledger) current(service directory.ServiceID) (name string, t *tally) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found, ok := g.tallies[service]
	if !ok {
		return "", nil
	}
	copied := found.snapshot()
	return g.day + ":" + g.node, &copied
}

// count writes down what was counted since the last time.
func (l *Room) count(ctx context.Context) error {
	ops, err := l.ledger.flush(l.c.Now(), l.c.Rand)
	if err != nil || len(ops) == 0 {
		return err
	}
	return l.c.Store.Write(ctx, ops...)
}

// flush returns the writes for what changed. A day that is over is written a
// last time, and forgotten here.
func (g *ledger) flush(now time.Time, random io.Reader) ([]store.Op, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.node == "" {
		var name [9]byte
		if _, err := io.ReadFull(random, name[:]); err != nil {
			return nil, fmt.Errorf("logout: no randomness: %w", err)
		}
		g.node = base64.RawURLEncoding.EncodeToString(name[:])
	}
	today := now.UTC().Format(time.DateOnly)
	name := cmp.Or(g.day, today) + ":" + g.node
	var ops []store.Op
	for service := range g.dirty {
		raw, _ := json.Marshal(g.tallies[service]) // numbers, times and our own words
		ops = append(ops,
			store.Join{Key: tallyKey(service), Member: name, TTL: retention.LogoutRecord},
			store.Put{Key: tallyKey(service) + ":" + name, Value: raw, TTL: retention.LogoutRecord})
	}
	clear(g.dirty)
	if strings.HasPrefix(name, today) {
		g.day = today
		return ops, nil
	}
	g.day = today
	clear(g.tallies)
	return ops, nil
}
