// SPDX-License-Identifier: AGPL-3.0-or-later

package directory_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

func name(t *testing.T, c *directory.Cache, id directory.PersonID) string {
	t.Helper()
	p, err := c.Person(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Name
}

func TestCacheAnswersFromMemoryWhileFresh(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	c := directory.NewCache(&scripted{}, directory.CacheConfig{Now: func() time.Time { return now }, TTL: time.Hour})
	first, second := name(t, c, "marta"), name(t, c, "marta")
	now = now.Add(59 * time.Second)
	third := name(t, c, "marta")
	now = now.Add(time.Second) // an hour was asked for; a minute is the most
	fourth := name(t, c, "marta")
	if first+second+third+fourth != "1112" {
		t.Fatal(first, second, third, fourth)
	}
	if other := name(t, c, "pau"); other != "3" {
		t.Fatal(other)
	}
}

func TestCacheKeepsNoErrors(t *testing.T) {
	b := &scripted{err: directory.ErrNotFound}
	c := directory.NewCache(b, directory.CacheConfig{})
	if _, err := c.Person(t.Context(), "marta"); !errors.Is(err, directory.ErrNotFound) {
		t.Fatal(err)
	}
	b.err = nil
	if got := name(t, c, "marta"); got != "2" {
		t.Fatal(got)
	}
}

// That nothing was decided is kept as a decision is: until the person decides,
// here or elsewhere, and no longer than it. A directory that is down is not
// the same as nothing decided.
func TestThatNothingWasDecidedIsKept(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	b := &scripted{err: directory.ErrUnavailable}
	c := directory.NewCache(b, directory.CacheConfig{Now: func() time.Time { return now }})
	expect := func(want error, reads int) {
		t.Helper()
		got, err := c.Consent(t.Context(), "marta", "nuvol")
		if !errors.Is(err, want) || b.reads != reads {
			t.Fatalf("%+v, %v after %d reads, want %v after %d", got, err, b.reads, want, reads)
		}
	}
	expect(directory.ErrUnavailable, 1)
	expect(directory.ErrUnavailable, 2)
	b.err = fmt.Errorf("%w: nothing there", directory.ErrNotFound)
	expect(directory.ErrNotFound, 3)
	b.err = nil
	expect(directory.ErrNotFound, 3)
	_ = c.PutConsent(t.Context(), "sector", directory.Consent{Person: "marta", Service: "nuvol"})
	expect(nil, 4)
	b.err = directory.ErrNotFound
	now = now.Add(time.Minute)
	expect(directory.ErrNotFound, 5)
	now = now.Add(time.Minute)
	expect(directory.ErrNotFound, 6)
}

func TestCacheIsBounded(t *testing.T) {
	c := directory.NewCache(&scripted{}, directory.CacheConfig{Size: 2})
	for _, id := range []directory.PersonID{"a", "b", "c"} {
		name(t, c, id)
	}
	if got := name(t, c, "a"); got != "4" {
		t.Fatalf("the oldest of three is kept in a cache of two: %s", got)
	}
}

// TestStrangersDisplaceNothing: anybody can send a request from an entity that
// nobody knows, or for a client. Nothing of that is kept, and nothing goes for it.
func TestStrangersDisplaceNothing(t *testing.T) {
	b := &scripted{}
	c := directory.NewCache(b, directory.CacheConfig{Size: 3})
	known := func() string {
		t.Helper()
		var titles string
		for _, id := range []string{"https://a.example", "https://b.example", "https://c.example"} {
			s, err := c.ServiceByEntityID(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			titles += s.Title
		}
		return titles
	}
	before := known()
	b.err = directory.ErrNotFound
	var all sync.WaitGroup
	for i := range 5000 {
		all.Go(func() {
			if _, err := c.ServiceByEntityID(t.Context(), fmt.Sprint("https://stranger.example/", i)); !errors.Is(err, directory.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if after := known(); after != before {
		t.Errorf("%s, before it was %s", after, before)
	}
	b.err = nil
	if s, err := c.ServiceByEntityID(t.Context(), "https://stranger.example/7"); err != nil || s.Title == "" {
		t.Errorf("who was registered meanwhile is not found: %v", err)
	}
}

func TestManyWhoAskTheSameCostOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &scripted{hold: make(chan struct{})}
		c := directory.NewCache(b, directory.CacheConfig{})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { name(t, c, "marta") })
		}
		synctest.Wait()
		close(b.hold)
		all.Wait()
		if b.reads != 1 {
			t.Fatalf("%d reads", b.reads)
		}
	})
}

// A person is suspended while a read of her is under way. That read may have
// seen the old state: it must not be kept, nor given to who asks afterwards.
func TestAChangeIsNotLostToAReadUnderWay(t *testing.T) {
	for _, how := range []string{"own write", "another's write"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &scripted{hold: make(chan struct{})}
				c := directory.NewCache(b, directory.CacheConfig{})
				ctx, cancel := context.WithCancel(t.Context())
				b.watch = func(_ context.Context, changed func(directory.Change)) error {
					changed(directory.Change{Kind: directory.ChangedPerson, Person: "marta"})
					cancel()
					return ctx.Err()
				}
				var old, fresh string
				var all sync.WaitGroup
				all.Go(func() { old = name(t, c, "marta") })
				synctest.Wait()
				if how == "own write" {
					_ = c.ChangePerson(ctx, directory.System(), "marta", directory.PersonChange{})
				} else {
					_ = c.Run(ctx)
				}
				all.Go(func() { fresh = name(t, c, "marta") })
				synctest.Wait()
				close(b.hold)
				all.Wait()
				b.mu.Lock()
				b.hold = nil
				b.mu.Unlock()
				if old != "1" || fresh != "2" {
					t.Fatal(old, fresh)
				}
				if got := name(t, c, "marta"); got == "1" {
					t.Fatal("the answer from before the change was kept")
				}
			})
		})
	}
}

