// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

const (
	queueKey   = "forum:queue"    // set of errands, each "<service> <person>"
	queueLife  = retention.Logout // what was not told by then, the next sign-on says
	firstPause = 5 * time.Second  // from a change until it is told
	longest    = time.Hour        // between two tries

	forumsAtOnce = 16 // that one node tells

	// claimFor is how long one node has an errand for itself, if it does not give
	// it back before. Telling twice is harmless.
	claimFor = 30 * time.Second
)

// errand is a person of whom a forum is to be told. There is one of each at a
// time: what is told is what is so then, however many changes led there.
type errand struct {
	Service directory.ServiceID
	Person  directory.PersonID
}

func (e errand) String() string { return string(e.Service) + " " + string(e.Person) }
func (e errand) key() string    { return "forum:errand:" + string(e.Service) + "." + string(e.Person) }
func (e errand) claim() string  { return "forum:claim:" + string(e.Service) + "." + string(e.Person) }

func parseErrand(member string) errand {
	service, person, _ := strings.Cut(member, " ")
	return errand{directory.ServiceID(service), directory.PersonID(person)}
}

// waiting is how an errand stands. Mark tells it from one of the same pair that
// came later: what changes while a forum is being told is told again.
type waiting struct {
	Mark  string    `json:"mark"`
	Tries int       `json:"tries,omitempty"`
	Since time.Time `json:"since"`
	Next  time.Time `json:"next"`
}

func (p *Provider) queue(ctx context.Context, errands []errand) error {
	if len(errands) == 0 {
		return nil
	}
	var mark [9]byte
	if _, err := io.ReadFull(p.c.Rand, mark[:]); err != nil {
		return fmt.Errorf("discourse: no randomness: %w", err)
	}
	now := p.c.Now()
	w := waiting{Mark: base64.RawURLEncoding.EncodeToString(mark[:]), Since: now, Next: now.Add(firstPause)}
	var ops []store.Op
	for _, e := range errands {
		// The errand before its name: who sees the name finds the errand.
		ops = append(ops,
			store.Put{Key: e.key(), Value: w.raw(), TTL: queueLife},
			store.Join{Key: queueKey, Member: e.String(), TTL: queueLife},
		)
	}
	return p.c.Store.Write(ctx, ops...)
}

func (w waiting) raw() []byte {
	raw, _ := json.Marshal(w) // strings, numbers and times
	return raw
}

// Run tells forums what is queued until ctx ends. Every node may run it.
func (p *Provider) Run(ctx context.Context) {
	tick := time.NewTicker(firstPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := p.Sweep(ctx); err != nil && ctx.Err() == nil {
				p.c.Logger.Warn("queue of forums not swept", "cause", err)
			}
		}
	}
}

// Sweep runs every errand that is due, of each forum one after another: it answers
// some sixty calls a minute and refuses the rest. No forum waits for another.
func (p *Provider) Sweep(ctx context.Context) error {
	members, err := p.c.Store.Members(ctx, queueKey)
	if err != nil {
		return err
	}
	lanes := map[directory.ServiceID][]errand{}
	for _, member := range members {
		e := parseErrand(member)
		lanes[e.Service] = append(lanes[e.Service], e)
	}
	var all sync.WaitGroup
	places, faults := make(chan struct{}, forumsAtOnce), make(chan error, len(lanes))
	for _, errands := range lanes {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			faults <- p.run(ctx, errands)
		})
	}
	all.Wait()
	close(faults)
	for fault := range faults {
		err = errors.Join(err, fault)
	}
	return err
}

// run runs errands of one forum, as far as one sweep goes. A forum that does not
// answer is left alone until the next.
func (p *Provider) run(ctx context.Context, errands []errand) error {
	ends := p.c.Now().Add(claimFor)
	for _, e := range errands {
		told, err := p.attempt(ctx, e)
		if err != nil || !told || !p.c.Now().Before(ends) {
			return err
		}
	}
	return nil
}

// attempt runs one errand if it is due and no other node is at it. It reports
// false if the forum did not take it.
func (p *Provider) attempt(ctx context.Context, e errand) (told bool, err error) {
	raw, err := p.c.Store.Get(ctx, e.key())
	if errors.Is(err, store.ErrNotFound) {
		return true, p.c.Store.Write(ctx, store.Leave{Key: queueKey, Member: e.String()})
	}
	if err != nil {
		return false, err
	}
	var w waiting
	if err := json.Unmarshal(raw, &w); err != nil {
		return true, p.c.Store.Write(ctx, store.Delete{Key: e.key()})
	}
	if p.c.Now().Before(w.Next) {
		return true, nil
	}
	err = p.c.Store.PutNew(ctx, e.claim(), []byte{1}, claimFor)
	if errors.Is(err, store.ErrExists) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	within, cancel := context.WithTimeout(ctx, claimFor/2)
	defer cancel()
	if err := p.tell(within, e); err != nil {
		p.c.Logger.Warn("forum not told", "service", e.Service, "tries", w.Tries+1, "cause", err)
		return false, p.later(ctx, e, raw, w)
	}
	return true, p.done(ctx, e, raw)
}

// done takes an errand from the queue, unless the person changed once more while
// the forum was told. The name goes first: a push that comes between puts it back.
func (p *Provider) done(ctx context.Context, e errand, raw []byte) error {
	over := []store.Op{store.Leave{Key: queueKey, Member: e.String()}, store.Delete{Key: e.claim()}}
	if err := p.c.Store.Write(ctx, over...); err != nil {
		return err
	}
	err := p.c.Store.Swap(ctx, e.key(), raw, []byte("done"), time.Second)
	if errors.Is(err, store.ErrConflict) {
		return p.c.Store.Write(ctx, store.Join{Key: queueKey, Member: e.String(), TTL: queueLife})
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// later keeps an errand for another try, or gives it up.
func (p *Provider) later(ctx context.Context, e errand, raw []byte, w waiting) error {
	left := queueLife - p.c.Now().Sub(w.Since)
	if left <= 0 {
		return p.done(ctx, e, raw)
	}
	pause := min(claimFor<<min(w.Tries, 10), longest)
	w.Tries, w.Next = w.Tries+1, p.c.Now().Add(pause)
	err := p.c.Store.Swap(ctx, e.key(), raw, w.raw(), left)
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return nil // another change waits in its place
	}
	return err
}
