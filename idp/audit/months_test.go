// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// sinks are those of processes that write to one record.
func (l ledger) sink() *file {
	l.t.Helper()
	f, err := openFile(l.path, l.config())
	if err != nil {
		l.t.Fatal(err)
	}
	return f
}

func at(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

func (l ledger) put(f *file, moments ...time.Time) {
	l.t.Helper()
	for _, m := range moments {
		if err := f.append([]Event{{At: m, Kind: LoggedOut, Person: "marta", Reason: m.Format("2006-01-02")}}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// files are the names beside the record.
func (l ledger) files() []string {
	l.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(l.path))
	if err != nil {
		l.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (l ledger) span() Span {
	l.t.Helper()
	s, err := VerifyRecord(l.path)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

func (l ledger) reasons(f Filter) []string {
	l.t.Helper()
	var out []string
	for e, err := range Search(l.path, f) {
		if err != nil {
			l.t.Fatal(err)
		}
		out = append(out, e.Reason)
	}
	return out
}

// says reports whether the file of this month has text in it, if there is one.
func (l ledger) says(text string) bool {
	all, err := os.ReadFile(l.path)
	return err == nil && bytes.Contains(all, []byte(text))
}

func TestEachMonthHasAFileAndTheChainGoesOn(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	l.put(f, at(2026, 10, 3), at(2026, 10, 31), at(2026, 11, 1), at(2026, 11, 2), at(2027, 1, 9))
	if got, want := l.files(), []string{"audit-2026-10.log", "audit-2026-11.log", "audit.log"}; !slices.Equal(got, want) {
		t.Fatalf("files %v, want %v", got, want)
	}
	s := l.span()
	if s.From != origin() || s.To.Line != 5 || !s.Whole || !s.Since.Equal(at(2026, 10, 3)) || !s.Until.Equal(at(2027, 1, 9)) || len(s.Files) != 3 {
		t.Errorf("span %+v", s)
	}
	if got := l.reasons(Filter{}); !slices.Equal(got, []string{"2026-10-03", "2026-10-31", "2026-11-01", "2026-11-02", "2027-01-09"}) {
		t.Errorf("read %v", got)
	}
	info, err := os.Stat(filepath.Join(filepath.Dir(l.path), "audit-2026-10.log"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if !strings.Contains(l.told.String(), "audit month closed") {
		t.Error("the head of a month is not told to the operator")
	}
}

func TestAJournalTurnsTheMonthWhileItRuns(t *testing.T) {
	l := newLedger(t)
	j := l.open()
	for _, m := range []time.Time{at(2026, 2, 1), at(2026, 3, 1)} {
		j.Write(t.Context(), Event{At: m, Kind: LoggedOut})
		for deadline := time.Now().Add(5 * time.Second); !l.says(m.Format("2006-01")); {
			if time.Now().After(deadline) {
				t.Fatal("not written in time")
			}
			time.Sleep(time.Millisecond)
		}
	}
	end(t, j)
	if got := l.files(); !slices.Equal(got, []string{"audit-2026-02.log", "audit.log"}) {
		t.Errorf("files %v", got)
	}
}

// A process that died between moving a file aside and writing the next one.
func TestAfterTheTurnAnotherProcessGoesOnWhereTheChainStands(t *testing.T) {
	l := newLedger(t)
	l.put(l.sink(), at(2026, 10, 3), at(2026, 10, 4))
	if err := os.Rename(l.path, filepath.Join(filepath.Dir(l.path), "audit-2026-10.log")); err != nil {
		t.Fatal(err)
	}
	l.put(l.sink(), at(2026, 11, 1))
	if s := l.span(); s.To.Line != 3 || !s.Whole {
		t.Errorf("span %+v", s)
	}
}

func TestTwoProcessesTurnOneMonth(t *testing.T) {
	l := newLedger(t)
	var both sync.WaitGroup
	for range 3 {
		f := l.sink()
		both.Go(func() {
			for i := range 60 {
				e := Event{At: at(2026, 1, 1).AddDate(0, i/10, 0), Kind: LoginFailed}
				if err := f.append([]Event{e}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	s, err := VerifyRecord(l.path)
	if err != nil || s.To.Line != 180 || !s.Whole {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestWhatIsTooOldGoesAndTheChainSaysSo(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	for m := range 12 {
		l.put(f, at(2025, 1, 5).AddDate(0, m, 0), at(2025, 1, 25).AddDate(0, m, 0))
	}
	l.put(f, at(2026, 1, 20))
	if len(l.files()) != 13 {
		t.Fatalf("less than a year, and gone: %v", l.files())
	}
	l.put(f, at(2026, 2, 1))
	files := l.files()
	if len(files) != 13 || slices.Contains(files, "audit-2025-01.log") {
		t.Errorf("files %v", files)
	}
	s := l.span()
	if s.From.Line != 2 || !s.Whole || !s.Since.Equal(at(2025, 2, 5)) {
		t.Errorf("span %+v", s)
	}
	l.put(f, at(2026, 12, 30), at(2026, 12, 31)) // a long silence: several go at once
	if s := l.span(); s.From.Line <= 2 || !s.Whole || s.Since.Before(at(2025, 12, 1)) {
		t.Errorf("span %+v", s)
	}
	if !strings.Contains(l.told.String(), "audit month removed") {
		t.Error("the operator is not told")
	}
}

func TestHowLongIsForTheOperatorToSay(t *testing.T) {
	l := newLedger(t)
	c := l.config()
	c.Keep = 40 * 24 * time.Hour
	f, err := openFile(l.path, c)
	if err != nil {
		t.Fatal(err)
	}
	l.put(f, at(2026, 1, 31), at(2026, 2, 28), at(2026, 3, 11), at(2026, 3, 13))
	if got := l.files(); !slices.Equal(got, []string{"audit-2026-02.log", "audit.log"}) {
		t.Errorf("files %v", got)
	}
}

// Who takes away the first months to hide something does not find a chain that
// vouches for it.
func TestAMonthTakenAwayIsMissed(t *testing.T) {
	for name, gone := range map[string]string{"the first": "audit-2026-01.log", "one within": "audit-2026-02.log"} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			l.put(l.sink(), at(2026, 1, 1), at(2026, 2, 1), at(2026, 3, 1))
			if err := os.Remove(filepath.Join(filepath.Dir(l.path), gone)); err != nil {
				t.Fatal(err)
			}
			s, err := VerifyRecord(l.path)
			if err == nil && s.Whole {
				t.Errorf("not missed: %+v", s)
			}
		})
	}
}

func TestMoreTakenAwayThanTheChainSaysIsMissed(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	l.put(f, at(2025, 1, 1), at(2025, 2, 1), at(2025, 3, 1), at(2025, 12, 15), at(2026, 1, 20))
	if s := l.span(); s.From.Line != 1 || !s.Whole {
		t.Fatalf("span %+v", s)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(l.path), "audit-2025-02.log")); err != nil {
		t.Fatal(err)
	}
	if s := l.span(); s.Whole {
		t.Errorf("not missed: %+v", s)
	}
}

// A month that somebody wrote over is evidence, and stays with what follows it.
func TestABrokenMonthStays(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	l.put(f, at(2025, 1, 1), at(2025, 2, 1), at(2025, 3, 1))
	path := filepath.Join(filepath.Dir(l.path), "audit-2025-01.log")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("marta"), []byte("other"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	l.put(f, at(2027, 1, 1), at(2027, 1, 3))
	if files := l.files(); !slices.Contains(files, "audit-2025-01.log") || !slices.Contains(files, "audit-2025-02.log") {
		t.Error("the evidence is gone")
	}
	if _, err := VerifyRecord(l.path); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "audit-2025-01.log") {
		t.Errorf("verified with %v", err)
	}
}

func TestAClockThatRunsAheadCostsNothing(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	l.put(f, at(2026, 10, 31), at(2026, 11, 1))
	late := time.Date(2026, 10, 31, 23, 59, 59, 0, time.UTC) // came a moment late
	l.put(f, late, at(2030, 1, 1), at(2026, 11, 2), at(2026, 11, 3))
	if s := l.span(); s.To.Line != 6 || !s.Whole {
		t.Errorf("span %+v", s)
	}
	if got := l.files(); !slices.Equal(got, []string{"audit-2026-10.log", "audit-2026-11.log", "audit-2030-01.log", "audit.log"}) {
		t.Errorf("files %v", got)
	}
	l.put(f, at(2026, 12, 1))
	if got := l.files(); !slices.Contains(got, "audit-2026-11-2.log") {
		t.Errorf("a name was given twice: %v", got)
	}
	if s := l.span(); s.To.Line != 7 {
		t.Errorf("span %+v", s)
	}
}

func TestATornMonthIsMendedBeforeItIsClosed(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	l.put(f, at(2026, 10, 1))
	if err := os.WriteFile(l.path, append(l.bytes(), `{"line":2,"pre`...), 0o600); err != nil {
		t.Fatal(err)
	}
	l.put(f, at(2026, 11, 1), at(2026, 11, 2))
	if s := l.span(); s.To.Line != 4 || !s.Whole {
		t.Errorf("span %+v", s)
	}
}

// Other files of the operator's lie in the same place.
func TestOtherFilesAreLeftAlone(t *testing.T) {
	l := newLedger(t)
	dir := filepath.Dir(l.path)
	others := []string{"audit-2020-01.log.gz", "audit-2020.log", "my-audit-2020-01.log", "audit.log.1", "auditx2020-01.log"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := l.sink()
	l.put(f, at(2025, 1, 1), at(2027, 1, 1), at(2027, 1, 3))
	for _, name := range others {
		if !slices.Contains(l.files(), name) {
			t.Errorf("%s is gone", name)
		}
	}
	if s := l.span(); len(s.Files) != 1 {
		t.Errorf("files of the record: %v", s.Files)
	}
}

func TestARecordWithoutAnExtension(t *testing.T) {
	l := newLedger(t)
	l.path = filepath.Join(filepath.Dir(l.path), "record")
	l.put(l.sink(), at(2026, 1, 1), at(2026, 2, 1))
	if s := l.span(); len(s.Files) != 2 || filepath.Base(s.Files[0]) != "record-2026-01" {
		t.Errorf("files %v", s.Files)
	}
}

func TestNoRecordIsSaid(t *testing.T) {
	l := newLedger(t)
	if _, err := VerifyRecord(l.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	for _, err := range Search(l.path, Filter{}) {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	}
}

// Verifying beside a server that writes sees whole lines and whole months.
func TestVerifyingBesideAWriter(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	l.put(f, at(2026, 1, 1))
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		for i := range 200 {
			e := Event{At: at(2026, 1, 1).AddDate(0, i/20, 0), Kind: SignOn, Reason: strings.Repeat("x", 90)}
			if err := f.append([]Event{e, e, e}); err != nil {
				t.Error(err)
			}
		}
	}()
	for done := false; !done; {
		select {
		case <-writing:
			done = true
		default:
		}
		if s, err := VerifyRecord(l.path); err != nil || !s.Whole {
			t.Fatalf("%+v, %v", s, err)
		}
	}
}

func TestOperatorsFindWhatHappenedToAPerson(t *testing.T) {
	l := newLedger(t)
	f := l.sink()
	all := []Event{
		{At: at(2026, 1, 1), Kind: LoginSucceeded, Person: "marta", Reason: "1"},
		{At: at(2026, 1, 2), Kind: MemberAdded, Person: "pau", Actor: "marta", Collective: "bressola", Reason: "2"},
		{At: at(2026, 2, 1), Kind: SignOn, Person: "pau", Service: "wiki", Reason: "3"},
		{At: at(2026, 2, 2), Kind: SignOn, Person: "marta", Service: "wiki", Reason: "4"},
	}
	for _, e := range all {
		if err := f.append([]Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		filter Filter
		want   []string
	}{
		{"all", Filter{}, []string{"1", "2", "3", "4"}},
		{"a person, and what they did", Filter{Person: "marta"}, []string{"1", "2", "4"}},
		{"a collective", Filter{Collective: "bressola"}, []string{"2"}},
		{"a service", Filter{Service: "wiki"}, []string{"3", "4"}},
		{"a kind", Filter{Kind: LoginSucceeded}, []string{"1"}},
		{"from", Filter{Since: at(2026, 1, 2)}, []string{"2", "3", "4"}},
		{"until", Filter{Until: at(2026, 2, 1)}, []string{"1", "2"}},
		{"both of a person", Filter{Person: "pau", Kind: SignOn}, []string{"3"}},
		{"nobody", Filter{Person: "joan"}, nil},
	} {
		if got := l.reasons(test.filter); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	for e := range Search(l.path, Filter{}) {
		if e.Reason != "1" {
			t.Error("it goes on after the reader has enough")
		}
		break
	}
}

// What is left of somebody erased is an id: no event has room for more.
func TestAnEventHoldsIdsAndCodesOnly(t *testing.T) {
	personal := "Núria Serra <nuria@example.coop>"
	e := Event{
		Kind: Kind(personal), Person: directory.PersonID(personal), Actor: directory.PersonID(personal),
		Service: directory.ServiceID(personal), Collective: directory.CollectiveName(personal), Reason: personal, Reference: personal,
	}.Plain()
	if text := fmt.Sprintf("%+v", e); strings.Contains(text, "ria") || strings.Count(text, "unprintable") != 7 {
		t.Error(text)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 16, batchLength} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f, err := openFile(filepath.Join(b.TempDir(), "audit.log"), Config{Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			batch := make([]Event, size)
			for i := range batch {
				batch[i] = Event{At: time.Now(), Kind: SignOn, Person: "0190b2f4-0000-7000-8000-000000000000", Service: "wiki"}
			}
			for b.Loop() {
				if err := f.append(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size), "events/op")
		})
	}
}
