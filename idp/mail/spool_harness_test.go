// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/redis"
	"commonscloud.coop/clau/idp/store/redistest"
	"commonscloud.coop/clau/idp/store/storetest"
)

// moody answers one error after another, then takes mails.
type moody struct {
	mu    sync.Mutex
	moods []error
	tries int
	taken []Message
	asked func(Message) // if there, called at each try
}

func (m *moody) Send(_ context.Context, msg Message) error {
	if m.asked != nil {
		m.asked(msg)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries++
	if len(m.moods) > 0 {
		mood := m.moods[0]
		m.moods = m.moods[1:]
		return mood
	}
	m.taken = append(m.taken, msg)
	return nil
}

func (m *moody) count() (tries, taken int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tries, len(m.taken)
}

// always is a server that gives the same answer for ever.
type always struct{ err error }

func (a always) Send(context.Context, Message) error { return a.err }

func away() error { return fmt.Errorf("%w: dial", ErrUnavailable) }

// notes are an operator's log.
type notes struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *notes) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *notes) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// lid is a sealer that hides what it seals from eyes, and is bound to its key
// and place like the real one.
type lid string

func (l lid) Seal(plain []byte, context string) ([]byte, error) {
	return l.turn(append([]byte(string(l)+context+"|"), plain...)), nil
}

func (l lid) Open(sealed []byte, context string) ([]byte, error) {
	plain, fits := bytes.CutPrefix(l.turn(sealed), []byte(string(l)+context+"|"))
	if !fits {
		return nil, errors.New("belongs elsewhere")
	}
	return plain, nil
}

func (lid) turn(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x5a
	}
	return out
}

// district is a store, and spools of several nodes over it.
type district struct {
	t     *testing.T
	clock *storetest.Clock
	store store.Store
	log   *notes
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func onBolt(t *testing.T, path string) *district {
	t.Helper()
	clock := storetest.NewClock(noon)
	opened, err := bolt.Open(bolt.Config{Path: path, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return &district{t: t, clock: clock, store: opened, log: &notes{}}
}

func newDistrict(t *testing.T) *district {
	t.Helper()
	return onBolt(t, filepath.Join(t.TempDir(), "state"))
}

func onRedis(t *testing.T) *district {
	t.Helper()
	server := redistest.Start(t)
	opened, err := redis.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return &district{t: t, clock: storetest.NewClock(noon), store: opened, log: &notes{}}
}

// everywhere tells a story on each kind of store.
func everywhere(t *testing.T, story func(t *testing.T, d *district)) {
	t.Run("bolt", func(t *testing.T) { story(t, newDistrict(t)) })
	t.Run("redis", func(t *testing.T) { story(t, onRedis(t)) })
}

// node is a spool of one more node.
func (d *district) node(to Sender) *Spool {
	return NewSpool(SpoolConfig{
		To: to, Store: d.store, Sealer: lid("master"), Now: d.clock.Now, Rand: rand.Reader,
		Logger: slog.New(slog.NewTextHandler(d.log, nil)),
	})
}

func (d *district) send(s *Spool, m Message) {
	d.t.Helper()
	if err := s.Send(d.t.Context(), m); err != nil {
		d.t.Fatal(err)
	}
}

func (d *district) sweep(s *Spool) {
	d.t.Helper()
	if err := s.Sweep(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// after sweeps once that time has gone by.
func (d *district) after(wait time.Duration, s *Spool) {
	d.t.Helper()
	d.clock.Advance(wait)
	d.sweep(s)
}

// places are those of the mails that wait.
func (d *district) places() []place {
	d.t.Helper()
	members, err := d.store.Members(d.t.Context(), spoolKey)
	if err != nil {
		d.t.Fatal(err)
	}
	var out []place
	for _, member := range members {
		p, ok := parsePlace(member)
		if !ok {
			d.t.Fatalf("%q is no place", member)
		}
		out = append(out, p)
	}
	return out
}

// only is the place of the one mail that waits.
func (d *district) only() place {
	d.t.Helper()
	all := d.places()
	if len(all) != 1 {
		d.t.Fatalf("waiting: %v", all)
	}
	return all[0]
}

func (d *district) kept(key string) bool {
	d.t.Helper()
	_, err := d.store.Get(d.t.Context(), key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.t.Fatal(err)
	}
	return err == nil
}

// discreet: the log tells of no address and of no words.
func (d *district) discreet() {
	d.t.Helper()
	for _, hidden := range []string{"nuria", "Núria", "contrasenya", "Adeu"} {
		if strings.Contains(d.log.String(), hidden) {
			d.t.Errorf("%q is in the log: %s", hidden, d.log)
		}
	}
}
