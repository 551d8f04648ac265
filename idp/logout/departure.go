// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// Departure is a log-out that goes on in the browser, since some services can
// be told only there. The session is over already; what is left is going from
// one service to the next, and at the end to whoever asked for the log-out.
type Departure struct {
	Handle  string `json:"-"`
	Browser string `json:"browser"` // digest of the browser's name, as of sign-ons; empty: the first that comes by

	// Protocol names who asked, and Reply is its own.
	Protocol string `json:"protocol"`
	Reply    []byte `json:"reply,omitempty"`

	Language string `json:"language,omitempty"` // BCP 47 tag of the pages
	Legs     []Leg  `json:"legs"`
	Framed   bool   `json:"framed,omitempty"` // services that are told in frames were

	raw []byte // as the store holds it, for the swap
}

// Leg is a service that is part of a departure.
type Leg struct {
	Outcome
	Relay string `json:"relay,omitempty"` // what the service brings back; single use
	Led   bool   `json:"led,omitempty"`   // the browser was sent there
}

// Waits reports whether the browser has still to tell the service, or the
// service to answer.
func (g Leg) Waits() bool { return g.Status == Browser && g.Relay != "" }

// Outcomes are those of all legs as they are now.
func (d Departure) Outcomes() []Outcome {
	var all []Outcome
	for _, leg := range d.Legs {
		all = append(all, leg.Outcome)
	}
	return all
}

// nameLength is that of a departure's handle and of a relay.
var nameLength = base64.RawURLEncoding.EncodedLen(16)

// Depart keeps a departure. Those of its legs that wait for the browser, and
// whose protocol can lead it, get their relays; the others stay as they are. What
// one service sees of a departure is of that service alone: two that compare their
// relays learn nothing.
func (l *Room) Depart(ctx context.Context, d *Departure) error {
	handle, err := l.random()
	if err != nil {
		return err
	}
	d.Handle = handle
	var relays []store.Op
	for i := range d.Legs {
		leg := &d.Legs[i]
		if !l.Leads(leg.Outcome) {
			continue
		}
		if leg.Relay, err = l.random(); err != nil {
			return err
		}
		relays = append(relays, store.Put{Key: relayKey(leg.Relay), Value: []byte(handle), TTL: retention.Farewell})
	}
	if d.raw, err = json.Marshal(d); err != nil {
		return err
	}
	put := store.Put{Key: farewellKey(handle), Value: d.raw, TTL: retention.Farewell}
	return l.c.Store.Write(ctx, append(relays, put)...)
}

func (l *Room) random() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(l.c.Rand, b[:]); err != nil {
		return "", fmt.Errorf("logout: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// Departure finds one, or answers [ErrUnknown]: it is over, or never was.
func (l *Room) Departure(ctx context.Context, handle string) (Departure, error) {
	if len(handle) != nameLength || store.CheckKey(handle) != nil {
		return Departure{}, ErrUnknown
	}
	raw, err := l.c.Store.Get(ctx, farewellKey(handle))
	if errors.Is(err, store.ErrNotFound) {
		return Departure{}, ErrUnknown
	}
	if err != nil {
		return Departure{}, err
	}
	d := Departure{Handle: handle, raw: raw}
	if err := json.Unmarshal(raw, &d); err != nil {
		return Departure{}, fmt.Errorf("logout: departure: %w", err)
	}
	return d, nil
}

// Relayed finds the departure that a relay is of, and which leg.
func (l *Room) Relayed(ctx context.Context, relay string) (Departure, int, error) {
	if len(relay) != nameLength || store.CheckKey(relay) != nil {
		return Departure{}, 0, ErrUnknown
	}
	handle, err := l.c.Store.Get(ctx, relayKey(relay))
	if errors.Is(err, store.ErrNotFound) {
		return Departure{}, 0, ErrUnknown
	}
	if err != nil {
		return Departure{}, 0, err
	}
	d, err := l.Departure(ctx, string(handle))
	if err != nil {
		return Departure{}, 0, err
	}
	for i, leg := range d.Legs {
		if leg.Relay == relay {
			return d, i, nil
		}
	}
	return Departure{}, 0, ErrUnknown
}

// Keep writes how far a departure has come, unless it was moved or finished
// meanwhile by another request: [store.ErrConflict], or [ErrUnknown].
func (l *Room) Keep(ctx context.Context, d *Departure) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	err = l.c.Store.Swap(ctx, farewellKey(d.Handle), d.raw, raw, retention.Farewell)
	if errors.Is(err, store.ErrNotFound) {
		return ErrUnknown
	}
	if err == nil {
		d.raw = raw
	}
	return err
}

// Arrive ends a departure. Of many who do, one gets it and may go on to who asked
// for the log-out; the others get [ErrUnknown].
func (l *Room) Arrive(ctx context.Context, handle string) (Departure, error) {
	raw, err := l.c.Store.Take(ctx, farewellKey(handle))
	if errors.Is(err, store.ErrNotFound) {
		return Departure{}, ErrUnknown
	}
	if err != nil {
		return Departure{}, err
	}
	d := Departure{Handle: handle}
	return d, json.Unmarshal(raw, &d)
}

// Leads reports whether an outcome is one that the browser can go on with.
func (l *Room) Leads(o Outcome) bool {
	_, leads := l.couriers[o.Participant.Protocol].(Escort)
	return leads && o.Status == Browser
}

// Lead returns where the browser goes for a leg, or [ErrUnsupported] where there
// is no way for it.
func (l *Room) Lead(ctx context.Context, leg Leg) (Visit, error) {
	escort, ok := l.couriers[leg.Participant.Protocol].(Escort)
	if !ok || leg.Relay == "" {
		return Visit{}, ErrUnsupported
	}
	return escort.Lead(ctx, leg.Participant, leg.Relay)
}

// Came counts what a service said through the browser.
func (l *Room) Came(p Participant, status Status) {
	l.ledger.note(p.Service, l.c.Now(), status, 1, nil)
}

func farewellKey(handle string) string { return "farewell:" + handle }

func relayKey(relay string) string { return "farewell-relay:" + relay }
