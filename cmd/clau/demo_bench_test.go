// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkDemo is how long a newcomer waits: from the start of the built
// program to the first answer, and from Ctrl-C to the end; and how much memory
// it holds when nothing happens.
func BenchmarkDemo(b *testing.B) {
	program := filepath.Join(b.TempDir(), "clau")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	var start, stop time.Duration
	var resident float64
	for b.Loop() {
		begun := time.Now()
		cmd, issuer := launch(b, program)
		answer, err := http.Get(issuer + "/.well-known/openid-configuration")
		if err != nil {
			b.Fatal(err)
		}
		answer.Body.Close()
		start += time.Since(begun)
		time.Sleep(time.Second)
		resident = max(resident, residentMiB(b, cmd.Process.Pid))
		ended := time.Now()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		stop += time.Since(ended)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(start.Milliseconds())/float64(b.N), "start-ms")
	b.ReportMetric(float64(stop.Milliseconds())/float64(b.N), "stop-ms")
	b.ReportMetric(resident, "resident-MiB")
}

// launch starts the demonstration and reads where it is.
func launch(b *testing.B, program string) (*exec.Cmd, string) {
	b.Helper()
	cmd := exec.Command(program, "demo", "--json", "--listen", "localhost:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill() })
	var d demonstration
	if err := json.NewDecoder(out).Decode(&d); err != nil {
		b.Fatal(err)
	}
	return cmd, d.Issuer
}

// residentMiB reads what the kernel says of a process; elsewhere it is zero.
func residentMiB(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	var kib float64
	if _, err := fmt.Sscan(after, &kib); err != nil {
		return 0
	}
	return kib / 1024
}
