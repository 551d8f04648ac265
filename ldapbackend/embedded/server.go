// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
)

// ErrClosed is returned by a server that is closed.
var ErrClosed = errors.New("embedded: closed")

// ErrInUse is returned by [Open] when another process has the file open.
var ErrInUse = tree.ErrInUse

// Config is what a [Server] is made of. Only Path and Base are needed.
type Config struct {
	Path   string // the bbolt file; made when it does not exist
	Base   string // suffix DN, such as "dc=clau,dc=example"
	Now    func() time.Time
	Rand   io.Reader
	Logger *slog.Logger

	// Argon2 says how new passwords are hashed. Zero: 19 MiB, 2 passes.
	Argon2 Argon2

	// HashWorkers is how many passwords are hashed at once. Zero: one less than
	// there are processors, so that searches stay quick while people log in.
	HashWorkers int
}

// Server is a directory server.
type Server struct {
	Config
	schema  *model.Schema
	base    model.DN
	below   int // how many names the base has
	store   *tree.Store
	hasher  *hasher
	rules   []rule
	types   types
	closing chan struct{}
	once    sync.Once

	mu        sync.Mutex
	closed    bool
	conns     map[*conn]bool
	listeners []net.Listener
	running   sync.WaitGroup // connections and listeners
}

// Open opens the file, or makes it with the entries that every Clau has.
func Open(c Config) (*Server, error) {
	c = c.withDefaults()
	schema, err := loadSchema()
	if err != nil {
		return nil, err
	}
	base, err := schema.ParseDN(c.Base)
	if err != nil || len(base) == 0 {
		return nil, fmt.Errorf("embedded: unusable base DN %q", c.Base)
	}
	c.Base = base.String()
	store, err := tree.Open(tree.Config{Path: c.Path, Schema: schema, Base: base, Now: c.Now})
	if err != nil {
		return nil, err
	}
	s := &Server{
		Config: c, schema: schema, base: base, below: len(base), store: store,
		hasher: newHasher(c), rules: accessRules(), types: newTypes(schema),
		closing: make(chan struct{}), conns: map[*conn]bool{},
	}
	if err := s.plant(); err != nil {
		_ = store.Close()
		return nil, err
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Argon2 == (Argon2{}) {
		c.Argon2 = Argon2{Memory: 19456, Time: 2, Threads: 1}
	}
	if c.HashWorkers <= 0 {
		c.HashWorkers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	return c
}

// Dial connects to the server inside the process. A SASL EXTERNAL bind on the
// connection is cn=idp,ou=system below the base.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, server := net.Pipe()
	if err := s.serve(server, true); err != nil {
		return nil, err
	}
	return client, nil
}

// Close refuses what is new, finishes what is in flight and closes the file.
func (s *Server) Close() error {
	s.once.Do(func() { close(s.closing) })
	s.mu.Lock()
	already := s.closed
	s.closed = true
	for _, l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.conns {
		c.interrupt()
	}
	s.mu.Unlock()
	s.running.Wait()
	if already {
		return nil
	}
	return s.store.Close()
}

// Compact writes the file anew, so that nothing is left in it of what was
// deleted. Reading goes on meanwhile; writing waits, about a second for fifty
// megabytes. Who follows the changes may have to begin anew. To be called
// once a day, and after somebody was erased.
func (s *Server) Compact(ctx context.Context) error { return s.store.Compact(ctx) }

// Check holds every index against the entries. It is for tests and repair.
func (s *Server) Check() error {
	return s.store.View(func(r *tree.Read) error { return r.Check() })
}

// maxConnections bounds what strangers on the socket can take.
const maxConnections = 512

var errCrowded = errors.New("embedded: too many connections")

// serve starts a connection. trusted: EXTERNAL is cn=idp.
func (s *Server) serve(nc net.Conn, trusted bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = nc.Close()
		return ErrClosed
	}
	if len(s.conns) >= maxConnections {
		_ = nc.Close()
		return errCrowded
	}
	c := newConn(s, nc, trusted)
	s.conns[c] = true
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		c.run()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}()
	return nil
}
