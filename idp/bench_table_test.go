// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// table is what was measured, a row for each kind of request.
type table struct {
	columns []string
	mu      sync.Mutex
	rows    []string
	cells   map[[2]string]string
}

func newTable(columns ...string) *table {
	return &table{columns: columns, cells: map[[2]string]string{}}
}

func (t *table) set(row, column, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !strings.Contains("\n"+strings.Join(t.rows, "\n")+"\n", "\n"+row+"\n") {
		t.rows = append(t.rows, row)
	}
	t.cells[[2]string{row, column}] = text
}

func (t *table) cost(row, column string, each time.Duration) {
	t.set(row, column, fmt.Sprintf("%.3f ms", each.Seconds()*1000))
}

// print writes the table in Markdown, below the name of the machine.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s; %d cores; %s. Processor time of the server for one request, %d clients at once, best of %d rounds.\n\n",
		processor(), runtime.NumCPU(), runtime.Version(), atOnce, rounds)
	fmt.Fprintf(w, "| | %s |\n|---|%s\n", strings.Join(t.columns, " | "), strings.Repeat("---:|", len(t.columns)))
	for _, row := range t.rows {
		fmt.Fprintf(w, "| %s |", row)
		for _, column := range t.columns {
			fmt.Fprintf(w, " %s |", t.cells[[2]string{row, column}])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // elsewhere there is no name
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// cpu is the processor time that a process has used: that of its threads, which
// Linux counts in nanoseconds (proc(5), schedstat).
func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	check(b, err)
	if len(threads) == 0 {
		b.Fatal("this system does not tell the processor time of a thread")
	}
	var sum time.Duration
	for _, path := range threads {
		text, err := os.ReadFile(path)
		check(b, err)
		used, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		check(b, err)
		sum += time.Duration(used)
	}
	return sum
}

// resident is the memory of a process in MB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	check(b, err)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.Fields(value)[0])
			check(b, err)
			return float64(kb) / 1000
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
