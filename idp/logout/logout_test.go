// SPDX-License-Identifier: AGPL-3.0-or-later

package logout_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
)

// courier is a protocol whose services can be made deaf.
type courier struct {
	mu   sync.Mutex
	deaf map[directory.ServiceID]error
	told []logout.Participant
}

func (c *courier) Protocol() string { return "test" }

func (c *courier) Deliver(_ context.Context, p logout.Participant) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.deaf[p.Service]; err != nil {
		return err
	}
	c.told = append(c.told, p)
	return nil
}

func (c *courier) hears(id directory.ServiceID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.deaf, id)
}

func (c *courier) count(id directory.ServiceID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, p := range c.told {
		if p.Service == id {
			n++
		}
	}
	return n
}

type world struct {
	t        testing.TB
	clock    *storetest.Clock
	store    store.Store
	sessions *session.Manager
	courier  *courier
	room     *logout.Room
}

func start(t *testing.T) *world { return startIn(t) }

func startIn(t testing.TB) *world {
	clock := storetest.NewClock(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	w := &world{t: t, clock: clock, courier: &courier{deaf: map[directory.ServiceID]error{}}}
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w.store = s
	w.sessions = session.NewManager(session.Config{Store: s, Now: clock.Now, Rand: rand.Reader})
	w.room = w.another()
	return w
}

func (w *world) random() io.Reader { return rand.Reader }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// sessionOf is a session that went by long ago, and whose services never heard.
func sessionOf(key string) session.Session { return session.Session{Key: key} }

// another is the room of a second node, or of the same after a restart.
func (w *world) another() *logout.Room {
	room := logout.New(logout.Config{
		Store: w.store, Sessions: w.sessions, Now: w.clock.Now,
		Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler),
	})
	room.Employ(w.courier)
	return room
}

func (w *world) signedOn(services ...directory.ServiceID) session.Session {
	w.t.Helper()
	proof := session.Proof{Person: directory.Person{ID: "anna"}, At: w.clock.Now()}
	s, err := w.sessions.Start(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), proof, session.Session{})
	w.must(err)
	for _, id := range services {
		w.must(w.store.Write(w.t.Context(), w.room.Enter(s, logout.Participant{
			Protocol: "test", Service: id, Subject: "sub-" + string(id), SID: "sid-" + string(id),
		})...))
	}
	return s
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestEndTellsEveryServiceAndVoidsWhatTheSessionHeld(t *testing.T) {
	w := start(t)
	s := w.signedOn("nuvol", "forum")
	w.must(w.store.Write(t.Context(),
		store.Put{Key: "token:1", Value: []byte("x"), TTL: time.Hour}, w.room.Hold(s.Key, "token:1", time.Hour),
		store.Put{Key: "token:offline", Value: []byte("x"), TTL: time.Hour}))
	if key, p, err := w.room.BySID(t.Context(), "sid-forum"); err != nil || key != s.Key || p.Service != "forum" {
		t.Fatalf("by sid: %q %+v %v", key, p, err)
	}

	outcomes, err := w.room.End(t.Context(), s.Key)
	w.must(err)
	if len(outcomes) != 2 || outcomes[0].Status != logout.Done || outcomes[1].Status != logout.Done {
		t.Errorf("outcomes %+v", outcomes)
	}
	if _, err := w.sessions.Load(t.Context(), s.Key); !errors.Is(err, session.ErrNone) {
		t.Errorf("session: %v", err)
	}
	if _, err := w.store.Get(t.Context(), "token:1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("held token: %v", err)
	}
	if _, err := w.store.Get(t.Context(), "token:offline"); err != nil {
		t.Errorf("a token that the session did not hold: %v", err)
	}
	if _, _, err := w.room.BySID(t.Context(), "sid-forum"); !errors.Is(err, logout.ErrUnknown) {
		t.Errorf("by sid after the end: %v", err)
	}

	again, err := w.room.End(t.Context(), s.Key)
	if err != nil || len(again) != 0 || w.courier.count("nuvol") != 1 {
		t.Errorf("a second end: %+v, %v, told %d times", again, err, w.courier.count("nuvol"))
	}
}

