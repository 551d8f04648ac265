// SPDX-License-Identifier: AGPL-3.0-or-later

package logout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/storetest"
)

var errDown = errors.New("connection refused")

// mortal is a node's way to the store, cut when the node dies.
func (w *world) mortal() (*logout.Room, *storetest.Breaker) {
	way := storetest.Broken(w.store)
	before := w.store
	w.store = way
	room := w.another()
	w.store = before
	return room, way
}

// passes lets time go by, with a sweep as often as Run makes one.
func (w *world) passes(room *logout.Room, d, step time.Duration) {
	w.t.Helper()
	for ; d > 0; d -= step {
		w.clock.Advance(step)
		w.must(room.Sweep(w.t.Context()))
	}
}

// The story of the issue: the receiver is down for an hour, Clau is killed twice,
// and the log-out is delivered once when both are back.
func TestAReceiverDownForAnHourAndClauKilledTwice(t *testing.T) {
	for name, down := range map[string]time.Duration{"an hour": time.Hour, "a day": 25 * time.Hour, "a weekend": 60 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.courier.deaf["cloud"] = errDown
			_, err := w.room.End(t.Context(), w.signedOn("cloud").Key)
			w.must(err)

			first, way := w.mortal()
			w.passes(first, down/3, time.Minute)
			way.Break()
			second, way := w.mortal()
			w.passes(second, down/3, time.Minute)
			way.Break()
			third, _ := w.mortal()
			w.passes(third, down/3, time.Minute)
			if n := w.courier.count("cloud"); n != 0 {
				t.Fatalf("a deaf service heard %d times", n)
			}

			w.courier.hears("cloud")
			w.passes(third, 2*time.Hour, time.Minute)
			if n := w.courier.count("cloud"); n != 1 {
				t.Errorf("delivered %d times", n)
			}
		})
	}
}

// killing is a courier whose node dies as soon as it begins to tell.
type killing struct {
	*courier
	way *storetest.Breaker
}

func (k *killing) Deliver(context.Context, logout.Participant) error {
	k.way.Break()
	return errDown
}

