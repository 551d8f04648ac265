// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"commonscloud.coop/clau/idp/directory"
)

const (
	// rosterLife is how long a list of members is believed without reading who
	// belongs to the collective again, one read of one entry. What is done on
	// these pages shows at once; on another node, or by a command, after this.
	rosterLife = 10 * time.Second

	// rostersMax is how many lists a process keeps.
	rostersMax = 200
)

// roster is a collective's members by name. Nothing changes one that was made.
type roster struct {
	name    directory.CollectiveName
	members []known
	ids     []directory.PersonID // as the directory has them, sorted
	made    time.Time            // when the names were sorted
	read    time.Time            // when the ids were read
}

// rosters keeps the lists of a process. The zero value is empty.
//
// A directory sorts nothing and counts nothing: a page of one list in it costs a
// search through all of them. Here the first page costs that, and each further
// one the reading of those who are on it.
type rosters struct {
	mu      sync.Mutex
	of      map[directory.CollectiveName]*roster
	changes uint64 // counts what was forgotten: a read from before it is not kept
	flights singleflight.Group
}

func (r *rosters) look(name directory.CollectiveName) (*roster, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[name], r.changes
}

func (r *rosters) keep(name directory.CollectiveName, made *roster, changes uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return
	}
	if r.of == nil || len(r.of) >= rostersMax {
		r.of = map[directory.CollectiveName]*roster{}
	}
	r.of[name] = made
}

// forget has who belongs to a collective read again. The names stay.
func (r *rosters) forget(name directory.CollectiveName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	if had := r.of[name]; had != nil {
		stale := *had
		stale.read = time.Time{}
		r.of[name] = &stale
	}
}

// roster returns a collective's members by name. The read belongs to all who
// wait for it; each waits no longer than their own request lasts.
func (a *Room) roster(ctx context.Context, name directory.CollectiveName) (*roster, error) {
	had, changes := a.rosters.look(name)
	if had != nil && a.Now().Before(had.read.Add(rosterLife)) {
		return had, nil
	}
	flight := strconv.FormatUint(changes, 36) + "/" + string(name)
	answer := a.rosters.flights.DoChan(flight, func() (any, error) {
		made, err := a.makeRoster(context.WithoutCancel(ctx), name, had)
		if err == nil {
			a.rosters.keep(name, made, changes)
		}
		return made, err
	})
	select {
	case result := <-answer:
		made, _ := result.Val.(*roster)
		return made, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// makeRoster sorts anew only when somebody came or went, or the names are old.
func (a *Room) makeRoster(ctx context.Context, name directory.CollectiveName, had *roster) (*roster, error) {
	now := a.Now()
	ids, err := a.Directory.MemberIDs(ctx, name)
	if err != nil {
		return nil, err
	}
	if had != nil && now.Before(had.made.Add(namesLife)) && slices.Equal(ids, had.ids) {
		return &roster{name, had.members, ids, had.made, now}, nil
	}
	called, err := a.called(ctx, ids)
	if err != nil {
		return nil, err
	}
	made := &roster{name: name, members: make([]known, 0, len(called)), ids: ids, made: now, read: now}
	for _, k := range called {
		made.members = append(made.members, k)
	}
	slices.SortFunc(made.members, func(x, y known) int {
		return cmp.Or(strings.Compare(x.order, y.order), strings.Compare(x.name, y.name), strings.Compare(string(x.id), string(y.id)))
	})
	return made, nil
}

// has reports whether somebody belongs to the collective. For who does not, and
// for who does not exist, it is the same look at the same list.
func (r *roster) has(id directory.PersonID) bool {
	_, found := slices.BinarySearch(r.ids, id)
	return found
}

// find returns those in whose name or handle all the words are, or in the address
// of those who are at home here.
func (r *roster) find(query string) []known {
	words := strings.Fields(fold(query))
	if len(words) == 0 {
		return r.members
	}
	var found []known
	for _, k := range r.members {
		missing := func(word string) bool { return !k.has(word, r.name) }
		if !slices.ContainsFunc(words, missing) {
			found = append(found, k)
		}
	}
	return found
}
