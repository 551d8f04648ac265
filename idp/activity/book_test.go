// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/redis"
	"commonscloud.coop/clau/idp/store/redistest"
	"commonscloud.coop/clau/idp/store/storetest"
)

// library is a store, and the books of several nodes that write to it.
type library struct {
	t      testing.TB
	clock  *storetest.Clock
	store  *storetest.Counter
	broken *storetest.Breaker
	record *audit.Memory
	log    *bytes.Buffer
}

func newLibrary(t testing.TB, clock *storetest.Clock, over store.Store) *library {
	t.Cleanup(func() { over.Close() })
	broken := storetest.Broken(over)
	return &library{t, clock, storetest.Counting(broken), broken, &audit.Memory{}, &bytes.Buffer{}}
}

func onBolt(t testing.TB) *library {
	t.Helper()
	clock := storetest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	opened, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return newLibrary(t, clock, opened)
}

func onRedis(t testing.TB) *library {
	t.Helper()
	opened, err := redis.Open(t.Context(), redistest.Start(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	return newLibrary(t, storetest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), opened)
}

// everywhere tells a story on each kind of store.
func everywhere(t *testing.T, story func(t *testing.T, l *library)) {
	t.Run("bolt", func(t *testing.T) { story(t, onBolt(t)) })
	t.Run("redis", func(t *testing.T) { story(t, onRedis(t)) })
}

// node is the book of one more node. Nobody runs it yet.
func (l *library) node() *Book {
	return New(Config{
		Next: l.record, Store: l.store, Now: l.clock.Now, Rand: rand.Reader,
		Logger: slog.New(slog.NewTextHandler(l.log, nil)),
	})
}

func (l *library) ofPerson(b *Book, id directory.PersonID) []string {
	l.t.Helper()
	events, err := b.OfPerson(l.t.Context(), id, time.Time{}, 10_000)
	if err != nil {
		l.t.Fatal(err)
	}
	return reasons(events)
}

func (l *library) ofCollective(b *Book, name directory.CollectiveName) []string {
	l.t.Helper()
	events, err := b.OfCollective(l.t.Context(), name, time.Time{}, 10_000)
	if err != nil {
		l.t.Fatal(err)
	}
	return reasons(events)
}

func reasons(events []audit.Event) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.Reason)
	}
	return out
}

func happened(kind audit.Kind, person directory.PersonID, in directory.CollectiveName, reason string) audit.Event {
	return audit.Event{Kind: kind, Person: person, Collective: in, Reason: reason}
}

func TestWhatOneNodeWritesAnotherReads(t *testing.T) {
	everywhere(t, func(t *testing.T, l *library) {
		here, there := l.node(), l.node()
		wrote := audit.Event{
			At: l.clock.Now().Add(-time.Minute), Kind: audit.MemberAdded, Person: "marta", Actor: "pau",
			Service: "wiki", Collective: "bressola", Reason: "join", Reference: "abc",
		}
		here.Write(t.Context(), wrote)
		here.flush(t.Context())
		for name, read := range map[string]func() ([]audit.Event, error){
			"person":     func() ([]audit.Event, error) { return there.OfPerson(t.Context(), "marta", time.Time{}, 10) },
			"collective": func() ([]audit.Event, error) { return there.OfCollective(t.Context(), "bressola", time.Time{}, 10) },
		} {
			events, err := read()
			if err != nil || len(events) != 1 || events[0] != wrote {
				t.Errorf("of the %s: %+v, %v", name, events, err)
			}
		}
		if kept := l.record.Events(); len(kept) != 1 || kept[0] != wrote {
			t.Errorf("the record holds %+v", kept)
		}
	})
}

