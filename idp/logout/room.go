// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
)

// ErrUnsupported says that a service cannot be told: it registered no address for it.
var ErrUnsupported = errors.New("logout: the service has no ear for it")

// ErrBrowser says that a service can be told by the browser only.
var ErrBrowser = errors.New("logout: only through the browser")

// ErrUnknown says that no session goes by that sid any more.
var ErrUnknown = errors.New("logout: unknown sid")

// Config is what a [Room] needs.
type Config struct {
	Store    store.Store
	Sessions *session.Manager
	Now      func() time.Time
	Rand     io.Reader
	Logger   *slog.Logger

	// FirstAttempt bounds how long End waits for the services, since a person
	// waits for it; default 3 s.
	FirstAttempt time.Duration
}

// Room ends sessions.
type Room struct {
	c        Config
	couriers map[string]Courier
}

// New returns a Room without couriers; see [Room.Employ].
func New(c Config) *Room {
	if c.FirstAttempt == 0 {
		c.FirstAttempt = 3 * time.Second
	}
	return &Room{c: c, couriers: map[string]Courier{}}
}

// Employ adds the couriers. It is the wiring's last step, before the first
// request: protocols need the room and the room needs them.
func (l *Room) Employ(couriers ...Courier) {
	for _, c := range couriers {
		l.couriers[c.Protocol()] = c
	}
}

// Enter returns the writes that remember a participant of a session.
func (l *Room) Enter(s session.Session, p Participant) []store.Op {
	raw, _ := json.Marshal(p) // strings only
	ttl := l.c.Sessions.Absolute()
	where, _ := json.Marshal(seat{s.Key, p})
	return []store.Op{
		store.Join{Key: joinedKey(s.Key), Member: string(raw), TTL: ttl},
		store.Put{Key: "sid:" + p.SID, Value: where, TTL: ttl},
	}
}

// Hold returns the write that lets a store key die with a session. Whatever a
// session issues that must not outlive it is held so.
func (l *Room) Hold(sessionKey, storeKey string, ttl time.Duration) store.Op {
	return store.Join{Key: heldKey(sessionKey), Member: storeKey, TTL: ttl}
}

// BySID finds the session that a service knows by sid, or [ErrUnknown].
func (l *Room) BySID(ctx context.Context, sid string) (sessionKey string, p Participant, err error) {
	raw, err := l.c.Store.Get(ctx, "sid:"+sid)
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

// End ends a session: first it and all it holds up are deleted, then every
// participant is told. It returns what came of each within the time of
// [Config.FirstAttempt]; what failed is tried again by [Room.Run]. Ending a
// session that is over already is no error and tells nobody.
func (l *Room) End(ctx context.Context, sessionKey string) ([]Outcome, error) {
	s, err := l.c.Sessions.Load(ctx, sessionKey)
	if errors.Is(err, session.ErrNone) {
		s = session.Session{Key: sessionKey}
	} else if err != nil {
		return nil, err
	}
	ops, participants, err := l.ending(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := l.c.Store.Write(ctx, ops...); err != nil {
		return nil, err
	}
	return l.tell(ctx, participants)
}

// ending returns the writes that end a session, and who is to be told.
func (l *Room) ending(ctx context.Context, s session.Session) ([]store.Op, []Participant, error) {
	joined, err := l.c.Store.Members(ctx, joinedKey(s.Key))
	if err != nil {
		return nil, nil, err
	}
	held, err := l.c.Store.Members(ctx, heldKey(s.Key))
	if err != nil {
		return nil, nil, err
	}
	participants := l.participants(joined)
	return l.demolish(s, participants, held), participants, nil
}

func (l *Room) demolish(s session.Session, participants []Participant, held []string) []store.Op {
	ops := l.c.Sessions.End(s)
	for _, key := range held {
		ops = append(ops, store.Delete{Key: key})
	}
	for _, p := range participants {
		ops = append(ops, store.Delete{Key: "sid:" + p.SID})
	}
	return append(ops, store.Delete{Key: heldKey(s.Key)}, store.Delete{Key: joinedKey(s.Key)})
}

func (l *Room) participants(joined []string) []Participant {
	var out []Participant
	for _, raw := range joined {
		var p Participant
		if err := json.Unmarshal([]byte(raw), &p); err != nil {
			l.c.Logger.Error("logout participant unreadable", "cause", err)
			continue
		}
		out = append(out, p)
	}
	return out
}

// tell makes the first attempt at all participants at once, and queues what failed.
func (l *Room) tell(ctx context.Context, participants []Participant) ([]Outcome, error) {
	// A person who closes the page must not keep the services from being told.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.c.FirstAttempt)
	defer cancel()
	out := make([]Outcome, len(participants))
	var wg sync.WaitGroup
	for i, p := range participants {
		wg.Go(func() { out[i] = Outcome{p, l.attempt(ctx, p)} })
	}
	wg.Wait()
	return out, l.queue(context.WithoutCancel(ctx), out)
}

// attempt tells one service once.
func (l *Room) attempt(ctx context.Context, p Participant) Status {
	courier, ok := l.couriers[p.Protocol]
	if !ok {
		return Unsupported
	}
	switch err := courier.Deliver(ctx, p); {
	case err == nil:
		return Done
	case errors.Is(err, ErrUnsupported):
		return Unsupported
	default:
		l.c.Logger.Warn("logout not delivered", "service", p.Service, "cause", err)
		return Retrying
	}
}

// seat is where a sid sits.
type seat struct {
	Session     string      `json:"session"`
	Participant Participant `json:"participant"`
}

func joinedKey(session string) string { return "joined:" + session }
func heldKey(session string) string   { return "held:" + session }
