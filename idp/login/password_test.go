// SPDX-License-Identifier: AGPL-3.0-or-later

package login_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
)

// town is a directory of a few people that counts the hashes it made.
type town struct {
	mu        sync.Mutex
	people    map[directory.PersonID]directory.Person
	passwords map[directory.PersonID]string
	locked    map[directory.PersonID]bool
	must      map[directory.PersonID]directory.PasswordAdvice
	actors    []directory.Actor
	hashes    int
	down      error
}

func (d *town) Person(_ context.Context, id directory.PersonID) (directory.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.people[id], d.down
}

func (d *town) PersonByLogin(_ context.Context, name string) (directory.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if strings.EqualFold(name, string(p.Handle)) || strings.EqualFold(name, p.Mail) {
			return p, d.down
		}
	}
	if d.down != nil {
		return directory.Person{}, d.down
	}
	return directory.Person{}, directory.ErrNotFound
}

func (d *town) Authenticate(_ context.Context, id directory.PersonID, password string) (directory.PasswordAdvice, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked[id] {
		return directory.PasswordAdvice{}, directory.ErrLocked // as slapd: nothing is hashed
	}
	d.hashes++
	if d.passwords[id] != password {
		return directory.PasswordAdvice{}, directory.ErrPassword
	}
	return d.must[id], d.down
}

func (d *town) AuthenticateNobody(context.Context, string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hashes++
	return directory.ErrPassword
}

func (d *town) SetPassword(_ context.Context, by directory.Actor, id directory.PersonID, password string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.actors = append(d.actors, by)
	if len(password) < 10 {
		return directory.ErrWeakPassword
	}
	d.passwords[id] = password
	return nil
}

func (d *town) ChangePerson(_ context.Context, _ directory.Actor, id directory.PersonID, c directory.PersonChange) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.people[id]
	if c.RaiseEpoch {
		p.Epoch++
	}
	d.people[id] = p
	return nil
}

var (
	home    = netip.MustParseAddr("198.51.100.7")
	foreign = netip.MustParseAddr("203.0.113.9")
	morning = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
)

func start(t *testing.T) (*town, *login.Password, *storetest.Breaker, *storetest.Clock) {
	clock := storetest.NewClock(morning)
	d := &town{
		people: map[directory.PersonID]directory.Person{
			"1": {ID: "1", Handle: "anna", Mail: "anna@example.coop", State: directory.Active},
			"2": {ID: "2", Handle: "bernat", State: directory.Suspended},
			"3": {ID: "3", Handle: "carla", State: directory.PendingApproval},
			"4": {ID: "4", Handle: "dolors", State: directory.Active, Expires: morning.Add(-time.Hour)},
			"5": {ID: "5", Handle: "enric", State: directory.Active},
			"6": {ID: "6", Handle: "fina", State: directory.Active},
		},
		passwords: map[directory.PersonID]string{},
		locked:    map[directory.PersonID]bool{"5": true},
		must:      map[directory.PersonID]directory.PasswordAdvice{"6": {MustChange: true}},
	}
	for id := range d.people {
		d.passwords[id] = "correct horse"
	}
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	broken := storetest.Broken(s)
	return d, &login.Password{People: d, Brake: &login.Brake{Store: broken}, Now: clock.Now}, broken, clock
}

func TestRightPasswordByHandleOrAddressInAnyCase(t *testing.T) {
	_, l, _, _ := start(t)
	for _, name := range []string{"anna", "ANNA", " anna ", "Anna@Example.coop"} {
		got, err := l.Prove(t.Context(), name, "correct horse", home)
		if err != nil || got.Proof.Person.ID != "1" || got.Proof.AMR[0] != "pwd" || got.MustChange {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
	}
}

// Whoever has no key learns nothing from the door: the same answer after the
// same work, whether nobody lives there or somebody who may not enter.
func TestAllThatMustLookAlikeLooksAlike(t *testing.T) {
	for name, password := range map[string]string{
		"nobody": "correct horse", "anna": "wrong", "bernat": "wrong", "carla": "correct horse", "dolors": "correct horse",
	} {
		d, l, _, _ := start(t)
		_, err := l.Prove(t.Context(), name, password, home)
		if !errors.Is(err, login.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
		if d.hashes != 1 {
			t.Errorf("%s: %d hashes, want 1", name, d.hashes)
		}
	}
}

func TestALockedAccountLooksLikeOneTriedTooOften(t *testing.T) {
	d, l, _, _ := start(t)
	if _, err := l.Prove(t.Context(), "enric", "correct horse", home); !errors.Is(err, login.ErrSlow) {
		t.Fatal(err)
	}
	if d.hashes != 1 {
		t.Errorf("%d hashes, want 1: the time tells", d.hashes)
	}
}

func TestNothingEmptyOrHugeReachesTheDirectory(t *testing.T) {
	d, l, _, _ := start(t)
	for _, try := range [][2]string{{"", "x"}, {"anna", ""}, {"   ", "x"}, {strings.Repeat("a", 400), "x"}, {"anna", strings.Repeat("x", 2000)}} {
		if _, err := l.Prove(t.Context(), try[0], try[1], home); !errors.Is(err, login.ErrWrong) {
			t.Errorf("%.10q: %v", try, err)
		}
	}
	if d.hashes != 0 {
		t.Errorf("%d hashes", d.hashes)
	}
}

// Five hundred guesses at once, in all spellings, admit at most the limit.
func TestParallelGuessesAreCountedBeforeTheyAreJudged(t *testing.T) {
	d, l, _, _ := start(t)
	spellings := []string{"anna", "ANNA", "anna@example.coop", "ANNA@EXAMPLE.COOP", " Anna"}
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() { _, _ = l.Prove(t.Context(), spellings[i%len(spellings)], fmt.Sprint("guess", i), home) })
	}
	wg.Wait()
	if d.hashes > 8 {
		t.Errorf("%d guesses were judged, at most 8 may be", d.hashes)
	}
}

