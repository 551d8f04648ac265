// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"net"
	"sync"
	"testing"
)

// Relay stands between Clau and a server, as a network does, and can fall
// silent as a network can.
type Relay struct {
	listener net.Listener
	to       string

	mu     sync.Mutex
	silent sync.Cond // waited on while the relay is silent
	quiet  bool
	conns  []net.Conn
}

// NewRelay relays to an address until the test ends.
func NewRelay(t testing.TB, to string) *Relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	r := &Relay{listener: listener, to: to}
	r.silent.L = &r.mu
	t.Cleanup(r.close)
	go r.accept()
	return r
}

// Addr is where the relay listens.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Freeze lets nothing through, in either direction. Connections stay up.
func (r *Relay) Freeze() { r.set(true) }

// Thaw lets everything through that waited.
func (r *Relay) Thaw() { r.set(false) }

func (r *Relay) set(quiet bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quiet = quiet
	r.silent.Broadcast()
}

func (r *Relay) accept() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", r.to)
		if err != nil {
			near.Close() // the server is down
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, near, far)
		r.mu.Unlock()
		go r.pump(near, far)
		go r.pump(far, near)
	}
}

func (r *Relay) pump(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	for buffer := make([]byte, 16<<10); ; {
		n, err := from.Read(buffer)
		r.wait()
		if _, writeErr := to.Write(buffer[:n]); writeErr != nil || err != nil {
			return // either end has gone: so does the other
		}
	}
}

func (r *Relay) wait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.quiet {
		r.silent.Wait()
	}
}

func (r *Relay) close() {
	r.Thaw()
	r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
}