func TestWhoCannotWaitDoesNotSpoilTheReadForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &scripted{hold: make(chan struct{})}
		c := directory.NewCache(b, directory.CacheConfig{})
		ctx, cancel := context.WithCancel(t.Context())
		var impatient error
		var patient string
		var all sync.WaitGroup
		all.Go(func() { _, impatient = c.Person(ctx, "marta") })
		synctest.Wait()
		all.Go(func() { patient = name(t, c, "marta") })
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(impatient, context.Canceled) || !errors.Is(impatient, directory.ErrUnavailable) {
			t.Fatal(impatient)
		}
		close(b.hold)
		all.Wait()
		if patient != "1" {
			t.Fatal(patient)
		}
	})
}

// reading says what a cache answers of one kind, so that tests see whether it
// was read again.
func reading(t *testing.T, c *directory.Cache) map[string]func() string {
	return map[string]func() string{
		"person": func() string { return name(t, c, "marta") },
		"standing": func() string {
			s, _ := c.Standing(t.Context(), "marta")
			return fmt.Sprint(len(s.Memberships))
		},
		"collective": func() string { v, _ := c.Collective(t.Context(), "ateneu"); return v.Title },
		"service":    func() string { v, _ := c.Service(t.Context(), "id"); return v.Title },
		"name":       func() string { v, _ := c.ServiceByName(t.Context(), "nuvol"); return v.Title },
		"client":     func() string { v, _ := c.ServiceByClientID(t.Context(), "client"); return v.Title },
		"entity":     func() string { v, _ := c.ServiceByEntityID(t.Context(), "https://sp.example"); return v.Title },
		"consent": func() string {
			v, _ := c.Consent(t.Context(), "marta", "nuvol")
			return fmt.Sprint(v.Identity)
		},
		"services": func() string { v, _ := c.Services(t.Context()); return v[0].Title },
	}
}

