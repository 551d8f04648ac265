// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// atOnce is how many clients ask at the same time.
const atOnce = 8

// BenchmarkClau measures a Clau of its own process and prints a table: the
// processor time that one request costs the server, embedded and over OpenLDAP
// with Redis, with fifty people and with fifty thousand.
func BenchmarkClau(b *testing.B) {
	program := idptest.Build(b)
	table := newTable("embedded", "embedded, 50 000 people", "OpenLDAP + Redis")
	b.Cleanup(func() { table.print(os.Stdout) })

	b.Run("empty", func(b *testing.B) { benchEmpty(b, table) })
	b.Run("embedded", func(b *testing.B) {
		node := idptest.NewNode(b, program, nil, behindProxy)
		importCrowd(b, node, 50, 2)
		node.Start()
		benchNode(b, table, "embedded", node)
	})
	b.Run("many", func(b *testing.B) {
		node := idptest.NewNode(b, program, nil, behindProxy)
		importCrowd(b, node, 50_000, 1_000)
		node.Start()
		benchNode(b, table, "embedded, 50 000 people", node)
	})
	b.Run("servers", func(b *testing.B) {
		servers := idptest.RunServers(b)
		node := idptest.NewNode(b, program, servers, behindProxy)
		node.Start()
		clau := node.Open(b)
		for i, p := range clau.Crowd(b, 50) {
			servers.SetHash(b, p, idptest.CrowdHash(i))
			stays := directory.PersonChange{MustChange: new(false)} // what others set must be changed
			check(b, clau.Directory.ChangePerson(b.Context(), directory.System(), p.ID, stays))
		}
		benchNode(b, table, "OpenLDAP + Redis", node)
	})
	b.Run("start", func(b *testing.B) { benchStart(b, table, program) })
}

// behindProxy lets the benchmark say who asks, so that eight clients are not
// taken for one that asks too often.
const behindProxy = `trusted_proxies = ["127.0.0.1"]
[log]
level = "warn"
`

func benchEmpty(b *testing.B, table *table) {
	addr := idptest.FreeAddr(b)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), emptyServer+"="+addr)
	process := idptest.Launch(b, b.Output(), cmd)
	idptest.Eventually(b, 5*time.Second, "the empty server listens", func() bool { return idptest.Answers(addr) })
	client := newClient(b)
	client.get("http://"+addr+"/", nil)
	measure(b, table, "empty net/http answer", "embedded", process.Cmd.Process.Pid, b.N, func(int) {
		client.get("http://"+addr+"/", nil)
	})
}

// benchNode measures every kind of request.
func benchNode(b *testing.B, table *table, column string, node *idptest.Node) {
	bed := newBed(b, node)
	pid := node.Cmd.Process.Pid
	for _, load := range bed.loads() {
		b.Run(load.name, func(b *testing.B) {
			measure(b, table, load.name, column, pid, max(1, b.N/max(1, load.rarer)), load.do)
		})
	}
	b.Run("rush", func(b *testing.B) { bed.rush(b, table, column) })
	b.Run("memory", func(b *testing.B) {
		table.set("resident after all that", column, fmt.Sprintf("%.0f MB", resident(b, pid)))
	})
}

// rounds is how often each measurement is made; the best one counts, as the one
// that other programs of the machine disturbed least.
const rounds = 3

// measure does something n times, eight at a time, and notes what one cost the
// process.
func measure(b *testing.B, table *table, row, column string, pid, n int, do func(worker int)) {
	b.Helper()
	if n == 1 { // the first call of a benchmark only warms up
		do(0)
		return
	}
	best := time.Duration(math.MaxInt64)
	b.ResetTimer()
	for range rounds {
		before := cpu(b, pid)
		crowdDoes(n, do)
		best = min(best, (cpu(b, pid)-before)/time.Duration(n))
	}
	b.StopTimer()
	b.ReportMetric(best.Seconds()*1000, "server-ms/op")
	table.cost(row, column, best)
}

// crowdDoes does something n times, eight at a time.
func crowdDoes(n int, do func(worker int)) {
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	for worker := range atOnce {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				do(worker)
			}
		})
	}
	all.Wait()
}

// rush lets two hundred people log in at once, and looks at how long a sign-on
// over an existing session takes meanwhile.
func (bed *bed) rush(b *testing.B, table *table, column string) {
	const people = 200
	begun := time.Now()
	var all sync.WaitGroup
	var turned atomic.Int64
	for i := range people {
		all.Go(func() { turned.Add(bed.login(newClient(b), 2*(i%25))) })
	}
	over := make(chan struct{})
	go func() { all.Wait(); close(over) }()
	var took []time.Duration
	for running := true; running; {
		at := time.Now()
		bed.signOn(0, bed.es256)
		took = append(took, time.Since(at))
		select {
		case <-over:
			running = false
		case <-time.After(5 * time.Millisecond):
		}
	}
	slices.Sort(took)
	table.set("200 logins at once: all in", column, time.Since(begun).Round(10*time.Millisecond).String())
	table.set("… told to try again", column, fmt.Sprint(turned.Load()))
	table.set("… a sign-on meanwhile, p50", column, took[len(took)/2].Round(100*time.Microsecond).String())
	table.set("… a sign-on meanwhile, p99", column, took[len(took)*99/100].Round(100*time.Microsecond).String())
}

// importCrowd fills a node that does not run yet.
func importCrowd(b *testing.B, node *idptest.Node, people, collectives int) {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "crowd.ldif"))
	check(b, err)
	check(b, idptest.CrowdLDIF(file, idptest.EmbeddedBase, people, collectives))
	check(b, file.Close())
	node.Import(file.Name())
}

// benchStart looks at a demonstration that was just started and does nothing.
func benchStart(b *testing.B, table *table, program string) {
	addr := idptest.FreeAddr(b)
	begun := time.Now()
	process := idptest.Launch(b, io.Discard, exec.Command(program, "demo", "--listen", addr))
	for end := begun.Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		answer, err := http.Get("http://" + addr + "/")
		if err == nil {
			answer.Body.Close()
			break
		}
	}
	table.set("demo: start to first answer", "embedded", time.Since(begun).Round(10*time.Millisecond).String())
	time.Sleep(5 * time.Second) // what the start needed is given back
	table.set("demo: resident, idle", "embedded", fmt.Sprintf("%.0f MB", resident(b, process.Cmd.Process.Pid)))
}
