// SPDX-License-Identifier: AGPL-3.0-or-later

package redistest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Sentinel is a Redis with a replica, and a sentinel that lets the replica take
// over when the master is gone for half a second.
type Sentinel struct {
	Master, Replica *Server
	sentinel        *Server
}

// StartSentinel starts all three for the time of the test and returns when the
// sentinel knows the replica.
func StartSentinel(t testing.TB) *Sentinel {
	t.Helper()
	s := &Sentinel{Master: Start(t)}
	s.Replica = Start(t, "--replicaof", "127.0.0.1", strconv.Itoa(s.Master.port), "--repl-diskless-sync-delay", "0")
	s.sentinel = &Server{t: t, dir: t.TempDir(), port: freePort(t)}
	t.Cleanup(s.sentinel.Stop)
	conf := filepath.Join(s.sentinel.dir, "sentinel.conf") // the sentinel writes into it
	text := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
logfile %s/log
sentinel monitor clau 127.0.0.1 %d 1
sentinel down-after-milliseconds clau 500
sentinel failover-timeout clau 3000
`, s.sentinel.port, s.sentinel.dir, s.sentinel.dir, s.Master.port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.sentinel.run(conf, "--sentinel"); err != nil {
		t.Fatal(err)
	}
	if err := await("the replica", s.ready); err != nil {
		t.Fatal(err)
	}
	return s
}

// ready reports whether the replica has caught up and the sentinel knows it.
func (s *Sentinel) ready() bool {
	replication, err := s.Replica.Do("INFO", "replication")
	if err != nil || !strings.Contains(replication, "master_link_status:up") {
		return false
	}
	known, err := s.sentinel.Do("INFO", "sentinel")
	return err == nil && strings.Contains(known, "slaves=1")
}

// Await returns when the replica has a key: what the master answered for is on
// its way there still.
func (s *Sentinel) Await(key string) {
	s.Replica.t.Helper()
	arrived := func() bool {
		answer, err := s.Replica.Do("EXISTS", key)
		return err == nil && answer == ":1"
	}
	if err := await("the replica to have "+key, arrived); err != nil {
		s.Replica.t.Fatal(err)
	}
}

// URL returns where the sentinel is, and the name of the master.
func (s *Sentinel) URL() string { return "redis+sentinel://" + s.sentinel.Addr() + "/clau" }