func TestGuessingFromElsewhereDoesNotLockOutWhoIsAtHome(t *testing.T) {
	_, l, _, clock := start(t)
	for range 20 {
		_, _ = l.Prove(t.Context(), "anna", "guess", foreign)
	}
	if _, err := l.Prove(t.Context(), "anna", "correct horse", foreign); !errors.Is(err, login.ErrSlow) {
		t.Errorf("there: %v", err)
	}
	if _, err := l.Prove(t.Context(), "anna", "correct horse", home); err != nil {
		t.Errorf("at home: %v", err)
	}
	clock.Advance(11 * time.Minute)
	if _, err := l.Prove(t.Context(), "anna", "correct horse", foreign); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestGuessingFromManyAddressesIsSlowedDownToo(t *testing.T) {
	d, l, _, _ := start(t)
	for i := range 200 {
		from := netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})
		_, _ = l.Prove(t.Context(), "anna", "guess", from)
	}
	if d.hashes > 60 {
		t.Errorf("%d guesses were judged, at most 60 may be", d.hashes)
	}
	// One household of IPv6 is one client, however many addresses it has.
	d.hashes = 0
	for i := range 100 {
		from := netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2::%x", i+1))
		_, _ = l.Prove(t.Context(), "fina", "guess", from)
	}
	if d.hashes > 8 {
		t.Errorf("%d guesses from one /64 were judged", d.hashes)
	}
}

// An unknown name that is never slowed down would tell that nobody has it.
func TestUnknownNamesAreSlowedDownLikeKnownOnes(t *testing.T) {
	_, l, _, _ := start(t)
	for i := range 12 {
		_, known := l.Prove(t.Context(), "anna", "guess", home)
		_, unknown := l.Prove(t.Context(), "nobody", "guess", home)
		if !errors.Is(unknown, known) {
			t.Fatalf("try %d: known %v, unknown %v", i, known, unknown)
		}
	}
}

func TestARightPasswordForgivesTheWrongOnes(t *testing.T) {
	_, l, _, _ := start(t)
	for range 5 {
		for range 7 {
			if _, err := l.Prove(t.Context(), "anna", "guess", home); !errors.Is(err, login.ErrWrong) {
				t.Fatal(err)
			}
		}
		if _, err := l.Prove(t.Context(), "anna", "correct horse", home); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNobodyTriesWhileTheBrakeIsOut(t *testing.T) {
	d, l, broken, _ := start(t)
	broken.Break()
	if _, err := l.Prove(t.Context(), "anna", "correct horse", home); err == nil || errors.Is(err, login.ErrWrong) {
		t.Errorf("store down: %v", err)
	}
	if d.hashes != 0 {
		t.Errorf("%d hashes without a brake", d.hashes)
	}
}

func TestAFaultIsNotAWrongPassword(t *testing.T) {
	d, l, _, _ := start(t)
	d.down = directory.ErrUnavailable
	for _, name := range []string{"anna", "nobody"} {
		if _, err := l.Prove(t.Context(), name, "correct horse", home); !errors.Is(err, directory.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestChangingAPasswordIsDoneAsThePersonAndVoidsWhatWas(t *testing.T) {
	d, l, _, _ := start(t)
	got, err := l.Prove(t.Context(), "fina", "correct horse", home)
	if err != nil || !got.MustChange {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := l.Change(t.Context(), "6", "correct horse"); !errors.Is(err, login.ErrSame) {
		t.Errorf("the same again: %v", err)
	}
	if _, err := l.Change(t.Context(), "6", "short"); !errors.Is(err, login.ErrWeak) {
		t.Errorf("a weak one: %v", err)
	}
	proof, err := l.Change(t.Context(), "6", "battery staple")
	if err != nil || proof.Person.Epoch != 1 {
		t.Fatalf("%+v, %v", proof, err)
	}
	for _, actor := range d.actors {
		if id, ok := actor.Person(); !ok || id != "6" {
			t.Errorf("written by %+v", actor)
		}
	}
}

// Only who has the right password learns that an account is suspended, and it
// opens nothing.
func TestWhoIsSuspendedLearnsIt(t *testing.T) {
	_, l, _, _ := start(t)
	got, err := l.Prove(t.Context(), "bernat", "correct horse", home)
	if !errors.Is(err, login.ErrSuspended) || got.Proof.Person.ID != "2" {
		t.Errorf("%+v, %v", got, err)
	}
}
