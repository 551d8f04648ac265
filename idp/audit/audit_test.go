// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// ledger is a record on disk and what the operator was told meanwhile.
type ledger struct {
	t    *testing.T
	path string
	told *told
}

// told is an operator's log.
type told struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *told) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *told) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func newLedger(t *testing.T) ledger {
	return ledger{t: t, path: filepath.Join(t.TempDir(), "audit.log"), told: &told{}}
}

func (l ledger) config() Config {
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CET", 3600)) }
	return Config{Now: now, Logger: slog.New(slog.NewTextHandler(l.told, nil))}
}

func (l ledger) open() *Journal {
	l.t.Helper()
	j, err := Open(l.path, l.config())
	if err != nil {
		l.t.Fatal(err)
	}
	return j
}

// run writes n events in one life of a process.
func (l ledger) run(n int) {
	l.t.Helper()
	j := l.open()
	for i := range n {
		j.Write(context.Background(), Event{Kind: LoginSucceeded, Person: "p1", Reference: fmt.Sprint("r", i)})
	}
	end(l.t, j)
}

func end(t *testing.T, j *Journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := j.Close(ctx)
	if err != nil {
		t.Fatalf("Close: %v", err)
	}
}

func (l ledger) bytes() []byte {
	l.t.Helper()
	text, err := os.ReadFile(l.path)
	if err != nil {
		l.t.Fatal(err)
	}
	return text
}

func (l ledger) verify() (Head, error) {
	_, to, err := Verify(bytes.NewReader(l.bytes()))
	return to, err
}

