// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/storetest"
)

func TestEachMailGoesOutOnceAndNothingOfItStays(t *testing.T) {
	everywhere(t, func(t *testing.T, d *district) {
		server := &moody{}
		nodes := []*Spool{d.node(server), d.node(server), d.node(server)}
		for i := range 40 {
			m := letter()
			m.Subject, m.Person = fmt.Sprint(i), "marta"
			d.send(nodes[i%len(nodes)], m)
		}
		names := map[string]bool{}
		for _, p := range d.places() {
			names[p.name] = true
		}
		var sweeps sync.WaitGroup
		for _, node := range nodes {
			sweeps.Go(func() { d.sweep(node) })
		}
		sweeps.Wait()
		seen := map[string]bool{}
		for _, m := range server.taken {
			seen[m.Subject] = true
			if !names[m.ID] || !m.At.Equal(noon) {
				t.Errorf("mail %s is called %q, of %v", m.Subject, m.ID, m.At)
			}
		}
		if len(server.taken) != 40 || len(seen) != 40 {
			t.Errorf("%d mails taken, of them %d different", len(server.taken), len(seen))
		}
		for name := range names {
			if d.kept(mailKey(name)) {
				t.Errorf("%s is still kept", name)
			}
		}
		if of, _ := d.store.Members(t.Context(), ofKey("marta")); len(of)+len(d.places()) != 0 {
			t.Errorf("left: %v, %v", of, d.places())
		}
	})
}

func TestAMailIsKeptInOneRoundTrip(t *testing.T) {
	d := newDistrict(t)
	trips := storetest.Counting(d.store)
	d.store = trips
	m := letter()
	m.Person = "marta"
	d.send(d.node(nil), m)
	if got := trips.ByMethod(); !maps.Equal(got, map[string]int{"Write": 1}) {
		t.Errorf("trips: %v", got)
	}
}

// Who reads the store, or a copy of it, reads no address and no link.
func TestWhatWaitsIsSealedAndStaysInItsPlace(t *testing.T) {
	d := newDistrict(t)
	s := d.node(&moody{})
	d.send(s, letter())
	name := d.only().name
	sealed, err := d.store.Get(t.Context(), mailKey(name))
	if err != nil || bytes.Contains(sealed, []byte("nuria")) || bytes.Contains(sealed, []byte("Adeu")) {
		t.Errorf("%q, %v", sealed, err)
	}
	if _, err := s.open(sealed, "another"); err == nil {
		t.Error("it opens in another place")
	}
}

func TestAMailOutlivesARestartAndAMailServerThatIsDownForADay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	d := onBolt(t, path)
	d.send(d.node(nil), letter())
	name, start := d.only().name, d.clock.Now()
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	d = onBolt(t, path)
	down := d.node(always{away()})
	for d.clock.Now().Before(start.Add(24 * time.Hour)) {
		d.after(time.Minute, down)
	}
	if tries := d.only().tries; tries < 90 || tries > 110 {
		t.Errorf("%d tries in a day", tries)
	}
	server := &moody{}
	d.after(15*time.Minute, d.node(server))
	if len(server.taken) != 1 || server.taken[0].ID != name || !server.taken[0].At.Equal(start) {
		t.Fatalf("taken: %+v", server.taken)
	}
	got := server.taken[0]
	got.ID, got.At = "", time.Time{}
	if got != letter() || len(d.places()) != 0 {
		t.Errorf("%+v, and waiting %v", got, d.places())
	}
	d.discreet()
}

func TestAfterThreeDaysAMailIsGivenUpAndThatIsLogged(t *testing.T) {
	d := newDistrict(t)
	s := d.node(always{fmt.Errorf("%w: no way to nuria@example.coop", ErrUnavailable)})
	m := letter()
	m.To = "nuria@example.coop"
	d.send(s, m)
	name := d.only().name
	for len(d.places()) > 0 && d.clock.Now().Before(noon.Add(96*time.Hour)) {
		if strings.Contains(d.log.String(), "mail given up") {
			t.Fatal("given up and still waiting")
		}
		d.after(10*time.Minute, s)
	}
	waited := d.clock.Now().Sub(noon)
	if waited < 71*time.Hour || waited > 72*time.Hour || d.kept(mailKey(name)) {
		t.Errorf("gone after %v, kept: %v", waited, d.kept(mailKey(name)))
	}
	if strings.Count(d.log.String(), "mail given up") != 1 || !strings.Contains(d.log.String(), "mail="+name) {
		t.Error("the log does not say so")
	}
	d.discreet()
}

func TestARefusalIsFinal(t *testing.T) {
	everywhere(t, func(t *testing.T, d *district) {
		server := &moody{moods: []error{fmt.Errorf("%w: code 550", ErrRefused)}}
		s := d.node(server)
		d.send(s, letter())
		d.sweep(s)
		d.after(time.Hour, s)
		if tries, taken := server.count(); tries != 1 || taken != 0 || len(d.places()) != 0 {
			t.Errorf("%d tries, %d taken, waiting %v", tries, taken, d.places())
		}
		if !strings.Contains(d.log.String(), "mail given up") {
			t.Error("nobody is told")
		}
	})
}

