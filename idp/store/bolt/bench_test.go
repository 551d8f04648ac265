// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// BenchmarkSignOn is what one sign-on asks of the store, eight at a time: look
// at the session, write the code, spend it, write the tokens. cpu-µs/op is the
// processor time of a whole sign-on, the kernel's part included.
func BenchmarkSignOn(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "state"), time.Now)
	ctx := b.Context()
	value := make([]byte, 400)
	if err := s.Write(ctx, store.Put{Key: "session:1", Value: value, TTL: time.Hour}); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(4)
	before := cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := signOn(s, b, value); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func signOn(s *Store, b *testing.B, value []byte) error {
	ctx := b.Context()
	id := rand.Text()
	if _, err := s.Get(ctx, "session:1"); err != nil {
		return err
	}
	err := s.Write(ctx,
		store.PutRecord{Key: "code:" + id, Record: store.Record{Data: value, State: "fresh"}, TTL: time.Minute},
		store.Touch{Key: "session:1", TTL: time.Hour})
	if err != nil {
		return err
	}
	if _, won, err := s.Advance(ctx, "code:"+id, "fresh", "spent"); err != nil || !won {
		return fmt.Errorf("advance: %v, %w", won, err)
	}
	return s.Write(ctx,
		store.Put{Key: "access:" + id, Value: value, TTL: time.Hour},
		store.PutRecord{Key: "refresh:" + id, Record: store.Record{Data: value, State: "fresh"}, TTL: 24 * time.Hour},
		store.Join{Key: "family:" + id, Member: id, TTL: 24 * time.Hour})
}

func BenchmarkGet(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "state"), time.Now)
	if err := s.Write(b.Context(), store.Put{Key: "session:1", Value: make([]byte, 400), TTL: time.Hour}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Get(b.Context(), "session:1"); err != nil {
			b.Fatal(err)
		}
	}
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
