// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/redistest"
	"commonscloud.coop/clau/idp/store/storetest"
)

func open(t testing.TB, url string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// contract runs all stories at one Redis, each under a prefix of its own. Time
// passes by shortening the life of all that the store keeps.
func contract(t *testing.T, url string) {
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) (store.Store, func(time.Duration)) {
		s := open(t, url, WithPrefix(fmt.Sprintf("test%d:", n.Add(1))))
		return s, func(d time.Duration) { age(t, s, d) }
	})
}

func TestContract(t *testing.T)               { contract(t, redistest.Start(t).URL()) }
func TestContractOnCluster(t *testing.T)      { contract(t, redistest.StartCluster(t).URL()) }
func TestContractBehindSentinel(t *testing.T) { contract(t, redistest.StartSentinel(t).URL()) }

// age takes d from the life of everything under the store's prefix.
func age(t *testing.T, s *Store, d time.Duration) {
	t.Helper()
	ageNode := func(ctx context.Context, node goredis.UniversalClient) error {
		found := node.Scan(ctx, 0, s.prefix+"*", 1000).Iterator()
		for found.Next(ctx) {
			left, err := node.PTTL(ctx, found.Val()).Result()
			if err != nil {
				return err
			}
			if err := node.PExpire(ctx, found.Val(), left-d).Err(); err != nil { // at once when nothing is left
				return err
			}
		}
		return found.Err()
	}
	var err error
	if cluster, ok := s.client.(*goredis.ClusterClient); ok {
		err = cluster.ForEachMaster(t.Context(), func(ctx context.Context, node *goredis.Client) error { return ageNode(ctx, node) })
	} else {
		err = ageNode(t.Context(), s.client)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The contract does not wait for real time to pass; this does.
func TestRealTimePasses(t *testing.T) {
	s, ctx := open(t, redistest.Start(t).URL()), t.Context()
	const brief = 50 * time.Millisecond
	_, errCount := s.Count(ctx, "a:count", brief)
	if err := errors.Join(errCount, s.PutNew(ctx, "a:new", nil, brief), s.Write(ctx,
		store.Put{Key: "a:value", TTL: brief},
		store.PutRecord{Key: "a:record", TTL: brief},
		store.Join{Key: "a:set", Member: "m", TTL: brief},
	)); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for _, key := range []string{"a:count", "a:new", "a:value", "a:record", "a:set"} {
		for errors.Is(s.PutNew(ctx, key, nil, time.Minute), store.ErrExists) {
			if time.Now().After(deadline) {
				t.Fatalf("%s does not expire", key)
			}
			time.Sleep(brief / 5)
		}
	}
}

func put(t *testing.T, s *Store, key, value string) {
	t.Helper()
	if err := s.Write(t.Context(), store.Put{Key: key, Value: []byte(value), TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
}

func TestStartsWhileRedisIsDown(t *testing.T) {
	server := redistest.Start(t)
	server.Stop()
	s := open(t, server.URL())
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("Ping: %v", err)
	}
	server.Restart()
	put(t, s, "session:1", "Ada")
}

// Redis falls and comes back empty, with no script known. The next request is
// answered as if it were the first.
func TestRedisIsRestarted(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL())
	put(t, s, "flow:1", "x")
	if _, err := s.Take(t.Context(), "flow:1"); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	for range 3 {
		if _, err := s.Get(t.Context(), "flow:1"); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("Get while Redis is down: %v", err)
		}
		if _, err := s.Take(t.Context(), "flow:1"); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("Take while Redis is down: %v", err)
		}
		if err := s.Write(t.Context(), store.Delete{Key: "flow:1"}); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("Write while Redis is down: %v", err)
		}
	}
	server.Restart()
	put(t, s, "flow:1", "y")
	got, err := s.Take(t.Context(), "flow:1")
	if err != nil || string(got) != "y" {
		t.Fatalf("Take = %q, %v", got, err)
	}
}