// stale reports which kinds are read again after do.
func stale(t *testing.T, c *directory.Cache, do func()) map[string]bool {
	t.Helper()
	before := make(map[string]string)
	for kind, read := range reading(t, c) {
		before[kind] = read()
		if read() != before[kind] {
			t.Fatalf("%s is not cached", kind)
		}
	}
	do()
	again := make(map[string]bool)
	for kind, read := range reading(t, c) {
		if read() != before[kind] {
			again[kind] = true
		}
	}
	return again
}

func expect(t *testing.T, what string, got map[string]bool, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		if !got[kind] {
			t.Errorf("%s: the %s is still the old one", what, kind)
		}
	}
}

func services(more ...string) []string {
	return append([]string{"service", "name", "client", "entity", "services"}, more...)
}

func TestOwnWritesAreSeenAtOnce(t *testing.T) {
	ctx, by := t.Context(), directory.System()
	c := directory.NewCache(&scripted{}, directory.CacheConfig{})
	all := services("person", "standing", "collective", "consent")
	for _, w := range []struct {
		name  string
		do    func() error
		stale []string
	}{
		{"ChangePerson", func() error { return c.ChangePerson(ctx, by, "marta", directory.PersonChange{}) }, []string{"person"}},
		{"SetPassword", func() error { return c.SetPassword(ctx, by, "marta", "x") }, []string{"person"}},
		{"ProveAddress", func() error { return c.ProveAddress(ctx, "marta", "m@example.org") }, []string{"person"}},
		{"SwapCode", func() error { return c.SwapCode(ctx, "marta", "x", "y") }, []string{"person"}},
		{"Approve", func() error { return c.Approve(ctx, by, "ateneu", "marta", time.Time{}) }, []string{"person", "standing", "collective"}},
		{"ChangeCase", func() error { return c.ChangeCase(ctx, by, "ateneu", "marta", directory.CaseChange{}) }, []string{"person"}},
		{"MoveCase", func() error { return c.MoveCase(ctx, "ateneu", "marta", "forn") }, []string{"person"}},
		{"RemoveCase", func() error { return c.RemoveCase(ctx, by, "ateneu", "marta") }, []string{"person"}},
		{"RemovePerson", func() error { return c.RemovePerson(ctx, by, "marta") }, all},
		{"AddMember", func() error { return c.AddMember(ctx, by, "ateneu", "marta") }, []string{"standing"}},
		{"RemoveMember", func() error { return c.RemoveMember(ctx, by, "ateneu", "marta") }, []string{"standing", "collective"}},
		{"AddManager", func() error { return c.AddManager(ctx, by, "ateneu", "marta") }, []string{"standing", "collective"}},
		{"RemoveManager", func() error { return c.RemoveManager(ctx, by, "ateneu", "marta") }, []string{"standing", "collective"}},
		{"ChangeCollective", func() error {
			return c.ChangeCollective(ctx, by, "ateneu", directory.CollectiveChange{})
		}, []string{"collective"}},
		{"RemoveCollective", func() error { return c.RemoveCollective(ctx, by, "ateneu") }, []string{"collective", "standing"}},
		{"GrantAccess", func() error { return c.GrantAccess(ctx, by, directory.Access{}, "marta") }, []string{"standing"}},
		{"RevokeAccess", func() error { return c.RevokeAccess(ctx, by, directory.Access{}, "marta") }, []string{"standing"}},
		{"PutConsent", func() error {
			return c.PutConsent(ctx, "sector", directory.Consent{Person: "marta", Service: "nuvol"})
		}, []string{"consent"}},
		{"StopConsent", func() error { return c.StopConsent(ctx, by, "marta", "nuvol") }, []string{"consent"}},
		{"AddService", func() error { return c.AddService(ctx, by, directory.Service{}) }, services()},
		{"ReplaceService", func() error { return c.ReplaceService(ctx, by, directory.Service{}) }, services()},
		{"RemoveService", func() error { return c.RemoveService(ctx, by, "id") }, services("standing")},
	} {
		got := stale(t, c, func() {
			if err := w.do(); !errors.Is(err, errLost) {
				t.Errorf("%s does not reach the directory: %v", w.name, err)
			}
		})
		expect(t, w.name, got, w.stale...)
	}
}