func TestWhoSeesWhat(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	for _, e := range []audit.Event{
		happened(audit.MemberAdded, "marta", "bressola", "joined"),
		happened(audit.ProfileChanged, "marta", "", "own"),
		happened(audit.CollectiveChanged, "", "bressola", "settings"),
		happened(audit.MemberAdded, "pau", "horta", "elsewhere"),
		happened(audit.SignOn, "marta", "bressola", "where-she-goes"), // whoever wrote it so
		happened(audit.KeyRotated, "", "", "nobody"),
		happened(audit.EventsLost, audit.System, "", "system"),
		{Kind: audit.PersonChanged, Person: audit.Command, Reason: "command"},
		{Kind: audit.AccessGranted, Person: "marta", Actor: "pau", Reason: "by-pau"},
	} {
		b.Write(t.Context(), e)
	}
	for who, want := range map[directory.PersonID][]string{
		"marta": {"by-pau", "where-she-goes", "own", "joined"},
		"pau":   {"elsewhere"}, audit.System: {}, audit.Command: {}, "nobody": {},
	} {
		if got := l.ofPerson(b, who); !slices.Equal(got, want) {
			t.Errorf("%s sees %v, want %v", who, got, want)
		}
	}
	for name, want := range map[directory.CollectiveName][]string{
		"bressola": {"settings", "joined"}, "horta": {"elsewhere"}, "nowhere": {},
	} {
		if got := l.ofCollective(b, name); !slices.Equal(got, want) {
			t.Errorf("%s sees %v, want %v", name, got, want)
		}
	}
}

// Two failures in one moment are two, also when two nodes saw them.
// Whom managers propose something about reads of it when it happens; what they
// wished for themselves is theirs to follow from the first step on.
func TestAProposalIsNotForWhomItIsAbout(t *testing.T) {
	everywhere(t, func(t *testing.T, l *library) {
		b := l.node()
		before := []audit.Kind{audit.CaseOpened, audit.CaseAgreed, audit.CaseRefused, audit.CaseLapsed}
		proposed := []string{"appoint", "dismiss", "suspend", "expel", "settings"}
		for _, kind := range before {
			for _, reason := range append(proposed, "join") {
				b.Write(t.Context(), happened(kind, "marta", "bressola", reason))
			}
		}
		b.Write(t.Context(), happened(audit.CaseAccepted, "marta", "bressola", "suspend"))
		b.Write(t.Context(), happened(audit.PersonSuspended, "marta", "bressola", "now"))
		own := l.ofPerson(b, "marta")
		slices.Sort(own)
		if want := []string{"join", "join", "join", "join", "now", "suspend"}; !slices.Equal(own, want) {
			t.Errorf("marta reads %v", own)
		}
		if theirs := l.ofCollective(b, "bressola"); len(theirs) != 4*6+2 {
			t.Errorf("the managers read %v", theirs)
		}
	})
}

func TestEqualEventsStayTwo(t *testing.T) {
	everywhere(t, func(t *testing.T, l *library) {
		a, b := l.node(), l.node()
		for range 3 {
			a.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "wrong"))
			b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "wrong"))
		}
		a.flush(t.Context())
		if got := l.ofPerson(b, "marta"); len(got) != 6 {
			t.Errorf("%d events of 6", len(got))
		}
	})
}

func TestNewestFirstAcrossMonthsAndNoMoreThanAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, l *library) {
		b := l.node()
		now := l.clock.Now()
		for _, days := range []int{40, 0, 1, 70, 23, 22} {
			e := happened(audit.ProfileChanged, "marta", "", fmt.Sprint("d", days))
			e.At = now.AddDate(0, 0, -days)
			b.Write(t.Context(), e)
		}
		all := []string{"d0", "d1", "d22", "d23", "d40", "d70"}
		if got := l.ofPerson(b, "marta"); !slices.Equal(got, all) {
			t.Errorf("got %v", got)
		}
		for limit := range 7 {
			events, err := b.OfPerson(t.Context(), "marta", time.Time{}, limit)
			if err != nil || !slices.Equal(reasons(events), all[:limit]) {
				t.Errorf("of %d: %v, %v", limit, reasons(events), err)
			}
		}
		for i, days := range []int{0, 1, 22, 23, 40, 70} {
			events, err := b.OfPerson(t.Context(), "marta", now.AddDate(0, 0, -days), 10)
			if err != nil || !slices.Equal(reasons(events), all[:i+1]) {
				t.Errorf("%d days back: %v, %v", days, reasons(events), err)
			}
		}
	})
}

