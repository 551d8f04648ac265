// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
)

func put(t *testing.T, s *Store, key, value string, ttl time.Duration) {
	t.Helper()
	if err := s.Write(t.Context(), store.Put{Key: key, Value: []byte(value), TTL: ttl}); err != nil {
		t.Fatal(err)
	}
}

func wantValue(t *testing.T, s *Store, key, want string) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	if err != nil || string(got) != want {
		t.Fatalf("Get(%s) = %q, %v; want %q", key, got, err, want)
	}
}

func TestReopenedFileKeepsWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	clock := new(clock)
	s := open(t, path, clock.now)
	put(t, s, "session:1", "Ada", time.Hour)
	put(t, s, "session:2", "Grace", time.Minute)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	clock.advance(2 * time.Minute)

	s = open(t, path, clock.now)
	wantValue(t, s, "session:1", "Ada")
	if _, err := s.Get(t.Context(), "session:2"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("what expired while the file was closed: %v", err)
	}
}

func TestFileIsTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path, time.Now)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Open(Config{Path: path}); !errors.Is(err, errInUse) {
		t.Fatalf("second Open: %v", err)
	}
	put(t, s, "session:1", "Ada", time.Hour)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("second Close: %v", err)
	}
	if _, err := Open(Config{Path: filepath.Join(path, "no", "such")}); err == nil {
		t.Fatal("a path that cannot be was opened")
	}
}

// copyFile stands for what the disk holds when the machine falls.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A code is spent, the machine falls before that reaches the disk, and the file
// comes back with the code fresh. It must not be believed.
func TestMachineFellAndForgotWhatWasSpent(t *testing.T) {
	dir := t.TempDir()
	path, fallen := filepath.Join(dir, "state"), filepath.Join(dir, "fallen")
	s, err := openIn("boot-1", Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put(t, s, "code:1", "fresh", time.Hour)
	copyFile(t, path, fallen)
	copyFile(t, mark(path), mark(fallen))
	if _, err := s.Take(t.Context(), "code:1"); err != nil {
		t.Fatal(err)
	}

	same, err := openIn("boot-1", Config{Path: fallen})
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, same, "code:1", "fresh") // the process fell, the kernel did not
	copyFile(t, fallen, fallen+"-again")
	copyFile(t, mark(fallen), mark(fallen+"-again"))
	if err := same.Close(); err != nil {
		t.Fatal(err)
	}

	next, err := openIn("boot-2", Config{Path: fallen + "-again"})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if _, err := next.Take(t.Context(), "code:1"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("a spent code is fresh again: %v", err)
	}
}

// What the disk holds after a fall may be no file of bbolt's at all.
func TestTornFileIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for file, text := range map[string]string{path: strings.Repeat("torn", 9000), mark(path): "boot-1"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := openIn("boot-2", Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put(t, s, "session:1", "Ada", time.Hour)
}

func TestProperlyClosedFileSurvivesABoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for _, boot := range []string{"boot-1", "boot-2", ""} {
		s, err := openIn(boot, Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if boot == "boot-1" {
			put(t, s, "session:1", "Ada", time.Hour)
		}
		wantValue(t, s, "session:1", "Ada")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSweepRemovesWhatExpiredAndNothingElse(t *testing.T) {
	clock := new(clock)
	s := open(t, filepath.Join(t.TempDir(), "state"), clock.now)
	for i := range 3 * sweepStep {
		put(t, s, fmt.Sprintf("short:%d", i), "x", time.Minute)
		if i > 10 {
			continue
		}
		put(t, s, fmt.Sprintf("long:%d", i), "x", time.Hour)
		put(t, s, fmt.Sprintf("touched:%d", i), "x", time.Minute)
		put(t, s, fmt.Sprintf("renewed:%d", i), "x", 2*time.Hour)
		put(t, s, fmt.Sprintf("renewed:%d", i), "x", time.Minute)
	}
	for i := range 11 {
		if err := s.Write(t.Context(), store.Touch{Key: fmt.Sprintf("touched:%d", i), TTL: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	clock.advance(2 * time.Minute)
	s.sweep(t.Context())
	if entries, due := s.sizes(t); entries != 22 || due != 22 {
		t.Fatalf("%d entries and %d due are left, want 22 of each", entries, due)
	}
	wantValue(t, s, "long:3", "x")
	wantValue(t, s, "touched:3", "x")
	clock.advance(time.Hour)
	s.sweep(t.Context())
	if entries, due := s.sizes(t); entries != 0 || due != 0 {
		t.Fatalf("%d entries and %d due are left, want none", entries, due)
	}
}

func TestSweepTakesALargeSetInPieces(t *testing.T) {
	clock := new(clock)
	s := open(t, filepath.Join(t.TempDir(), "state"), clock.now)
	join(t, s, "set:1", 2*sweepStep+10, time.Minute)
	join(t, s, "set:2", 2*sweepStep+10, time.Minute)
	clock.advance(2 * time.Minute)
	if err := s.update(t.Context(), func(tb *table) error { return tb.sweep(sweepStep) }); err != nil {
		t.Fatal(err)
	}
	if entries, _ := s.sizes(t); entries != 2*(2*sweepStep+11)-sweepStep {
		t.Fatalf("%d entries are left after one step", entries)
	}
	join(t, s, "set:1", 1, time.Minute) // before the sweeper is done with the old set
	got, err := s.Members(t.Context(), "set:1")
	if err != nil || len(got) != 1 {
		t.Fatalf("Members = %d of the old set too, %v", len(got), err)
	}
	s.sweep(t.Context())
	if entries, due := s.sizes(t); entries != 2 || due != 1 {
		t.Fatalf("%d entries and %d due are left, want the new set of one", entries, due)
	}
}

func join(t *testing.T, s *Store, key string, n int, ttl time.Duration) {
	t.Helper()
	ops := make([]store.Op, n)
	for i := range ops {
		ops[i] = store.Join{Key: key, Member: fmt.Sprintf("m%d", i), TTL: ttl}
	}
	if err := s.Write(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
}

// Everything leaves through one door or the other: spent, deleted, overwritten
// or expired. After a hundred rounds of that the file is no larger than after ten.
func TestFileDoesNotGrow(t *testing.T) {
	clock := new(clock)
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path, clock.now)
	big := strings.Repeat("x", 2000)
	round := func(n int) {
		var ops []store.Op
		for i := range 100 {
			ops = append(ops,
				store.Put{Key: fmt.Sprintf("access:%d-%d", n, i), Value: []byte(big), TTL: time.Hour},
				store.Put{Key: fmt.Sprintf("flow:%d-%d", n, i), Value: []byte(big), TTL: time.Hour},
				store.Join{Key: "sessions:ada", Member: fmt.Sprintf("%d-%d", n, i), TTL: time.Hour},
				store.Delete{Key: fmt.Sprintf("flow:%d-%d", n, i)})
		}
		if err := s.Write(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
		clock.advance(2 * time.Hour)
		s.sweep(t.Context())
	}
	for n := range 10 {
		round(n)
	}
	after10 := fileSize(t, path)
	for n := range 90 {
		round(10 + n)
	}
	if after100 := fileSize(t, path); after100 > after10+after10/2 {
		t.Fatalf("the file grew from %d to %d bytes", after10, after100)
	}
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// sizes counts what stands in the two buckets, expired or not.
func (s *Store) sizes(t *testing.T) (entries, due int) {
	t.Helper()
	err := s.view(t.Context(), func(tb *table) error {
		entries, due = tb.entries.Stats().KeyN, tb.due.Stats().KeyN
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries, due
}