func TestTriesBecomeRarer(t *testing.T) {
	everywhere(t, func(t *testing.T, d *district) {
		server := &moody{moods: []error{away(), away(), away()}}
		s := d.node(server)
		d.send(s, letter())
		d.sweep(s)
		for _, wait := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second} {
			before, _ := server.count()
			d.after(wait-time.Second, s)
			if early, _ := server.count(); early != before {
				t.Errorf("tried before %v were over", wait)
			}
			d.after(time.Second, s)
			if then, _ := server.count(); then != before+1 {
				t.Errorf("not tried after %v", wait)
			}
		}
		if _, taken := server.count(); taken != 1 || len(d.places()) != 0 {
			t.Errorf("%d taken, waiting %v", taken, d.places())
		}
	})
	if pause(1000) != 15*time.Minute {
		t.Errorf("a long way off: %v", pause(1000))
	}
}

// Between the server's yes and the erasure a node dies: another one sends the
// mail again, under the same name, when the claim has lapsed.
func TestAfterADeathAMailGoesOutTwiceUnderOneName(t *testing.T) {
	d := newDistrict(t)
	server := &moody{}
	sound := d.store
	broken := storetest.Broken(sound)
	server.asked = func(Message) { broken.Break() }
	d.store = broken
	dying := d.node(server)
	d.send(dying, letter())
	ctx, cancel := context.WithCancel(t.Context())
	died := make(chan struct{})
	go func() { defer close(died); _ = dying.Sweep(ctx) }()
	eventually(t, "the server takes it", func() bool { _, taken := server.count(); return taken == 1 })

	d.store, server.asked = sound, nil
	other := d.node(server)
	d.sweep(other)
	if _, taken := server.count(); taken != 1 {
		t.Fatal("another node does not wait for the claim")
	}
	d.after(claimFor+time.Second, other)
	if _, taken := server.count(); taken != 2 || server.taken[0].ID != server.taken[1].ID || len(d.places()) != 0 {
		t.Errorf("taken: %+v, waiting %v", server.taken, d.places())
	}
	cancel()
	broken.Mend()
	<-died
}

// A store that is away for a moment is no death: the node waits with erasing.
func TestAStoreThatIsAwayForAMomentCostsNoDouble(t *testing.T) {
	d := newDistrict(t)
	broken := storetest.Broken(d.store)
	server := &moody{asked: func(Message) {
		broken.Break()
		time.AfterFunc(20*time.Millisecond, broken.Mend)
	}}
	d.store = broken
	s := d.node(server)
	d.send(s, letter())
	d.sweep(s)
	d.after(time.Hour, s)
	if tries, _ := server.count(); tries != 1 || len(d.places()) != 0 {
		t.Errorf("%d tries, waiting %v", tries, d.places())
	}
}

func TestAStoreThatIsAwayTakesNoMail(t *testing.T) {
	d := newDistrict(t)
	broken := storetest.Broken(d.store)
	d.store = broken
	s := d.node(&moody{})
	broken.Break()
	if err := s.Send(t.Context(), letter()); !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "nuria") {
		t.Errorf("got %v", err)
	}
	if err := s.Sweep(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the sweep: %v", err)
	}
	broken.Mend()
	d.sweep(s)
	d.send(s, letter())
}

func TestAFloodFillsNoStoreAndHoldsUpNobody(t *testing.T) {
	d := newDistrict(t)
	server := &moody{}
	s := d.node(server)
	s.c.Limit = 100
	for i := range 100 {
		if err := s.Send(t.Context(), letter()); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
	}
	if err := s.Send(t.Context(), letter()); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	other := d.node(server)
	other.c.Limit = 100
	d.sweep(other)
	if err := other.Send(t.Context(), letter()); err != nil {
		t.Errorf("room was made, and another node says %v", err)
	}
	d.sweep(s)
	if err := s.Send(t.Context(), letter()); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	huge := letter()
	huge.Text = strings.Repeat("x", sizeMax)
	if err := s.Send(t.Context(), huge); !errors.Is(err, ErrInvalid) {
		t.Errorf("a huge one: %v", err)
	}
}

func TestAServerThatIsAwayIsNotAskedForEachMail(t *testing.T) {
	d := newDistrict(t)
	server := &moody{}
	for range 400 {
		server.moods = append(server.moods, away())
	}
	s := d.node(server)
	for range 2 * sweepMax {
		d.send(s, letter())
	}
	<-s.wake
	d.sweep(s)
	if tries, _ := server.count(); tries > 2*atOnce {
		t.Errorf("asked %d times", tries)
	}
	if len(s.wake) != 0 {
		t.Error("and asked again at once")
	}
}

func TestALongLineGoesOutWithoutWaiting(t *testing.T) {
	d := newDistrict(t)
	server := &moody{}
	s := d.node(server)
	for range 2*sweepMax + 1 {
		d.send(s, letter())
	}
	for sweeps := 0; len(s.wake) > 0; sweeps++ {
		<-s.wake
		d.sweep(s)
		if sweeps > 4 {
			t.Fatal("it never rests")
		}
	}
	if _, taken := server.count(); taken != 2*sweepMax+1 || len(d.places()) != 0 {
		t.Errorf("%d taken, waiting %d", taken, len(d.places()))
	}
}

func TestNewMailsComeFirst(t *testing.T) {
	d := newDistrict(t)
	server := &moody{moods: []error{away(), away(), away()}}
	s := d.node(server)
	for _, subject := range []string{"old", "old", "old"} {
		m := letter()
		m.Subject = subject
		d.send(s, m)
		d.sweep(s)
	}
	d.clock.Advance(time.Hour)
	m := letter()
	m.Subject = "new"
	d.send(s, m)
	due := dueAt(d.clock.Now(), members(d))
	if len(due) != 4 || due[0].tries != 0 || due[3].tries != 1 {
		t.Errorf("the line is %v", due)
	}
}

func members(d *district) []string {
	d.t.Helper()
	all, err := d.store.Members(d.t.Context(), spoolKey)
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}