// A Redis that accepts and never answers must not hold a request for long.
func TestRedisHangs(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL())
	if _, err := server.Do("CLIENT", "PAUSE", "60000"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := s.Get(t.Context(), "session:1"); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("Get: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("waited %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began = time.Now()
	if _, err := s.Get(ctx, "session:1"); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("Get with a deadline: %v", err)
	}
	if took := time.Since(began); took > ioTimeout {
		t.Errorf("waited %v, past the caller's deadline", took)
	}
}

func TestMasterFallsAndTheReplicaTakesOver(t *testing.T) {
	redis := redistest.StartSentinel(t)
	s := open(t, redis.URL())
	put(t, s, "session:1", "Ada")
	redis.Await("clau:session:1")
	redis.Master.Stop()
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := s.Write(t.Context(), store.Put{Key: "session:2", TTL: time.Minute})
		got, errGet := s.Get(t.Context(), "session:1")
		if err == nil && errGet == nil && string(got) == "Ada" {
			return
		}
		for _, err := range []error{err, errGet} {
			if err != nil && !errors.Is(err, store.ErrUnavailable) {
				t.Fatalf("while nobody serves: %v", err)
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody took over: %q, %v, %v", got, err, errGet)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestPasswordOfURLAndOfOption(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "s3cr3t/@:")
	for name, s := range map[string]*Store{
		"in the URL":    open(t, "redis://:s3cr3t%2F%40%3A@"+server.Addr()+"/3"),
		"in the option": open(t, server.URL(), WithPassword("", "s3cr3t/@:")),
	} {
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("password %s: %v", name, err)
		}
	}
	if err := open(t, server.URL()).Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("without a password: %v", err)
	}
}

func TestKeysBeginWithThePrefix(t *testing.T) {
	server := redistest.Start(t)
	put(t, open(t, server.URL()), "session:1", "Ada")
	put(t, open(t, server.URL(), WithPrefix("other/")), "session:1", "Grace")
	for key, want := range map[string]string{"clau:session:1": "vAda", "other/session:1": "vGrace"} {
		if got, err := server.Do("GET", key); err != nil || got != want {
			t.Errorf("%s = %q, %v", key, got, err)
		}
	}
}

// Everything that Clau writes must end by itself: Redis is not swept.
func TestNothingLivesForEver(t *testing.T) {
	server := redistest.Start(t)
	s, ctx := open(t, server.URL()), t.Context()
	put(t, s, "a:swap", "x")
	_, errCount := s.Count(ctx, "a:count", time.Minute)
	if err := errors.Join(errCount,
		s.Write(ctx,
			store.PutRecord{Key: "a:record", Record: store.Record{State: "s"}, TTL: time.Minute},
			store.Join{Key: "a:set", Member: "m", TTL: time.Minute},
			store.Put{Key: "a:instant", TTL: -time.Second},
			store.Join{Key: "a:instant-set", Member: "m"}),
		s.Swap(ctx, "a:swap", []byte("x"), []byte("y"), time.Minute),
		s.PutNew(ctx, "a:new", nil, time.Minute),
		s.PutNew(ctx, "a:new-instant", nil, 0),
	); err != nil {
		t.Fatal(err)
	}
	if _, won, err := s.Advance(ctx, "a:record", "s", "t"); err != nil || !won {
		t.Fatal(won, err)
	}
	if _, err := s.Count(ctx, "a:count", time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"swap", "count", "record", "set", "new", "instant", "instant-set", "new-instant"} {
		if answer, err := server.Do("PTTL", "clau:a:"+key); err != nil || answer == ":-1" {
			t.Errorf("%s lives for ever: %s, %v", key, answer, err)
		}
	}
}

func BenchmarkSignOn(b *testing.B) {
	s := open(b, redistest.Start(b).URL())
	value := make([]byte, 400)
	b.SetParallelism(4)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprint(n.Add(1))
			err := s.Write(b.Context(), store.PutRecord{Key: "code:" + id, Record: store.Record{Data: value, State: "fresh"}, TTL: time.Minute})
			_, won, err2 := s.Advance(b.Context(), "code:"+id, "fresh", "spent")
			if err := errors.Join(err, err2); err != nil || !won {
				b.Error(won, err)
				return
			}
		}
	})
}
