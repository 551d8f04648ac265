// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// counters is a store of which only the counting is there.
type counters struct {
	mu   sync.Mutex
	seen map[string]int64
	down error
}

func (c *counters) Count(_ context.Context, key string, _ time.Duration) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]int64{}
	}
	c.seen[key]++
	return c.seen[key], c.down
}

func TestFiveHundredGuessesAtOnceAdmitTheLimit(t *testing.T) {
	limiter := Limiter{Store: &counters{}}
	limit := Limit{Name: "login-person", Max: 10, Window: time.Minute}
	var admitted atomic.Int64
	var guesses sync.WaitGroup
	for range 500 {
		guesses.Go(func() {
			if limiter.Take(t.Context(), limit, "p1") == nil {
				admitted.Add(1)
			}
		})
	}
	guesses.Wait()
	want(t, "admitted", admitted.Load(), 10)
	want(t, "another person", limiter.Take(t.Context(), limit, "p2"), nil)
	want(t, "another limit", limiter.Take(t.Context(), Limit{Name: "login-address", Max: 1, Window: time.Minute}, "p1"), nil)
}

func TestWhoIsTooManyIsToldWhenToComeBack(t *testing.T) {
	limiter := Limiter{Store: &counters{}}
	d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		return limiter.Take(r.Context(), Limit{Name: "x", Max: 1, Window: 90 * time.Second}, AddrKey(ClientAddr(r.Context())))
	}})
	want(t, "first", d.get("/x").Code, 200)
	w := d.get("/x")
	want(t, "second", w.Code, 429)
	want(t, "Retry-After", w.Header().Get("Retry-After"), "90")
	want(t, "limit in the log", d.log.last(t)["limit"], any("x"))
}

func TestWithoutAStoreLoginsAreClosedAndReadsOpen(t *testing.T) {
	limiter := Limiter{Store: &counters{down: fmt.Errorf("dial: %w", store.ErrUnavailable)}}
	err := limiter.Take(t.Context(), Limit{Name: "login", Max: 10, Window: time.Minute}, "p1")
	if err == nil || ProblemOf(err).Status != 503 {
		t.Errorf("login: %v", err)
	}
	err = limiter.Take(t.Context(), Limit{Name: "read", Max: 10, Window: time.Minute, OpenWhenStoreIsDown: true}, "p1")
	want(t, "read", err, nil)
}

// Keys of a store are plain ASCII of bounded length, whatever they count.
func TestKeysOfLimitsSayNothing(t *testing.T) {
	seen := &counters{}
	limit := Limit{Name: "login-address", Max: 1, Window: time.Minute}
	for _, key := range []string{"núria@example.coop", strings.Repeat("x", 10000), "203.0.113.9/32"} {
		_ = Limiter{Store: seen}.Take(t.Context(), limit, key)
	}
	want(t, "keys", len(seen.seen), 3)
	for key := range seen.seen {
		if len(key) > 60 || !strings.HasPrefix(key, "limit:login-address:") || strings.ContainsAny(key, "@/ ") {
			t.Errorf("key %q", key)
		}
	}
}

func TestOneClientCannotTakeAllOfTheServer(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	d := newDoor(t, func(c *Config) {
		c.Now = func() time.Time { return now }
		c.Limits = Limits{PerSecond: 1, Burst: 3}
	}, Route{Pattern: "GET /x", Needs: Anyone, Handle: hello})
	from := func(addr string) int {
		r := httptest.NewRequest("GET", "/x", nil)
		r.RemoteAddr = addr
		return d.ask(r).Code
	}
	for i := range 3 {
		want(t, fmt.Sprint("request ", i), from("[2001:db8::1]:1"), 200)
	}
	want(t, "one more, from the same network", from("[2001:db8::2]:1"), 429)
	want(t, "somebody else", from("[2001:db8:0:1::1]:1"), 200)
	for range 10 {
		from("127.0.0.1:1")
	}
	want(t, "loopback is nobody special", from("127.0.0.1:1"), 429)
	now = now.Add(time.Second)
	want(t, "a second later", from("[2001:db8::1]:1"), 200)
}

// All people of a service come from the one address of its server, and what it
// asks takes nothing from those who ask for pages from there.
func TestServicesMayAskMoreThanPeople(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	d := newDoor(t, func(c *Config) {
		c.Now = func() time.Time { return now }
		c.Limits = Limits{PerSecond: 1, Burst: 2, ServicePerSecond: 3, ServiceBurst: 4}
	}, Route{Pattern: "GET /page", Needs: Anyone, Handle: hello}, Route{Pattern: "POST /token", Needs: Service, Handle: hello})
	answered := func(method, path string) (n int) {
		for range 10 {
			if d.ask(httptest.NewRequest(method, path, nil)).Code < 429 {
				n++
			}
		}
		return n
	}
	want(t, "of a service's requests", answered("POST", "/token"), 4)
	want(t, "of a person's", answered("GET", "/page"), 2)
	want(t, "of those that lead nowhere", answered("GET", "/elsewhere"), 0)
	now = now.Add(time.Second)
	want(t, "of a service's, a second later", answered("POST", "/token"), 3)
	want(t, "of those that lead nowhere, a second later", answered("GET", "/elsewhere"), 1)
}

func TestLimitsWithoutWords(t *testing.T) {
	l := Limits{}.withDefaults()
	want(t, "people", l.PerSecond, 50)
	want(t, "services", l.ServicePerSecond, 1000)
	l = Limits{PerSecond: 5000, Burst: 9000}.withDefaults()
	want(t, "services are not held up more than people", l.ServicePerSecond, 5000)
	want(t, "nor at once", l.ServiceBurst, 9000)
}

func TestForgettingClientsIsBounded(t *testing.T) {
	b := newBuckets(1, 1)
	var addr [4]byte
	for i := range maxBuckets + 100 {
		addr[2], addr[3], addr[1] = byte(i>>8), byte(i), byte(i>>16)
		b.allow(netip.AddrFrom4(addr), time.Unix(0, 0))
	}
	want(t, "buckets", b.byClient.Len(), maxBuckets)
}

func BenchmarkARequest(b *testing.B) {
	handler, err := NewRouter(config(&lines{}), routes{{Pattern: "GET /x", Needs: Anyone, Handle: hello}})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/x", nil)
	r.Host = "id.example.coop"
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