func (l ledger) kinds() []Kind {
	var kinds []Kind
	for e, err := range Read(bytes.NewReader(l.bytes())) {
		if err != nil {
			l.t.Fatal(err)
		}
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (l ledger) holds(lines uint64) {
	l.t.Helper()
	to, err := l.verify()
	if err != nil || to.Line != lines {
		l.t.Errorf("the chain stands at %d with %v, want %d", to.Line, err, lines)
	}
}

func TestWhatIsWrittenCanBeReadAndVerified(t *testing.T) {
	l := newLedger(t)
	j := l.open()
	wrote := Event{
		Kind: SignOnRefused, Person: "0190b2f4-1", Actor: Command, Service: "0190b2f4-2",
		Collective: "verda", Reason: "no-access", Reference: "abcdefghij",
	}
	j.Write(t.Context(), wrote)
	end(t, j)
	l.holds(1)
	wrote.At = time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)
	for e, err := range Read(bytes.NewReader(l.bytes())) {
		if err != nil || e != wrote {
			t.Errorf("read %+v, %v; wrote %+v", e, err, wrote)
		}
	}
	info, err := os.Stat(l.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestTheChainGoesOnAfterARestart(t *testing.T) {
	l := newLedger(t)
	for life := range uint64(3) {
		l.run(5)
		l.holds(5 * (life + 1))
	}
}

func TestAnEmptyRecordHolds(t *testing.T) {
	l := newLedger(t)
	l.run(0)
	l.holds(0)
}

// Every byte counts: there is none that can be another and the chain still hold.
func TestEveryChangedByteIsFound(t *testing.T) {
	l := newLedger(t)
	l.run(4)
	whole := l.bytes()
	for i := range whole {
		for _, flip := range []byte{0x01, 0x20, 0x80} {
			text := bytes.Clone(whole)
			text[i] ^= flip
			_, _, err := Verify(bytes.NewReader(text))
			if err == nil {
				t.Fatalf("byte %d (%q) as %q was not found", i, whole[i], text[i])
			}
		}
	}
}

func TestTamperingIsFound(t *testing.T) {
	l := newLedger(t)
	l.run(6)
	lines := strings.SplitAfter(strings.TrimSuffix(string(l.bytes()), "\n"), "\n")
	lines[5] += "\n"
	other := newLedger(t)
	other.run(6)
	foreign := strings.SplitAfter(string(other.bytes()), "\n")
	for _, test := range []struct {
		name  string
		lines []string
	}{
		{"a line taken out", []string{lines[0], lines[1], lines[3], lines[4], lines[5]}},
		{"lines swapped", []string{lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]}},
		{"a line doubled", []string{lines[0], lines[1], lines[1], lines[2]}},
		{"a line made up", []string{lines[0], lines[1], `{"line":3,"kind":"login-succeeded"}` + "\n", lines[2]}},
		{"an empty line", []string{lines[0], "\n", lines[1]}},
		{"the last line cut", []string{lines[0], lines[1][:len(lines[1])-10]}},
		{"the last end of line cut", []string{lines[0], strings.TrimSuffix(lines[1], "\n")}},
		{"a middle line cut", []string{lines[0], lines[1][:20] + "\n", lines[2]}},
		{"another file's line", []string{lines[0], lines[1], strings.Replace(foreign[2], "p1", "p2", 1), lines[3]}},
		{"carriage returns", []string{strings.Replace(lines[0], "\n", "\r\n", 1), lines[1]}},
		{"a line without end", []string{strings.Repeat("x", 1<<20)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := Verify(strings.NewReader(strings.Join(test.lines, "")))
			if err == nil {
				t.Error("not found")
			}
		})
	}
}

// What is missing at the end shows against a head that was kept elsewhere.
func TestHeadsAreToldToTheOperator(t *testing.T) {
	l := newLedger(t)
	l.run(3)
	to, err := l.verify()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(l.told.String(), "audit closed\" line=3 sum="+to.Sum) {
		t.Errorf("the operator was told %s", l.told)
	}
}

func TestAFileMovedAwayGoesOnInANewOne(t *testing.T) {
	l := newLedger(t)
	j := l.open()
	j.Write(t.Context(), Event{Kind: LoginSucceeded})
	for deadline := time.Now().Add(5 * time.Second); len(l.bytes()) == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	old := l.path + ".1"
	err := os.Rename(l.path, old)
	if err != nil {
		t.Fatal(err)
	}
	j.Write(t.Context(), Event{Kind: LoggedOut})
	end(t, j)
	text, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	_, ended, err := Verify(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := Verify(bytes.NewReader(l.bytes()))
	if err != nil || from != ended || to.Line != 2 {
		t.Errorf("the new file goes from %v to %v (%v), the old one ended at %v", from, to, err, ended)
	}
}

// A process that dies within a line leaves half of one.
func TestAHalfLineIsRemovedAndSaid(t *testing.T) {
	l := newLedger(t)
	l.run(2)
	err := os.WriteFile(l.path, append(l.bytes(), `{"line":3,"prev`...), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	l.run(1)
	l.holds(4)
	if got := fmt.Sprint(l.kinds()); got != "[login-succeeded login-succeeded line-torn login-succeeded]" {
		t.Errorf("kinds %s", got)
	}
}

func TestARecordThatDoesNotHoldIsNotWrittenTo(t *testing.T) {
	l := newLedger(t)
	for name, text := range map[string]string{"junk": "junk\n", "long junk": strings.Repeat("x", 100<<10), "a changed line": ""} {
		t.Run(name, func(t *testing.T) {
			if text == "" {
				os.Remove(l.path)
				l.run(2)
				text = strings.Replace(string(l.bytes()), "r1", "r9", 1)
			}
			err := os.WriteFile(l.path, []byte(text), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(l.path, l.config())
			if !errors.Is(err, ErrBroken) {
				t.Errorf("opened with %v", err)
			}
		})
	}
}

// Somebody who writes over the end of a live record does not stop it, and does
// not get the fault repaired.
func TestTamperingWhileItRunsStaysVisible(t *testing.T) {
	l := newLedger(t)
	l.run(2)
	j := l.open()
	err := os.WriteFile(l.path, bytes.Replace(l.bytes(), []byte("r1"), []byte("r9"), 1), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	j.Write(t.Context(), Event{Kind: LoggedOut})
	end(t, j)
	_, err = l.verify()
	if !errors.Is(err, ErrBroken) {
		t.Errorf("verified with %v", err)
	}
	if !bytes.Contains(l.bytes(), []byte("logged-out")) {
		t.Error("the new event is missing")
	}
}

// A command and a server write to the same record.
func TestTwoProcessesWriteOneChain(t *testing.T) {
	l := newLedger(t)
	var both sync.WaitGroup
	for range 2 {
		to, err := openFile(l.path, l.config())
		if err != nil {
			t.Fatal(err)
		}
		both.Go(func() {
			for range 100 {
				err := to.append([]Event{{Kind: LoginFailed}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	l.holds(200)
}

// Somebody who makes a line with the right sum still has to fit it in.
func TestALineMadeAnewDoesNotFit(t *testing.T) {
	var text bytes.Buffer
	first, err := origin().append(&text, Event{Kind: LoginSucceeded})
	if err != nil {
		t.Fatal(err)
	}
	for name, behind := range map[string]Head{
		"another number":  {Line: first.Line + 1, Sum: first.Sum},
		"the same number": {Line: first.Line - 1, Sum: first.Sum},
		"another sum":     {Line: first.Line, Sum: origin().Sum},
	} {
		forged := bytes.NewBuffer(bytes.Clone(text.Bytes()))
		_, err := behind.append(forged, Event{Kind: LoggedOut})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = Verify(forged)
		if !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	l := newLedger(t)
	j := l.open()
	var writers sync.WaitGroup
	for w := range 20 {
		writers.Go(func() {
			for i := range 500 {
				j.Write(context.Background(), Event{Kind: LoginSucceeded, Reference: fmt.Sprintf("w%d-%d", w, i)})
			}
		})
	}
	writers.Wait()
	end(t, j)
	l.holds(10000)
}

// Nothing but codes and ids stays, whatever callers hand in by mistake.
func TestNoNameNoAddressStays(t *testing.T) {
	l := newLedger(t)
	j := l.open()
	j.Write(t.Context(), Event{Kind: LoginFailed, Person: "nuria@example.coop", Reason: "Núria is not known", Reference: "203.0.113.9:80", Service: "a\nb"})
	end(t, j)
	for _, personal := range []string{"nuria", "N\u00faria", "203.0.113", "known", "a\\nb"} {
		if bytes.Contains(l.bytes(), []byte(personal)) {
			t.Errorf("%q is in the record", personal)
		}
	}
	l.holds(1)
}

func TestMemoryKeepsWhatTestsAskFor(t *testing.T) {
	var m Memory
	m.Write(t.Context(), Event{Kind: SignOn, Person: "p1"})
	if got := m.Events(); len(got) != 1 || got[0].Person != "p1" {
		t.Errorf("events %v", got)
	}
}

func FuzzVerify(f *testing.F) {
	var text bytes.Buffer
	_, err := encode(&text, origin(), []Event{{Kind: SignOn}, {Kind: LoggedOut}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, record []byte) {
		from, to, err := Verify(bytes.NewReader(record))
		if err == nil && to.Line-from.Line != uint64(bytes.Count(record, []byte("\n"))) {
			t.Errorf("%d lines from %v to %v", bytes.Count(record, []byte("\n")), from, to)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	j, err := Open(filepath.Join(b.TempDir(), "audit.log"), Config{Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		j.Write(context.Background(), Event{Kind: LoginSucceeded, Person: "0190b2f4-0000-7000-8000-000000000000"})
	}
	err = j.Close(context.Background())
	if err != nil {
		b.Fatal(err)
	}
}
