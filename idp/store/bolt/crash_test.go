// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// victim is the environment variable that makes the test binary spend codes in
// the file it names, which is compacted all the while, until it is killed.
const victim = "CLAU_BOLT_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victim); path != "" {
		spendUntilKilled(path)
	}
	os.Exit(m.Run())
}

// spendUntilKilled tells of each code on a line of its own, after it was spent.
func spendUntilKilled(path string) {
	s, err := Open(Config{Path: path})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	go func() {
		for {
			if err := s.Compact(context.Background()); err != nil {
				fmt.Println("error", err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				fmt.Println(spendOne(s, fmt.Sprintf("%d-%d", worker, i)))
			}
		}()
	}
	time.Sleep(time.Minute) // killed long before
	os.Exit(1)
}

func spendOne(s *Store, id string) string {
	ctx := context.Background()
	err := s.Write(ctx,
		store.PutRecord{Key: "code:" + id, Record: store.Record{State: "fresh"}, TTL: time.Hour},
		store.Put{Key: "flow:" + id, TTL: time.Hour})
	if err != nil {
		return "error " + err.Error()
	}
	if _, won, err := s.Advance(ctx, "code:"+id, "fresh", "spent"); err != nil || !won {
		return fmt.Sprint("error ", won, err)
	}
	if _, err := s.Take(ctx, "flow:"+id); err != nil {
		return "error " + err.Error()
	}
	return id
}

// Somebody kills Clau without warning. What it had answered for as spent is
// spent for the Clau that comes after.
func TestKilledProcessForgetsNothingSpent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for round := range 3 {
		spent := killMidway(t, path, 100*(round+1))
		s := open(t, path, time.Now)
		for _, id := range spent {
			if record, won, err := s.Advance(t.Context(), "code:"+id, "fresh", "again"); err != nil || won {
				t.Fatalf("code %s: %v, won %v, %v; it had been spent", id, record, won, err)
			}
			if _, err := s.Take(t.Context(), "flow:"+id); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("flow %s: %v; it had been taken", id, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// killMidway lets a process spend codes, kills it in the midst, and returns
// every code it told of.
func killMidway(t *testing.T, path string, after int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var spent []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Fatal(lines.Text())
		}
		spent = append(spent, lines.Text())
		if len(spent) == after {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	if len(spent) < after {
		t.Fatalf("only %d codes were spent", len(spent))
	}
	return spent
}
