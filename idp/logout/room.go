// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
)

// ErrUnsupported says that a service cannot be told: it registered no address for it.
var ErrUnsupported = errors.New("logout: the service has no ear for it")

// ErrBrowser says that a service can be told by the browser only.
var ErrBrowser = errors.New("logout: only through the browser")

// ErrUnknown says that no session goes by that sid any more, or that a
// departure is over.
var ErrUnknown = errors.New("logout: unknown")

// Config is what a [Room] needs. Zero numbers take the defaults.
type Config struct {
	Store    store.Store
	Sessions *session.Manager
	Now      func() time.Time
	Rand     io.Reader
	Logger   *slog.Logger

	// FirstAttempt bounds how long End waits for the services, since a person
	// waits for it; default 3 s.
	FirstAttempt time.Duration

	AtOnce    int // deliveries under way at once on this node; default 64
	OfService int // of them to one service; default 4
}

// Room ends sessions.
type Room struct {
	c        Config
	couriers map[string]Courier
	lanes    *lanes
	ledger   *ledger
}

// New returns a Room without couriers; see [Room.Employ].
func New(c Config) *Room {
	if c.FirstAttempt == 0 {
		c.FirstAttempt = 3 * time.Second
	}
	if c.AtOnce == 0 {
		c.AtOnce = 64
	}
	if c.OfService == 0 {
		c.OfService = 4
	}
	return &Room{c: c, couriers: map[string]Courier{}, lanes: newLanes(c.AtOnce, c.OfService), ledger: newLedger()}
}

// Employ adds the couriers. It is the wiring's last step, before the first
// request: protocols need the room and the room needs them.
func (l *Room) Employ(couriers ...Courier) {
	for _, c := range couriers {
		l.couriers[c.Protocol()] = c
	}
}

// Enter returns the writes that remember a participant of a session. Those of a
// sign-on that a log-out overtook are made all the same: they open nothing, since
// the session is not there, name nobody whom it does not name, and end with
// [session.Manager.Absolute].
func (l *Room) Enter(s session.Session, p Participant) []store.Op {
	raw, _ := json.Marshal(listed(p)) // strings only
	ttl := l.c.Sessions.Absolute()
	where := seat{s.Key, p}.raw()
	ops := []store.Op{
		store.Join{Key: joinedKey(s.Key), Member: string(raw), TTL: ttl},
		store.Put{Key: sidKey(p.SID), Value: []byte(where), TTL: ttl},
	}
	if p.Name != "" {
		ops = append(ops, store.Join{Key: l.namedKeys(p.Service, p.Name)[0], Member: where, TTL: ttl})
	}
	return ops
}

// listed is a participant as the list of a session holds it.
func listed(p Participant) Participant {
	if p.Name != "" {
		p.Name, p.Detail, p.Called = "", "", true
	}
	return p
}

// leave returns the writes by which a participant leaves a session.
func (l *Room) leave(sessionKey string, p Participant) []store.Op {
	raw, _ := json.Marshal(listed(p)) // as Enter wrote it
	return append(l.forget(sessionKey, p), store.Leave{Key: joinedKey(sessionKey), Member: string(raw)})
}

// forget returns the writes after which nothing finds the session by a participant.
func (l *Room) forget(sessionKey string, p Participant) []store.Op {
	ops := []store.Op{store.Delete{Key: sidKey(p.SID)}}
	if p.Name != "" {
		for _, key := range l.namedKeys(p.Service, p.Name) {
			ops = append(ops, store.Leave{Key: key, Member: seat{sessionKey, p}.raw()})
		}
	}
	return ops
}

// Hold returns the write that lets a store key die with a session. Whatever a
// session issues that must not outlive it is held so.
func (l *Room) Hold(sessionKey, storeKey string, ttl time.Duration) store.Op {
	return store.Join{Key: heldKey(sessionKey), Member: storeKey, TTL: ttl}
}

// BySID finds the session that a service knows by sid, or [ErrUnknown].
func (l *Room) BySID(ctx context.Context, sid string) (sessionKey string, p Participant, err error) {
	raw, err := l.c.Store.Get(ctx, sidKey(sid))
	if errors.Is(err, store.ErrNotFound) {
		return "", Participant{}, ErrUnknown
	}
	if err != nil {
		return "", Participant{}, err
	}
	var at seat
	if err := json.Unmarshal(raw, &at); err != nil {
		return "", Participant{}, fmt.Errorf("logout: unreadable: %w", err)
	}
	return at.Session, at.Participant, nil
}

// seat is where a sid sits.
type seat struct {
	Session     string      `json:"session"`
	Participant Participant `json:"participant"`
}

func (s seat) raw() string {
	raw, _ := json.Marshal(s) // strings only
	return string(raw)
}

func joinedKey(session string) string { return "joined:" + session }
func heldKey(session string) string   { return "held:" + session }
func sidKey(sid string) string        { return "sid:" + sid }
