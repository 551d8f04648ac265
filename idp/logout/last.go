// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// last is the log-out that a person made last, as the store keeps it.
type last struct {
	At   time.Time `json:"at"`
	Told []told    `json:"told"`
}

type told struct {
	Service  directory.ServiceID `json:"service"`
	Status   Status              `json:"status"`
	Delivery string              `json:"delivery,omitempty"` // of one that was to be tried again
}

func lastKey(person directory.PersonID) string { return "logout-last:" + string(person) }

// remember returns the write that keeps what came of a log-out for the person.
func (l *Room) remember(e ending, outcomes []Outcome) []store.Op {
	if e.person == "" {
		return nil
	}
	kept := last{At: e.ended}
	for i, o := range outcomes {
		one := told{Service: o.Participant.Service, Status: o.Status}
		if o.Status == Retrying {
			one.Delivery = e.name + "." + strconv.Itoa(i)
		}
		kept.Told = append(kept.Told, one)
	}
	raw, _ := json.Marshal(kept) // strings and a time
	return []store.Op{store.Put{Key: lastKey(e.person), Value: raw, TTL: retention.LogoutRecord}}
}

// Last is what came of the last session of a person that ended, as it stands
// now: what was tried again since says what became of it. [ErrUnknown] where
// none is remembered. Participants hold the service alone.
func (l *Room) Last(ctx context.Context, person directory.PersonID) (at time.Time, outcomes []Outcome, err error) {
	raw, err := l.c.Store.Get(ctx, lastKey(person))
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil, ErrUnknown
	}
	if err != nil {
		return time.Time{}, nil, err
	}
	var kept last
	if err := json.Unmarshal(raw, &kept); err != nil {
		return time.Time{}, nil, err
	}
	for _, one := range kept.Told {
		status, err := l.became(ctx, one)
		if err != nil {
			return time.Time{}, nil, err
		}
		outcomes = append(outcomes, Outcome{Participant{Service: one.Service}, status})
	}
	return kept.At, outcomes, nil
}

// became is what a delivery has come to.
func (l *Room) became(ctx context.Context, one told) (Status, error) {
	if one.Delivery == "" {
		return one.Status, nil
	}
	fate, err := l.c.Store.Get(ctx, fateKey(one.Delivery))
	if errors.Is(err, store.ErrNotFound) {
		return Retrying, nil
	}
	return Status(fate), err
}
