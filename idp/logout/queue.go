// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

const (
	giveUp     = retention.Logout - 2*longest // a session that long gone is over at the service too
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
	Due         int64       `json:"due"` // of its bucket
}

func deliveryKey(name string) string { return "logout:delivery:" + name }

// fateKey is where it is remembered, without saying of whom, what became of a
// delivery that is over.
func fateKey(name string) string { return "logout-fate:" + name }

// put returns the writes that queue a delivery for when the pause is over.
func (l *Room) put(name string, d *delivery, pause time.Duration) []store.Op {
	at := placeOf(d.Participant.Service, l.c.Now(), pause)
	d.Due = at.due
	raw, _ := json.Marshal(d) // strings, numbers and times
	return append(at.join(name), store.Put{Key: deliveryKey(name), Value: raw, TTL: keptFor})
}

// over returns the writes after which nothing but its fate is left of a delivery.
func over(name string, d delivery, fate Status) []store.Op {
	return append(d.place().leave(name), store.Delete{Key: deliveryKey(name)},
		store.Put{Key: fateKey(name), Value: []byte(fate), TTL: retention.LogoutRecord})
}

// keptFor outlives the last attempt, so that giving up is something that is
// seen and counted.
const keptFor = retention.Logout

// place is a bucket of the queue: what a service is to be told, and when it is
// due (Unix seconds). Everything in it is due then.
type place struct {
	service directory.ServiceID
	due     int64
}

func (d delivery) place() place { return place{d.Participant.Service, d.Due} }

// placeOf is where something belongs that is due after a pause. The longer the
// pause the coarser the buckets: there are never many.
func placeOf(service directory.ServiceID, now time.Time, pause time.Duration) place {
	grain := max(firstPause, pause/8)
	return place{service, now.Add(pause + grain - time.Nanosecond).Truncate(grain).Unix()}
}

const bucketsKey = "logout:buckets" // set of the names of buckets that hold something

func (p place) name() string { return strconv.FormatInt(p.due, 10) + " " + string(p.service) }
func (p place) key() string {
	return "logout:due:" + strconv.FormatInt(p.due, 10) + ":" + string(p.service)
}

func (p place) join(name string) []store.Op {
	return []store.Op{
		store.Join{Key: bucketsKey, Member: p.name(), TTL: keptFor},
		store.Join{Key: p.key(), Member: name, TTL: keptFor},
	}
}

func (p place) leave(name string) []store.Op {
	return []store.Op{store.Leave{Key: p.key(), Member: name}}
}

// places are the buckets that there are.
func (l *Room) places(ctx context.Context) ([]place, error) {
	names, err := l.c.Store.Members(ctx, bucketsKey)
	if err != nil {
		return nil, err
	}
	all := make([]place, 0, len(names))
	for _, name := range names {
		due, service, _ := strings.Cut(name, " ")
		at, err := strconv.ParseInt(due, 10, 64)
		if err != nil {
			l.c.Logger.Error("logout bucket unreadable", "cause", err)
			continue
		}
		all = append(all, place{directory.ServiceID(service), at})
	}
	return all, nil
}

// claim reports whether this node has a delivery for itself, for a while.
func (l *Room) claim(ctx context.Context, name string) (bool, error) {
	err := l.c.Store.PutNew(ctx, "logout:claim:"+name, []byte{1}, claimFor)
	if errors.Is(err, store.ErrExists) {
		return false, nil
	}
	return err == nil, err
}