// Months are removed whole, when their first moment is as old as retention says.
func TestNothingIsKeptForLongerThanIsSaid(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	l.clock.Set(first)
	b.Write(t.Context(), happened(audit.MemberAdded, "marta", "bressola", "first"))
	b.flush(t.Context())
	l.clock.Set(time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC))
	b.Write(t.Context(), happened(audit.MemberAdded, "marta", "bressola", "last"))
	b.flush(t.Context())
	key := ofPerson("marta").key(first)
	l.clock.Set(first.Add(ofPerson("marta").life - time.Second))
	if got := l.ofPerson(b, "marta"); !slices.Equal(got, []string{"last", "first"}) {
		t.Errorf("before: %v", got)
	}
	l.clock.Advance(time.Second)
	members, err := l.store.Members(t.Context(), key)
	if err != nil || len(members) != 0 {
		t.Errorf("after: %v, %v", members, err)
	}
	if got := l.ofCollective(b, "bressola"); len(got) != 2 {
		t.Errorf("the collective looks back at %v", got)
	}
	l.clock.Set(first.Add(ofCollective("").life))
	if got := l.ofCollective(b, "bressola"); len(got) != 0 {
		t.Errorf("the collective still sees %v", got)
	}
}

func TestAnEventThatIsTooOldIsNotKept(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	e := happened(audit.ProfileChanged, "marta", "", "old")
	e.At = l.clock.Now().AddDate(-3, 0, 0)
	b.Write(t.Context(), e)
	b.flush(t.Context())
	if got := l.store.ByMethod()["Write"]; got != 0 {
		t.Errorf("%d writes", got)
	}
}

func TestRequestsMakeNoTripAndAPageIsOneWrite(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	for i := range pageLength {
		b.Write(t.Context(), happened(audit.MemberAdded, directory.PersonID(fmt.Sprint("p", i)), "bressola", ""))
	}
	if l.store.Trips() != 0 {
		t.Errorf("%v on the path of requests", l.store.ByMethod())
	}
	b.flush(t.Context())
	if got := l.store.ByMethod()["Write"]; got != 1 || l.store.Trips() != 3 { // and who was forgotten lately
		t.Errorf("%v", l.store.ByMethod())
	}
	b.flush(t.Context())
	if l.store.Trips() != 3 {
		t.Error("writing nothing costs a trip")
	}
}

func TestForgettingAPersonLeavesWhatCollectivesKeep(t *testing.T) {
	everywhere(t, func(t *testing.T, l *library) {
		b := l.node()
		for _, days := range []int{0, 35, 65, 95} {
			e := happened(audit.MemberAdded, "marta", "bressola", "x")
			e.At = l.clock.Now().AddDate(0, 0, -days)
			b.Write(t.Context(), e)
		}
		b.Write(t.Context(), happened(audit.MemberAdded, "pau", "bressola", "x"))
		b.flush(t.Context())
		b.Write(t.Context(), happened(audit.EraseAsked, "marta", "", "x")) // in memory still
		for range 2 {
			if err := b.ForgetPerson(t.Context(), "marta"); err != nil {
				t.Fatal(err)
			}
		}
		b.Write(t.Context(), happened(audit.PersonErased, "marta", "bressola", "x"))
		if got := l.ofPerson(b, "marta"); len(got) != 0 {
			t.Errorf("left of her: %v", got)
		}
		if of, all := l.ofPerson(b, "pau"), l.ofCollective(b, "bressola"); len(of) != 1 || len(all) != 6 {
			t.Errorf("left of others: %v; of the collective: %v", of, all)
		}
	})
}