func TestChangesOfOthersAreHeardOf(t *testing.T) {
	for _, w := range []struct {
		change directory.Change
		stale  []string
	}{
		{directory.Change{Kind: directory.ChangedPerson, Person: "marta"}, []string{"person"}},
		{directory.Change{Kind: directory.ChangedPerson, Person: "pau"}, nil},
		{directory.Change{Kind: directory.ChangedStanding}, []string{"standing"}},
		{directory.Change{Kind: directory.ChangedCollective}, []string{"collective"}},
		{directory.Change{Kind: directory.ChangedService}, services()},
		{directory.Change{Kind: directory.ChangedKey}, nil},
		{directory.Change{Kind: directory.ChangedConsent, Person: "marta", Service: "nuvol"}, []string{"consent"}},
		{directory.Change{Kind: directory.ChangedConsent, Person: "marta", Service: "agora"}, nil},
		{directory.Change{Kind: directory.ChangedConsent, Person: "pau", Service: "nuvol"}, nil},
		{directory.Change{Kind: directory.ChangedAll}, services("person", "standing", "collective", "consent")},
	} {
		synctest.Test(t, func(t *testing.T) {
			changes := make(chan directory.Change)
			b := &scripted{watch: func(ctx context.Context, changed func(directory.Change)) error {
				for {
					select {
					case change := <-changes:
						changed(change)
					case <-ctx.Done():
						return ctx.Err()
					}
				}
			}}
			c := directory.NewCache(b, directory.CacheConfig{})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- c.Run(ctx) }()
			got := stale(t, c, func() {
				changes <- w.change
				synctest.Wait()
			})
			expect(t, fmt.Sprint(w.change), got, w.stale...)
			if len(got) != len(w.stale) {
				t.Errorf("%v: also forgotten: %v", w.change, got)
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
}

// While the watch is down nobody tells of changes. What was cached is
// forgotten when it breaks; it is begun again sooner or later, less and less
// often while it fails, and at once the first time.
func TestABrokenWatchIsBegunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun []time.Duration
		start := time.Now()
		attempt := 0
		b := &scripted{watch: func(ctx context.Context, changed func(directory.Change)) error {
			begun = append(begun, time.Since(start))
			attempt++
			if attempt == 1 || attempt == 12 {
				changed(directory.Change{Kind: directory.ChangedAll})
			}
			if attempt == 1 {
				<-time.After(time.Hour) // stands for an hour, then breaks
			}
			return directory.ErrUnavailable
		}}
		c := directory.NewCache(b, directory.CacheConfig{Now: func() time.Time { return start }})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = c.Run(ctx) }()
		synctest.Wait()
		got := stale(t, c, func() {
			time.Sleep(time.Hour)
			synctest.Wait()
		})
		expect(t, "break", got, services("person", "standing", "collective", "consent")...)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for i, want := range []time.Duration{0, time.Hour + 250*time.Millisecond, time.Hour + 750*time.Millisecond} {
			if begun[i] != want {
				t.Errorf("attempt %d at %v, want %v", i+1, begun[i], want)
			}
		}
		if pause := begun[11] - begun[10]; pause != 30*time.Second {
			t.Errorf("the longest pause is %v", pause)
		}
		if pause := begun[12] - begun[11]; pause != 250*time.Millisecond {
			t.Errorf("after having stood, the pause is %v", pause)
		}
	})
}

func BenchmarkCachedPerson(b *testing.B) {
	c := directory.NewCache(&scripted{}, directory.CacheConfig{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = c.Person(b.Context(), "marta")
		}
	})
}
