// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// Managers hear at once of the first that waits, and then once an hour at most,
// however much comes. What waits is counted in the directory at that moment, so
// that a store that is lost costs one letter more, or one later, and no request.
const (
	digestEvery = time.Hour
	dueKey      = "waiting:due" // the collectives of which something came
	dueFor      = retention.Sweeps
)

func toldKey(name directory.CollectiveName) string { return "waiting:told:" + string(name) }

// told remembers what this node wrote within the hour, so that under a flood it
// asks the store no more than that a collective is due. There are no more
// entries than collectives.
type told struct {
	mu   sync.Mutex
	last map[directory.CollectiveName]time.Time
}

func (t *told) lately(name directory.CollectiveName, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, found := t.last[name]
	return found && now.Sub(last) < digestEvery
}

func (t *told) now(name directory.CollectiveName, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[directory.CollectiveName]time.Time{}
	}
	t.last[name] = now
}

// wake lets the managers of a collective know that something waits: at once, or
// with what else comes within the hour. That they hear of it later, or not at
// all, undoes nothing: the request stands on their pages.
func (m *Room) wake(ctx context.Context, name directory.CollectiveName) {
	err := m.c.Store.Write(ctx, store.Join{Key: dueKey, Member: string(name), TTL: dueFor})
	if err == nil && !m.told.lately(name, m.c.Now()) {
		err = m.tellManagers(ctx, name)
	}
	if err != nil {
		m.c.Logger.WarnContext(ctx, "managers not told what waits", "collective", name, "error", err)
	}
}

// sweepDue writes to the managers of those collectives whose hour is over.
func (m *Room) sweepDue(ctx context.Context) error {
	due, err := m.c.Store.Members(ctx, dueKey)
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range due {
		failed = append(failed, m.tellManagers(ctx, directory.CollectiveName(name)))
	}
	return errors.Join(failed...)
}

// tellManagers writes what waits, unless that was done within the hour by any
// node. A collective is taken off the list before what waits is counted: what
// comes after puts it there again.
func (m *Room) tellManagers(ctx context.Context, name directory.CollectiveName) error {
	err := m.c.Store.PutNew(ctx, toldKey(name), nil, digestEvery)
	if errors.Is(err, store.ErrExists) {
		m.told.now(name, m.c.Now())
		return nil
	}
	if err != nil {
		return err
	}
	if err := m.c.Store.Write(ctx, store.Leave{Key: dueKey, Member: string(name)}); err != nil {
		return err
	}
	open, err := m.undecided(ctx, name)
	if err != nil {
		return err
	}
	if len(open) == 0 { // decided meanwhile: the next one is a first one again
		return m.c.Store.Write(ctx, store.Delete{Key: toldKey(name)})
	}
	m.told.now(name, m.c.Now())
	return m.digest(ctx, name, len(open))
}

func (m *Room) digest(ctx context.Context, name directory.CollectiveName, count int) error {
	in, err := m.c.Source.Collective(ctx, name)
	if err != nil {
		return notThere(err)
	}
	managers, err := m.people(ctx, in.Managers)
	if err != nil {
		return err
	}
	for _, id := range in.Managers {
		if p := managers[id]; p.MayEnter(m.c.Now()) {
			m.c.Letters.Write(ctx, letter.Letter{
				Kind: letter.Waiting, To: p, Collective: name, Count: count, Path: "/collectives/" + string(name) + "/requests",
			})
		}
	}
	return nil
}
