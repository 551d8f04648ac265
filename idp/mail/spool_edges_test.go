// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

func TestWhatWaitsForSomebodyErasedGoesButTheLastMail(t *testing.T) {
	everywhere(t, func(t *testing.T, d *district) {
		server := &moody{}
		s := d.node(server)
		for subject, person := range map[string]directory.PersonID{"hers": "marta", "hers too": "marta", "his": "pau", "the last": ""} {
			m := letter()
			m.Subject, m.Person = subject, person
			d.send(s, m)
		}
		for range 2 { // twice is nothing
			if err := s.Forget(t.Context(), "marta"); err != nil {
				t.Fatal(err)
			}
		}
		d.sweep(s)
		var got []string
		for _, m := range server.taken {
			got = append(got, m.Subject)
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"his", "the last"}) {
			t.Errorf("sent: %v", got)
		}
		d.after(claimFor+time.Minute, d.node(server))
		if len(server.taken) != 2 {
			t.Errorf("sent later: %v", server.taken[2:])
		}
	})
}

// The account is erased while a node talks to a mail server about it: what did
// not go out then does not come back.
func TestAMailForgottenDuringATryStaysForgotten(t *testing.T) {
	d := newDistrict(t)
	server := &moody{moods: []error{away()}}
	s := d.node(server)
	server.asked = func(Message) {
		if err := s.Forget(context.Background(), "marta"); err != nil {
			t.Error(err)
		}
	}
	m := letter()
	m.Person = "marta"
	d.send(s, m)
	name := d.only().name
	d.sweep(s)
	d.after(time.Hour, s)
	if tries, taken := server.count(); tries != 1 || taken != 0 || d.kept(mailKey(name)) || len(d.places()) != 0 {
		t.Errorf("%d tries, %d taken, kept: %v", tries, taken, d.kept(mailKey(name)))
	}
}

// A node dies between putting a mail off and saying so in the line.
func TestAPlaceThatIsBehindIsMended(t *testing.T) {
	d := newDistrict(t)
	s := d.node(&moody{})
	d.send(s, letter())
	p := d.only()
	old, err := d.store.Get(t.Context(), mailKey(p.name))
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.open(old, p.name)
	if err != nil {
		t.Fatal(err)
	}
	w.Tries, w.Next = 3, noon.Add(time.Hour)
	sealed, err := s.seal(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.Swap(t.Context(), mailKey(p.name), old, sealed, time.Hour*24); err != nil {
		t.Fatal(err)
	}
	d.sweep(s)
	if got := d.only(); got != w.place() {
		t.Errorf("it stands at %v, want %v", got, w.place())
	}
	d.after(time.Hour, s)
	if len(d.places()) != 0 {
		t.Error("it was not sent in its turn")
	}
}

// Where keys live on several machines, a place may be seen before its mail.
func TestAPlaceSeenBeforeItsMailIsNotCleared(t *testing.T) {
	d := newDistrict(t)
	server := &moody{}
	s := d.node(server)
	w, err := s.enter(letter())
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.seal(w)
	if err != nil {
		t.Fatal(err)
	}
	ops := w.keep(sealed)
	if err := d.store.Write(t.Context(), ops[1]); err != nil {
		t.Fatal(err)
	}
	d.sweep(s)
	if err := d.store.Write(t.Context(), ops[0]); err != nil {
		t.Fatal(err)
	}
	d.after(claimFor+time.Second, s)
	if _, taken := server.count(); taken != 1 {
		t.Error("the mail is lost")
	}
}

func TestAPlaceWithoutAMailIsCleared(t *testing.T) {
	d := newDistrict(t)
	s := d.node(&moody{})
	d.send(s, letter())
	if err := d.store.Write(t.Context(), store.Delete{Key: mailKey(d.only().name)}); err != nil {
		t.Fatal(err)
	}
	d.after(2*claimFor, s)
	if left := d.places(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A node with the wrong master secret must not cost anybody a mail.
func TestAMailThatDoesNotOpenWaitsForWhoCanOpenIt(t *testing.T) {
	d := newDistrict(t)
	server := &moody{}
	right, wrong := d.node(server), d.node(server)
	wrong.c.Sealer = lid("another")
	d.send(right, letter())
	d.sweep(wrong)
	if !strings.Contains(d.log.String(), "mail cannot be opened") {
		t.Error("nobody is told")
	}
	d.after(time.Hour, right)
	d.sweep(right)
	if _, taken := server.count(); taken != 1 {
		t.Error("the mail is lost")
	}
}

func TestRunDeliversAtOnceAndEndsWhatItBegan(t *testing.T) {
	d := newDistrict(t)
	begun, goOn := make(chan struct{}), make(chan struct{})
	server := &moody{asked: func(Message) { close(begun); <-goOn }}
	s := d.node(server)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); s.Run(ctx) }()
	d.send(s, letter())
	select {
	case <-begun:
	case <-time.After(sweepEvery - time.Second):
		t.Fatal("it waits for the next sweep")
	}
	cancel()
	close(goOn)
	<-over
	if _, taken := server.count(); taken != 1 || len(d.places()) != 0 {
		t.Errorf("%d taken, waiting %v", taken, d.places())
	}
	d.send(s, letter()) // for the next life
	if len(d.places()) != 1 {
		t.Error("what came after the end is lost")
	}
}

func TestPlacesAreWhatTheyWere(t *testing.T) {
	for _, p := range []place{{0, 0, "a"}, {3, 1_800_000_000, "abcdefgh"}} {
		if got, ok := parsePlace(p.String()); !ok || got != p {
			t.Errorf("%v is read as %v", p, got)
		}
	}
	for _, member := range []string{"", ".", "..", "1.2", "1.2.", "x.2.a", "1.x.a", "a"} {
		if p, ok := parsePlace(member); ok {
			t.Errorf("%q is read as %v", member, p)
		}
	}
}
