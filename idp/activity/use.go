// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// Use is how often people signed on to a service on one day. Who they were is
// not kept: whoever keeps a service has to know whether it is used, and not by
// whom. When is told by days, since in a small collective an hour is a person.
type Use struct {
	Day     string // 2026-11-22, in UTC
	SignOns int
}

// tallies count sign-ons by service and day.
type tallies struct {
	mu    sync.Mutex
	node  string
	days  map[directory.ServiceID]map[string]int // of the month that is counted, and the one before
	dirty map[directory.ServiceID]map[string]bool
}

func (t *tallies) count(e audit.Event) {
	if e.Kind != audit.SignOn || e.Service == "" {
		return
	}
	day := e.At.UTC().Format(time.DateOnly)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.days == nil {
		t.days, t.dirty = map[directory.ServiceID]map[string]int{}, map[directory.ServiceID]map[string]bool{}
	}
	if t.days[e.Service] == nil {
		t.days[e.Service] = map[string]int{}
	}
	if t.dirty[e.Service] == nil {
		t.dirty[e.Service] = map[string]bool{}
	}
	t.days[e.Service][day]++
	t.dirty[e.Service][day[:len("2006-01")]] = true
}

// page is one node's count of one service in one month.
type usePage struct {
	key  string
	days map[string]int
}

// changed are the counts to be written. What is older than the month before
// changes no more, and is forgotten here.
func (t *tallies) changed(now time.Time) []usePage {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []usePage
	for service, months := range t.dirty {
		for month := range months {
			page := usePage{usedKey(service, month), map[string]int{}}
			for day, n := range t.days[service] {
				if strings.HasPrefix(day, month) {
					page.days[day] = n
				}
			}
			out = append(out, page)
		}
	}
	clear(t.dirty)
	oldest := monthOf(now).AddDate(0, -1, 0).Format(time.DateOnly)
	for service, days := range t.days {
		for day := range days {
			if day < oldest {
				delete(days, day)
			}
		}
		if len(days) == 0 {
			delete(t.days, service)
		}
	}
	return out
}

// again marks what could not be written.
func (t *tallies) again(pages []usePage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, page := range pages {
		_, rest, _ := strings.Cut(page.key, ":")
		service, month, _ := strings.Cut(rest, ":")
		id := directory.ServiceID(service)
		if t.dirty[id] == nil {
			t.dirty[id] = map[string]bool{}
		}
		t.dirty[id][month] = true
	}
}

// usedKey is the set of the nodes that counted a service in a month, and the
// beginning of the keys of what they counted.
func usedKey(service directory.ServiceID, month string) string {
	return "used:" + string(service) + ":" + month
}

// putUses writes the counts that changed. What the store does not take now is
// written the next time.
func (b *Book) putUses(ctx context.Context) {
	pages := b.uses.changed(b.c.Now())
	if len(pages) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	var ops []store.Op
	for _, page := range pages {
		raw, _ := json.Marshal(page.days) // numbers under days
		ops = append(ops,
			store.Join{Key: page.key, Member: b.uses.node, TTL: retention.Used},
			store.Put{Key: page.key + ":" + b.uses.node, Value: raw, TTL: retention.Used})
	}
	if err := b.c.Store.Write(ctx, ops...); err != nil {
		b.uses.again(pages)
		b.c.Logger.Warn("use of services not written yet", "services", len(pages), "cause", err)
	}
}

// OfService returns on which days a service was used since one, the last day
// first. Days without a sign-on are not among them.
func (b *Book) OfService(ctx context.Context, id directory.ServiceID, since time.Time) ([]Use, error) {
	b.flush(ctx)
	days := map[string]int{}
	for month := monthOf(b.c.Now()); !month.Before(monthOf(since)); month = month.AddDate(0, -1, 0) {
		if err := b.addUses(ctx, usedKey(id, month.Format("2006-01")), days); err != nil {
			return nil, err
		}
	}
	var out []Use
	for day, n := range days {
		if day >= since.UTC().Format(time.DateOnly) {
			out = append(out, Use{day, n})
		}
	}
	slices.SortFunc(out, func(x, y Use) int { return strings.Compare(y.Day, x.Day) })
	return out, nil
}

// addUses adds what all nodes counted in a month.
func (b *Book) addUses(ctx context.Context, key string, days map[string]int) error {
	nodes, err := b.c.Store.Members(ctx, key)
	if err != nil {
		return err
	}
	for _, node := range nodes {
		raw, err := b.c.Store.Get(ctx, key+":"+node)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		var counted map[string]int
		if err := json.Unmarshal(raw, &counted); err != nil {
			return fmt.Errorf("activity: use: %w", err)
		}
		for day, n := range counted {
			days[day] += n
		}
	}
	return nil
}