// What another node holds of somebody who was erased, since it was cut off from
// the store, is not kept when it writes at last; what it holds of others is.
func TestWhatANodeWritesLateOfSomebodyForgottenIsDropped(t *testing.T) {
	everywhere(t, func(t *testing.T, l *library) {
		here, late := l.node(), l.node()
		for _, days := range []int{0, 40} {
			e := happened(audit.SignOn, "marta", "", "x")
			e.At = l.clock.Now().AddDate(0, 0, -days)
			late.Write(t.Context(), e)
		}
		late.Write(t.Context(), happened(audit.SignOn, "pau", "", "y"))
		if err := here.ForgetPerson(t.Context(), "marta"); err != nil {
			t.Fatal(err)
		}
		l.clock.Advance(retention.Sweeps / 2)
		late.flush(t.Context())
		for _, days := range []int{0, 40} {
			key := ofPerson("marta").key(l.clock.Now().AddDate(0, 0, -days))
			if members, err := l.store.Members(t.Context(), key); err != nil || len(members) != 0 {
				t.Errorf("left of her: %v, %v", members, err)
			}
		}
		if got := l.ofPerson(here, "pau"); len(got) != 1 {
			t.Errorf("left of others: %v", got)
		}
	})
}

// Who was forgotten is not remembered for longer than it is of use.
func TestTheForgottenAreForgotten(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	if err := b.ForgetPerson(t.Context(), "marta"); err != nil {
		t.Fatal(err)
	}
	key := forgotten(l.clock.Now())
	l.clock.Advance(retention.Sweeps)
	if members, err := l.store.Members(t.Context(), key); err != nil || len(members) != 0 {
		t.Errorf("%v, %v", members, err)
	}
}

// Anybody can apply with any address, and take it back, as often as they like:
// the managers read of it when the address is proven, or there is none.
func TestStrangersDoNotWriteIntoTheManagersLog(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	for range 100 {
		for _, kind := range []audit.Kind{audit.Applied, audit.CaseWithdrawn, audit.CaseLapsed} {
			b.Write(t.Context(), happened(kind, "stranger", "bressola", audit.Unproven))
		}
	}
	for _, kind := range []audit.Kind{audit.Applied, audit.AddressProved, audit.CaseWithdrawn, audit.CaseLapsed} {
		b.Write(t.Context(), happened(kind, "marta", "bressola", "register"))
	}
	b.Write(t.Context(), happened(audit.CasePassed, "pau", "bressola", audit.Unproven)) // to a collective of that name
	if got := l.ofCollective(b, "bressola"); len(got) != 5 {
		t.Errorf("%d events", len(got))
	}
	if n := len(l.record.Events()); n != 305 {
		t.Errorf("the record has %d", n)
	}
}

func TestNoNameNoAddressIsKept(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	b.Write(t.Context(), audit.Event{Kind: audit.LoginFailed, Person: "marta", Reason: "nuria@example.coop", Reference: "203.0.113.9:80"})
	b.flush(t.Context())
	members, err := l.store.Members(t.Context(), ofPerson("marta").key(l.clock.Now()))
	if err != nil || len(members) != 1 || strings.Contains(members[0], "nuria") || strings.Contains(members[0], "203.0") {
		t.Errorf("%v, %v", members, err)
	}
	if got := l.ofPerson(b, "marta"); !slices.Equal(got, []string{"unprintable"}) {
		t.Errorf("read as %v", got)
	}
}

// What somebody else put into the store does not take the page away.
func TestWhatIsNoNoteIsPassedOver(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "x"))
	key := ofPerson("marta").key(l.clock.Now())
	for _, junk := range []string{"", "{", "[1]", `"x"`} {
		if err := l.store.Write(t.Context(), store.Join{Key: key, Member: junk, TTL: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.ofPerson(b, "marta"); !slices.Equal(got, []string{"x"}) {
		t.Errorf("got %v", got)
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); b.Run(ctx) }()
	var writers sync.WaitGroup
	for range 10 {
		writers.Go(func() {
			for range 100 {
				b.Write(ctx, happened(audit.LoginFailed, "marta", "", "x"))
			}
		})
	}
	writers.Wait()
	cancel()
	<-over
	if got := l.ofPerson(l.node(), "marta"); len(got) != 1000 {
		t.Errorf("%d of 1000 events", len(got))
	}
}
