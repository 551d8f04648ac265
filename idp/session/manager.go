// SPDX-License-Identifier: AGPL-3.0-or-later

package session

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// ErrNone says that the browser has no session: it never had one, it is over,
// or it was voided.
var ErrNone = errors.New("session: none")

// Config is what a [Manager] needs. Zero durations take the defaults.
type Config struct {
	Store store.Store
	Now   func() time.Time
	Rand  io.Reader

	// Secure is set when the issuer is https: cookies are then Secure and carry
	// the __Host- prefix (RFC 6265bis section 4.1.3.2).
	Secure bool

	Idle       time.Duration // unused this long, a session is over; default 8 h
	Absolute   time.Duration // this long after the login it is over anyway; default 7 days
	TouchEvery time.Duration // how exactly the last use is kept; default 5 min
}

// Manager reads, begins and ends sessions.
type Manager struct {
	c Config
}

// NewManager returns a Manager.
func NewManager(c Config) *Manager {
	if c.Idle == 0 {
		c.Idle = 8 * time.Hour
	}
	if c.Absolute == 0 {
		c.Absolute = retention.Session
	}
	if c.TouchEvery == 0 {
		c.TouchEvery = 5 * time.Minute
	}
	return &Manager{c: c}
}

// Absolute is how long a session can last at most: whatever hangs on sessions
// need not be kept longer.
func (m *Manager) Absolute() time.Duration { return m.c.Absolute }

// Read returns the session of the request's browser, or [ErrNone]. Without a
// cookie the store is not asked; with one it is asked once.
func (m *Manager) Read(r *http.Request) (Session, error) {
	value, ok := m.cookie(r, sessionCookie)
	if !ok {
		return Session{}, ErrNone
	}
	key, secret, ok := strings.Cut(value, ".")
	if !ok || len(key) != keyLength {
		return Session{}, ErrNone
	}
	s, err := m.Load(r.Context(), key)
	if err != nil {
		return Session{}, err
	}
	if subtle.ConstantTimeCompare([]byte(s.secret), []byte(digest(secret))) != 1 {
		return Session{}, ErrNone
	}
	return s, nil
}

// Sent reports whether the browser sent what may be a session's secret, without
// asking the store. From another site's form it never does (SameSite=Lax).
func (m *Manager) Sent(r *http.Request) bool {
	_, sent := m.cookie(r, sessionCookie)
	return sent
}

// Load returns the session under a key, or [ErrNone]. It is for Clau's own
// bookkeeping: a browser is read with [Manager.Read], which asks for the secret.
func (m *Manager) Load(ctx context.Context, key string) (Session, error) {
	raw, err := m.c.Store.Get(ctx, storeKey(key))
	if errors.Is(err, store.ErrNotFound) {
		return Session{}, ErrNone
	}
	if err != nil {
		return Session{}, err
	}
	var k kept
	if err := json.Unmarshal(raw, &k); err != nil {
		return Session{}, fmt.Errorf("session: unreadable: %w", err)
	}
	s := k.session(key)
	if m.over(s) {
		return Session{}, ErrNone
	}
	return s, nil
}

// over is asked beside the store's own expiry, since only it knows both limits.
func (m *Manager) over(s Session) bool {
	now := m.c.Now()
	return now.Sub(s.Created) >= m.c.Absolute || now.Sub(s.Seen) >= m.c.Idle+m.c.TouchEvery
}

