// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
)

func holds(t *testing.T, path, text string) bool {
	t.Helper()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(all, []byte(text))
}

// What is deleted, and what has expired, is in the file until it is compacted.
func TestNothingIsLeftOfWhatWasErased(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	clock := new(clock)
	s := open(t, path, clock.now)
	for i := range 200 {
		put(t, s, fmt.Sprintf("session:%d", i), fmt.Sprintf("canary-deleted-%d", i), time.Hour)
		put(t, s, fmt.Sprintf("flow:%d", i), fmt.Sprintf("canary-expired-%d", i), time.Minute)
		put(t, s, fmt.Sprintf("stays:%d", i), fmt.Sprintf("kept-%d", i), time.Hour)
	}
	for i := range 200 {
		if err := s.Write(t.Context(), store.Delete{Key: fmt.Sprintf("session:%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	clock.advance(2 * time.Minute)
	if !holds(t, path, "canary-") {
		t.Fatal("the file forgets by itself: this test shows nothing")
	}
	before := fileSize(t, path)
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if holds(t, path, "canary-") || !holds(t, path, "kept-") {
		t.Error("the compact file holds the wrong things")
	}
	if after := fileSize(t, path); after >= before {
		t.Errorf("%d bytes, and %d before", after, before)
	}
	for i := range 200 {
		wantValue(t, s, fmt.Sprintf("stays:%d", i), fmt.Sprintf("kept-%d", i))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, clock.now)
	wantValue(t, s, "stays:7", "kept-7")
}

// Many write and read while the file is exchanged again and again.
func TestCompactingLosesNoWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path, time.Now)
	over := make(chan struct{})
	var busy sync.WaitGroup
	for worker := range 4 {
		busy.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				default:
				}
				key := fmt.Sprintf("k:%d:%d", worker, i)
				if err := s.Write(t.Context(), store.Put{Key: key, Value: []byte(key), TTL: time.Hour}); err != nil {
					t.Errorf("write %s: %v", key, err)
					return
				}
				if got, err := s.Get(t.Context(), key); err != nil || string(got) != key {
					t.Errorf("%s is %q, %v", key, got, err)
					return
				}
			}
		})
	}
	for range 30 {
		if err := s.Compact(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(over)
	busy.Wait()
	entries, _ := s.sizes(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, time.Now)
	if again, _ := s.sizes(t); again != entries || entries == 0 {
		t.Errorf("%d entries, and %d after opening anew", entries, again)
	}
}

// A copy that was not finished is nothing; the file beside it counts.
func TestAHalfWrittenCopyIsIgnored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path, time.Now)
	put(t, s, "session:1", "Ada", time.Hour)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fresh(path), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, time.Now)
	wantValue(t, s, "session:1", "Ada")
	if _, err := os.Stat(fresh(path)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the rest of it lies about: ", err)
	}
	if _, err := Open(Config{Path: path}); !errors.Is(err, errInUse) {
		t.Errorf("second Open: %v", err)
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Path: path}); !errors.Is(err, errInUse) {
		t.Errorf("second Open of the compact file: %v", err)
	}
}

func TestACopyThatCannotBeMadeHarmsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path, time.Now)
	put(t, s, "session:1", "Ada", time.Hour)
	if err := os.MkdirAll(filepath.Join(fresh(path), "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("compacted over a directory: %v", err)
	}
	put(t, s, "session:2", "Grace", time.Hour)
	wantValue(t, s, "session:1", "Ada")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("after Close: %v", err)
	}
}

func BenchmarkCompact(b *testing.B) {
	s, err := Open(Config{Path: filepath.Join(b.TempDir(), "state")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := range 200 {
		var ops []store.Op
		for j := range 100 {
			ops = append(ops, store.Put{Key: fmt.Sprintf("session:%d:%d", i, j), Value: make([]byte, 2000), TTL: time.Hour})
		}
		if err := s.Write(b.Context(), ops...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := s.Compact(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
