// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/redis"
	"commonscloud.coop/clau/idp/store/redistest"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/ticket"
)

var morning = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// office is a desk and its clock.
type office struct {
	*ticket.Desk
	clock *storetest.Clock
}

func newOffice(tb testing.TB) office {
	tb.Helper()
	clock := storetest.NewClock(morning)
	opened, err := bolt.Open(bolt.Config{Path: filepath.Join(tb.TempDir(), "state"), Now: clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { opened.Close() })
	return office{&ticket.Desk{Key: []byte("a key of thirty-two bytes, always"), Store: opened, Now: clock.Now}, clock}
}

// to says that a ticket is to be bound to s, whoever it names.
func to(s string) func(directory.PersonID) (string, error) {
	return func(directory.PersonID) (string, error) { return s, nil }
}

func purposes() []ticket.Purpose {
	return []ticket.Purpose{
		ticket.ProveAddress, ticket.Application, ticket.FirstPassword, ticket.Reset, ticket.Revive, ticket.Invitation,
	}
}

func TestATicketOpensWhatItIsFor(t *testing.T) {
	d := newOffice(t)
	until := morning.Add(time.Hour)
	for _, p := range purposes() {
		for _, person := range []directory.PersonID{"0190b2f4-0000-7000-8000-000000000001", "a.b.c", ""} {
			text := d.Issue(p, person, "núria@example.coop", until)
			if strings.ContainsAny(text, " /+=&?#%\"<>") {
				t.Errorf("%s does not fit in a link", text)
			}
			got, err := d.Read(p, text, to("núria@example.coop"))
			if err != nil || got.Purpose != p || got.Person != person || !got.Expires.Equal(until) {
				t.Errorf("%s of %q: %+v, %v", p, person, got, err)
			}
		}
	}
}

func TestEveryFieldMatters(t *testing.T) {
	d := newOffice(t)
	const person, bound = directory.PersonID("marta"), "7"
	until := morning.Add(time.Hour)
	text := d.Issue(ticket.Reset, person, bound, until)
	later := d.Issue(ticket.Reset, person, bound, until.Add(time.Hour))
	mac := text[strings.LastIndex(text, "."):]
	other := *d.Desk
	other.Key = []byte("another key of thirty-two bytes, so")
	for name, test := range map[string]struct {
		desk  *ticket.Desk
		text  string
		bound string
	}{
		"another key":             {&other, text, bound},
		"another state":           {d.Desk, text, "8"},
		"no state":                {d.Desk, text, ""},
		"another person":          {d.Desk, strings.Replace(text, "marta", "maria", 1), bound},
		"a later end":             {d.Desk, later[:strings.LastIndex(later, ".")] + mac, bound},
		"another purpose's":       {d.Desk, d.Issue(ticket.FirstPassword, person, bound, until), bound},
		"the mac alone":           {d.Desk, mac[1:], bound},
		"without a mac":           {d.Desk, strings.TrimSuffix(text, mac[1:]), bound},
		"something behind":        {d.Desk, text + "x", bound},
		"something before":        {d.Desk, "x" + text, bound},
		"a space behind":          {d.Desk, text + " ", bound},
		"the end written else":    {d.Desk, strings.ToUpper(text), bound},
		"a code instead of a mac": {d.Desk, strings.TrimSuffix(text, mac[1:]) + d.Code(ticket.Reset, person, bound, until), bound},
		"nothing":                 {d.Desk, "", bound},
		"dots":                    {d.Desk, "..", bound},
		"very long":               {d.Desk, strings.Repeat("x", 1000) + text, bound},
	} {
		if got, err := test.desk.Read(ticket.Reset, test.text, to(test.bound)); !errors.Is(err, ticket.ErrInvalid) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, p := range purposes() {
		if _, err := d.Read(p, text, to(bound)); (err == nil) != (p == ticket.Reset) {
			t.Errorf("read for %s: %v", p, err)
		}
	}
}

// The fields are told apart: a character moved from the person's name to the end
// of its life, which would then be far away, makes another ticket.
func TestFieldsDoNotRunTogether(t *testing.T) {
	d := newOffice(t)
	text := d.Issue(ticket.Reset, "marta", "7", morning.Add(time.Hour))
	moved := strings.Replace(text, "marta.", "mart.a", 1)
	if _, err := d.Read(ticket.Reset, moved, to("7")); !errors.Is(err, ticket.ErrInvalid) {
		t.Errorf("%s opens: %v", moved, err)
	}
}

func TestCutOffAnywhereOrChangedAnywhereItOpensNothing(t *testing.T) {
	d := newOffice(t)
	text := d.Issue(ticket.Invitation, "0190b2f4-0000-7000-8000-000000000001", "bressola", morning.Add(time.Hour))
	for i := range text {
		if _, err := d.Read(ticket.Invitation, text[:i], to("bressola")); !errors.Is(err, ticket.ErrInvalid) {
			t.Errorf("cut at %d: %v", i, err)
		}
		for bit := range 8 {
			changed := []byte(text)
			changed[i] ^= 1 << bit
			if _, err := d.Read(ticket.Invitation, string(changed), to("bressola")); !errors.Is(err, ticket.ErrInvalid) {
				t.Errorf("bit %d of byte %d: %v", bit, i, err)
			}
		}
	}
}

func TestATicketIsGoodUntilTheMomentItSays(t *testing.T) {
	d := newOffice(t)
	until := morning.Add(time.Hour)
	text := d.Issue(ticket.Reset, "marta", "7", until)
	for _, test := range []struct {
		at   time.Time
		good bool
	}{
		{morning, true}, {until.Add(-time.Nanosecond), true}, {until, false}, {until.Add(time.Hour), false},
	} {
		d.clock.Set(test.at)
		if _, err := d.Read(ticket.Reset, text, to("7")); (err == nil) != test.good {
			t.Errorf("at %v: %v", test.at, err)
		}
		if got := d.CheckCode(ticket.Reset, "marta", "7", until, d.Code(ticket.Reset, "marta", "7", until)); got != test.good {
			t.Errorf("the code at %v: %v", test.at, got)
		}
	}
}

// Who asks the directory whose ticket it is gets what the directory says.
func TestAnErrorOfTheStateIsReturnedAsItIs(t *testing.T) {
	d := newOffice(t)
	text := d.Issue(ticket.Reset, "marta", "7", morning.Add(time.Hour))
	asked := directory.PersonID("")
	_, err := d.Read(ticket.Reset, text, func(id directory.PersonID) (string, error) {
		asked = id
		return "7", directory.ErrUnavailable
	})
	if !errors.Is(err, directory.ErrUnavailable) || errors.Is(err, ticket.ErrInvalid) || asked != "marta" {
		t.Errorf("%v, asked about %q", err, asked)
	}
	d.clock.Advance(2 * time.Hour)
	_, err = d.Read(ticket.Reset, text, func(directory.PersonID) (string, error) {
		t.Error("the directory is asked about a ticket that is too old")
		return "", nil
	})
	if !errors.Is(err, ticket.ErrInvalid) {
		t.Error(err)
	}
}

// Programs that look after mail follow links.
func TestReadingSpendsNothing(t *testing.T) {
	d := newOffice(t)
	trips := storetest.Counting(d.Store)
	d.Store = trips
	text := d.Issue(ticket.Reset, "marta", "7", morning.Add(time.Hour))
	for range 3 {
		if _, err := d.Read(ticket.Reset, text, to("7")); err != nil {
			t.Fatal(err)
		}
	}
	if trips.Trips() != 0 {
		t.Errorf("%v", trips.ByMethod())
	}
}

func TestOfTwoHundredAtOnceOneSpendsATicket(t *testing.T) {
	spend := func(t *testing.T, s store.Store) {
		d := &ticket.Desk{Key: []byte("key"), Store: s, Now: func() time.Time { return morning }}
		text := d.Issue(ticket.Reset, "marta", "7", morning.Add(time.Hour))
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				read, err := d.Read(ticket.Reset, text, to("7"))
				if err == nil {
					err = d.Spend(t.Context(), read)
				}
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, ticket.ErrSpent):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != 199 {
			t.Errorf("%d spent it, %d came too late", won.Load(), lost.Load())
		}
	}
	t.Run("bolt", func(t *testing.T) { spend(t, newOffice(t).Store) })
	t.Run("redis", func(t *testing.T) {
		s, err := redis.Open(t.Context(), redistest.Start(t).URL())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		spend(t, s)
	})
}

func TestASpentTicketStaysSpentAndOthersDoNot(t *testing.T) {
	d := newOffice(t)
	until := morning.Add(time.Hour)
	read := func(bound string) ticket.Ticket {
		t.Helper()
		got, err := d.Read(ticket.Reset, d.Issue(ticket.Reset, "marta", bound, until), to(bound))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := read("7")
	if err := d.Spend(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	d.clock.Set(until.Add(-time.Second))
	if err := d.Spend(t.Context(), first); !errors.Is(err, ticket.ErrSpent) {
		t.Errorf("in its last second: %v", err)
	}
	if err := d.Spend(t.Context(), read("8")); err != nil {
		t.Errorf("another one: %v", err)
	}
	if err := d.GiveBack(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := d.Spend(t.Context(), first); err != nil {
		t.Errorf("given back: %v", err)
	}
	if err := d.Spend(t.Context(), first); !errors.Is(err, ticket.ErrSpent) {
		t.Errorf("and spent again: %v", err)
	}
}

// A store that cannot say whether a ticket was used must not let it be used.
func TestWithoutTheStoreNothingIsSpent(t *testing.T) {
	d := newOffice(t)
	broken := storetest.Broken(d.Store)
	d.Store = broken
	read, err := d.Read(ticket.Reset, d.Issue(ticket.Reset, "marta", "7", morning.Add(time.Hour)), to("7"))
	if err != nil {
		t.Fatal(err)
	}
	broken.Break()
	if err := d.Spend(t.Context(), read); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	broken.Mend()
	if err := d.Spend(t.Context(), read); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	d := newOffice(f)
	good := d.Issue(ticket.Reset, "marta", "7", morning.Add(time.Hour))
	f.Add(good)
	f.Add(good + ".")
	f.Add("marta.t.x")
	f.Add("..")
	f.Add("marta.zzzzzzzzzzzzzzzzzzzz.AAAA")
	f.Add("marta.-1.AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := d.Read(ticket.Reset, text, to("7"))
		if err == nil && text != good {
			t.Errorf("%q opens as %+v", text, got)
		}
		if err != nil && !errors.Is(err, ticket.ErrInvalid) {
			t.Error(err)
		}
	})
}