// Start begins a session for who gave the proof and hands its secret to the
// browser. Where before is a session of the same person it goes on, under the
// new secret; a session of somebody else is the caller's to end first.
func (m *Manager) Start(w http.ResponseWriter, r *http.Request, p Proof, before Session) (Session, error) {
	s := Session{
		Key: before.Key, Person: p.Person.ID, Epoch: p.Person.Epoch,
		AuthTime: p.At, ACR: p.ACR, AMR: p.AMR,
		Created: before.Created, Seen: p.At,
	}
	if before.Key == "" || before.Person != p.Person.ID {
		key, err := m.random(keyBytes)
		if err != nil {
			return Session{}, err
		}
		s.Key, s.Created = key, p.At
	}
	secret, err := m.random(secretBytes)
	if err != nil {
		return Session{}, err
	}
	s.secret = digest(secret)
	index := store.Join{Key: indexKey(s.Person), Member: s.Key, TTL: m.c.Absolute}
	if err := m.c.Store.Write(r.Context(), m.put(s), index); err != nil {
		return Session{}, err
	}
	m.setCookie(w, sessionCookie, s.Key+"."+secret, m.c.Absolute)
	return s, nil
}

// Touch returns the writes that record a use of the session: none while the
// last one is recent enough, so that most sign-ons write nothing for it. A session
// that ended since it was read does not come back, nor a secret that it had.
func (m *Manager) Touch(s Session) []store.Op {
	now := m.c.Now()
	if now.Sub(s.Seen) < m.c.TouchEvery {
		return nil
	}
	old := m.put(s).Value
	s.Seen = now
	put := m.put(s)
	return []store.Op{store.Renew{Key: put.Key, Old: old, Value: put.Value, TTL: put.TTL}}
}

// End returns the writes that end a session.
func (m *Manager) End(s Session) []store.Op {
	return []store.Op{
		store.Delete{Key: storeKey(s.Key)},
		store.Leave{Key: indexKey(s.Person), Member: s.Key},
	}
}

// Unlist returns the write that forgets which sessions a person had, when all
// of them have ended.
func (m *Manager) Unlist(id directory.PersonID) store.Op { return store.Delete{Key: indexKey(id)} }

// Forget takes the session's secret from the browser.
func (m *Manager) Forget(w http.ResponseWriter) { m.setCookie(w, sessionCookie, "", -time.Second) }

func (m *Manager) put(s Session) store.Put {
	raw, _ := json.Marshal(keep(s)) // a struct of strings and numbers always marshals
	ttl := min(m.c.Idle+m.c.TouchEvery, s.Created.Add(m.c.Absolute).Sub(m.c.Now()))
	return store.Put{Key: storeKey(s.Key), Value: raw, TTL: max(ttl, time.Second)}
}

func storeKey(key string) string { return "session:" + key }

func indexKey(id directory.PersonID) string { return "sessions:" + string(id) }

// Of returns the sessions of a person, newest first.
func (m *Manager) Of(ctx context.Context, id directory.PersonID) ([]Session, error) {
	keys, err := m.c.Store.Members(ctx, indexKey(id))
	if err != nil {
		return nil, err
	}
	var out []Session
	for _, key := range keys {
		s, err := m.Load(ctx, key)
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Session) int { return b.AuthTime.Compare(a.AuthTime) })
	return out, nil
}

// kept is a session as the store holds it: short names, milliseconds.
type kept struct {
	Secret   string             `json:"k"`
	Person   directory.PersonID `json:"p"`
	Epoch    int64              `json:"e,omitempty"`
	AuthTime int64              `json:"t"`
	ACR      string             `json:"c,omitempty"`
	AMR      []string           `json:"m,omitempty"`
	Created  int64              `json:"b"`
	Seen     int64              `json:"s"`
}

func keep(s Session) kept {
	return kept{s.secret, s.Person, s.Epoch, s.AuthTime.UnixMilli(), s.ACR, s.AMR, s.Created.UnixMilli(), s.Seen.UnixMilli()}
}

func (k kept) session(key string) Session {
	return Session{
		Key: key, Person: k.Person, Epoch: k.Epoch, AuthTime: time.UnixMilli(k.AuthTime), ACR: k.ACR, AMR: k.AMR,
		Created: time.UnixMilli(k.Created), Seen: time.UnixMilli(k.Seen), secret: k.Secret,
	}
}