// A node may die after it ended the session and before it told anybody: what it
// promised with the end is kept by another.
func TestANodeThatDiesInTheMiddleLeavesItsPromise(t *testing.T) {
	w := start(t)
	s := w.signedOn("cloud", "forum")
	dying, way := w.mortal()
	dying.Employ(&killing{w.courier, way})
	if outcomes, err := dying.End(t.Context(), s.Key); err != nil || len(outcomes) != 2 {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	if _, err := w.sessions.Load(t.Context(), s.Key); err == nil {
		t.Fatal("the session lives")
	}

	survivor := w.another()
	w.must(survivor.Sweep(t.Context()))
	if n := len(w.courier.told); n != 0 {
		t.Fatalf("%d were told while the first attempt might still be under way", n)
	}
	w.passes(survivor, 2*time.Minute, 5*time.Second)
	if w.courier.count("cloud") != 1 || w.courier.count("forum") != 1 {
		t.Errorf("told %+v", w.courier.told)
	}
	if at, told, err := survivor.Last(t.Context(), "anna"); err != nil || at.IsZero() || len(told) != 2 || told[0].Status != logout.Done {
		t.Errorf("what is remembered: %v %+v %v", at, told, err)
	}
}

// A store that goes away between the end and the outcomes keeps the promise too.
func TestAStoreThatIsAwayForAMoment(t *testing.T) {
	w := start(t)
	room, way := w.mortal()
	s := w.signedOn("cloud")
	room.Employ(&breaking{w.courier, way})
	if outcomes, err := room.End(t.Context(), s.Key); err != nil || outcomes[0].Status != logout.Done {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	way.Mend()
	room.Employ(w.courier)
	w.passes(room, time.Minute, 5*time.Second)
	if n := w.courier.count("cloud"); n != 2 {
		t.Errorf("told %d times; once more than needed is what it costs", n)
	}
}

// breaking tells, and then the store is away.
type breaking struct {
	*courier
	way *storetest.Breaker
}

func (b *breaking) Deliver(ctx context.Context, p logout.Participant) error {
	defer b.way.Break()
	return b.courier.Deliver(ctx, p)
}

// slow is a courier that counts how many it has at work, and never answers for
// services whose name begins with "dead".
type slow struct {
	now, most atomic.Int64
	mu        sync.Mutex
	told      map[directory.ServiceID]int
	tried     map[directory.ServiceID]int
}

func newSlow() *slow {
	return &slow{told: map[directory.ServiceID]int{}, tried: map[directory.ServiceID]int{}}
}

func (s *slow) Protocol() string { return "test" }

func (s *slow) Deliver(ctx context.Context, p logout.Participant) error {
	n := s.now.Add(1)
	defer s.now.Add(-1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	s.mu.Lock()
	s.tried[p.Service]++
	s.mu.Unlock()
	if strings.HasPrefix(string(p.Service), "dead") {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[p.Service]++
	return nil
}

// crowd is many sessions, each signed on to all the services.
func (w *world) crowd(sessions int, services ...directory.ServiceID) []string {
	w.t.Helper()
	keys := make([]string, sessions)
	var ops []store.Op
	for i := range keys {
		keys[i] = fmt.Sprintf("crowd-%d", i)
		for _, id := range services {
			p := logout.Participant{Protocol: "test", Service: id, Subject: fmt.Sprint("sub-", i), SID: fmt.Sprintf("%s-%d", id, i)}
			ops = append(ops, w.room.Enter(sessionOf(keys[i]), p)...)
		}
		if len(ops) > 2000 {
			w.must(w.store.Write(w.t.Context(), ops...))
			ops = nil
		}
	}
	if len(ops) > 0 {
		w.must(w.store.Write(w.t.Context(), ops...))
	}
	return keys
}

func some(n int, name string) []directory.ServiceID {
	var out []directory.ServiceID
	for i := range n {
		out = append(out, directory.ServiceID(fmt.Sprint(name, i)))
	}
	return out
}

func TestDeadServicesHoldUpNobody(t *testing.T) {
	w := start(t)
	told := newSlow()
	room := logout.New(logout.Config{
		Store: w.store, Sessions: w.sessions, Now: w.clock.Now, Rand: w.random(), Logger: quiet(),
		FirstAttempt: 200 * time.Millisecond, AtOnce: 16, OfService: 3,
	})
	room.Employ(told)
	keys := w.crowd(60, append(some(4, "live"), "dead-1", "dead-2")...)
	outcomes, err := room.EndBut(t.Context(), "", keys...)
	w.must(err)
	done, retrying := 0, 0
	for _, o := range outcomes {
		switch dead := strings.HasPrefix(string(o.Participant.Service), "dead"); {
		case !dead && o.Status == logout.Done:
			done++
		case dead && o.Status == logout.Retrying:
			retrying++
		default:
			t.Errorf("%s is %s", o.Participant.Service, o.Status)
		}
	}
	if done != 240 || retrying != 120 {
		t.Errorf("%d done, %d to be tried again", done, retrying)
	}
	if most := told.most.Load(); most > 16 {
		t.Errorf("%d deliveries at once", most)
	}
	for _, id := range []directory.ServiceID{"dead-1", "dead-2"} {
		if n := told.tried[id]; n > 6 {
			t.Errorf("%s was tried %d times within one log-out", id, n)
		}
	}
}

// A queue that is full of what a dead service missed costs a sweep one attempt
// and a handful of reads, whatever its length.
func TestASweepReadsWhatIsDueAndNothingElse(t *testing.T) {
	w := start(t)
	w.courier.deaf["cloud"] = errDown
	_, err := w.room.EndBut(t.Context(), "", w.crowd(400, "cloud")...)
	w.must(err)
	counter := storetest.Counting(w.store)
	w.store = counter
	room := w.another()

	w.must(room.Sweep(t.Context()))
	if n := counter.Trips(); n > 2 {
		t.Errorf("%d round trips while nothing is due", n)
	}
	w.clock.Advance(time.Minute)
	counter.Reset()
	w.must(room.Sweep(t.Context()))
	if n := counter.Trips(); n > 60 {
		t.Errorf("%d round trips for a service that is deaf: %v", n, counter.ByMethod())
	}

	w.courier.hears("cloud")
	w.passes(room, time.Hour, time.Minute)
	if n := w.courier.count("cloud"); n != 400 {
		t.Errorf("%d of 400 were told", n)
	}
	if d, err := room.Deliveries(t.Context(), "cloud"); err != nil || d.Retrying != 0 || d.Done != 400 {
		t.Errorf("%+v, %v", d, err)
	}
}