func TestADeafServiceIsToldWhenItHearsAgainEvenAfterARestart(t *testing.T) {
	w := start(t)
	w.courier.deaf = map[directory.ServiceID]error{"nuvol": errors.New("connection refused"), "blog": logout.ErrUnsupported}
	outcomes, err := w.room.End(t.Context(), w.signedOn("nuvol", "blog").Key)
	w.must(err)
	got := map[directory.ServiceID]logout.Status{}
	for _, o := range outcomes {
		got[o.Participant.Service] = o.Status
	}
	if got["nuvol"] != logout.Retrying || got["blog"] != logout.Unsupported {
		t.Fatalf("outcomes %v", got)
	}
	restarted := w.another()
	for range 5 { // still deaf; the pauses grow
		w.clock.Advance(3 * time.Minute)
		w.must(restarted.Sweep(t.Context()))
	}
	w.courier.hears("nuvol")
	w.clock.Advance(time.Hour)
	w.must(restarted.Sweep(t.Context()))
	w.must(restarted.Sweep(t.Context()))
	if n := w.courier.count("nuvol"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if n := w.courier.count("blog"); n != 0 {
		t.Errorf("a service without an ear was told %d times", n)
	}
}

func TestNotBeforeItsTimeAndNotByTwoNodesAtOnce(t *testing.T) {
	w := start(t)
	w.courier.deaf["nuvol"] = errors.New("connection refused")
	_, err := w.room.End(t.Context(), w.signedOn("nuvol").Key)
	w.must(err)
	w.courier.hears("nuvol")
	w.must(w.room.Sweep(t.Context()))
	if n := w.courier.count("nuvol"); n != 0 {
		t.Fatalf("told %d times before the pause was over", n)
	}
	w.clock.Advance(time.Minute)
	var wg sync.WaitGroup
	for range 8 {
		node := w.another()
		wg.Go(func() { _ = node.Sweep(t.Context()) })
	}
	wg.Wait()
	if n := w.courier.count("nuvol"); n != 1 {
		t.Errorf("told %d times by eight nodes", n)
	}
}

func TestAServiceDownForMoreThanThreeDaysIsGivenUp(t *testing.T) {
	w := start(t)
	w.courier.deaf["nuvol"] = errors.New("connection refused")
	_, err := w.room.End(t.Context(), w.signedOn("nuvol").Key)
	w.must(err)
	for range 80 {
		w.clock.Advance(time.Hour)
		w.must(w.room.Sweep(t.Context()))
	}
	w.courier.hears("nuvol")
	w.clock.Advance(2 * time.Hour)
	w.must(w.room.Sweep(t.Context()))
	if n := w.courier.count("nuvol"); n != 0 {
		t.Errorf("told %d times", n)
	}
	if left, _ := w.store.Members(t.Context(), "logout:buckets"); len(left) != 0 {
		t.Errorf("left in the queue: %v", left)
	}
}

func TestStoppingAServiceEndsItEverywhereAndNothingElse(t *testing.T) {
	w := start(t)
	first, second := w.signedOn("nuvol", "forum"), w.signedOn("nuvol")
	w.must(w.store.Write(t.Context(),
		store.Put{Key: "token:1", Value: []byte("x"), TTL: time.Hour}, w.room.HoldFor("anna", "nuvol", "token:1", time.Hour),
		store.Put{Key: "token:2", Value: []byte("x"), TTL: time.Hour}, w.room.HoldFor("anna", "forum", "token:2", time.Hour)))

	outcomes, err := w.room.Stop(t.Context(), "anna", "nuvol")
	w.must(err)
	if len(outcomes) != 2 || w.courier.count("nuvol") != 2 || w.courier.count("forum") != 0 {
		t.Errorf("outcomes %+v, told %+v", outcomes, w.courier.told)
	}
	if _, err := w.store.Get(t.Context(), "token:1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("its token: %v", err)
	}
	if _, err := w.store.Get(t.Context(), "token:2"); err != nil {
		t.Errorf("another's token: %v", err)
	}
	for _, s := range []session.Session{first, second} {
		if _, err := w.sessions.Load(t.Context(), s.Key); err != nil {
			t.Errorf("a session ended: %v", err)
		}
	}
	if _, err := w.room.End(t.Context(), first.Key); err != nil || w.courier.count("nuvol") != 2 || w.courier.count("forum") != 1 {
		t.Errorf("the end of the session told a service that had left: %+v, %v", w.courier.told, err)
	}
}

func TestAPersonEndsEverywhereAndNobodyElse(t *testing.T) {
	w := start(t)
	first, second := w.signedOn("nuvol", "forum"), w.signedOn("nuvol")
	w.must(w.store.Write(t.Context(),
		store.Put{Key: "token:1", Value: []byte("x"), TTL: time.Hour}, w.room.Hold(first.Key, "token:1", time.Hour),
		store.Put{Key: "token:offline", Value: []byte("x"), TTL: time.Hour}, w.room.HoldFor("anna", "nuvol", "token:offline", time.Hour),
		store.Put{Key: "token:bernat", Value: []byte("x"), TTL: time.Hour}, w.room.HoldFor("bernat", "nuvol", "token:bernat", time.Hour)))
	w.courier.deaf = map[directory.ServiceID]error{"forum": errors.New("connection refused")}

	outcomes, err := w.room.EndPerson(t.Context(), "anna")
	w.must(err)
	if len(outcomes) != 3 || w.courier.count("nuvol") != 2 {
		t.Errorf("outcomes %+v", outcomes)
	}
	for _, key := range []string{"session:" + first.Key, "session:" + second.Key, "token:1", "token:offline"} {
		if _, err := w.store.Get(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, set := range []string{"sessions:anna", "given:anna", "joined:" + first.Key, "held:" + first.Key} {
		if left, _ := w.store.Members(t.Context(), set); len(left) != 0 {
			t.Errorf("left in %s: %v", set, left)
		}
	}
	if _, err := w.store.Get(t.Context(), "token:bernat"); err != nil {
		t.Errorf("somebody else's token: %v", err)
	}

	w.courier.hears("forum")
	w.clock.Advance(time.Minute)
	w.must(w.room.Sweep(t.Context()))
	if w.courier.count("forum") != 1 {
		t.Error("a service that was deaf was not told when it heard again")
	}
	if again, err := w.room.EndPerson(t.Context(), "anna"); err != nil || len(again) != 0 {
		t.Errorf("a second end: %+v, %v", again, err)
	}
}
