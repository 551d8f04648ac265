// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

var (
	// ErrClosed is returned after [Store.Close].
	ErrClosed = errors.New("tree: closed")

	// ErrInUse is returned when another process has the file open.
	ErrInUse = errors.New("tree: file is in use by another process")

	// ErrOtherBase is returned for a file made for another base DN.
	ErrOtherBase = errors.New("tree: file belongs to another base DN")
)

// Config is what a [Store] is made of.
type Config struct {
	Path   string
	Schema *model.Schema
	Base   model.DN
	Now    func() time.Time
}

// Store keeps entries. Any number of readers and one writer work at once;
// readers see the state of the last finished write.
type Store struct {
	Config
	db          atomic.Pointer[bbolt.DB] // exchanged by Compact
	base        []string
	buckets     map[*model.Attribute][]byte // the indexed types
	member      *model.Attribute
	class       *model.Attribute
	jobs        chan *job
	compactions chan chan<- error
	stopping    chan struct{}
	stopped     chan struct{}
	stop        sync.Once

	mu      sync.Mutex
	changed chan struct{} // closed and renewed at every commit
}

// Open opens or makes the file.
func Open(c Config) (*Store, error) {
	db, err := openFile(c.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{
		Config: c, base: c.Base.Path(), buckets: indexBuckets(c.Schema),
		member: c.Schema.Attribute("member"), class: c.Schema.Attribute("objectClass"),
		jobs: make(chan *job, 256), stopping: make(chan struct{}), stopped: make(chan struct{}),
		compactions: make(chan chan<- error), changed: make(chan struct{}),
	}
	s.db.Store(db)
	if err := errors.Join(discard(fresh(c.Path)), s.prepare()); err != nil {
		_ = db.Close()
		return nil, err
	}
	go s.writer()
	return s, nil
}

// Close finishes the writes that were accepted and closes the file. It must
// not be called while [Store.View] or [Store.Write] may still begin.
func (s *Store) Close() error {
	s.stop.Do(func() { close(s.stopping) })
	<-s.stopped
	return s.db.Load().Close()
}

// Relative cuts the base from a path. ok is false if path is outside of it.
func (s *Store) Relative(path []string) (below []string, ok bool) {
	if len(path) < len(s.base) {
		return nil, false
	}
	for i, name := range s.base {
		if path[i] != name {
			return nil, false
		}
	}
	return path[len(s.base):], true
}

// Indexed reports whether a type has an index.
func (s *Store) Indexed(a *model.Attribute) bool { return s.buckets[a] != nil }

// Apart reports whether the values of a type are kept apart from the entry, and
// must be asked for by [Read.Members].
func (s *Store) Apart(a *model.Attribute) bool { return a == s.member }

// Changed returns a channel that is closed at the next commit.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Store) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

func indexBuckets(schema *model.Schema) map[*model.Attribute][]byte {
	buckets := map[*model.Attribute][]byte{}
	for _, name := range indexed() {
		if a := schema.Attribute(name); a != nil {
			buckets[a] = []byte("eq:" + a.Name)
		}
	}
	return buckets
}

// indexed lists the types by which entries are looked for. What sorts as bytes
// when normalized (times) can also be searched by range.
func indexed() []string {
	return []string{
		"objectClass", "entryUUID", "uid", "mail", "cn", "ou", "member",
		"clauId", "clauState", "clauMailVerified", "clauMailPending", "clauExternalId",
		"clauManager", "clauService", "clauCollective", "clauPrimaryCollective", "clauPerson", "clauValidatedBy",
		"clauOpenedBy", "clauAgreedBy", "clauKind",
		"clauServiceId",
		"clauClientId", "clauEntityId", "clauCredentialId", "clauSubject", "clauReserved", "clauIssuer",
		"clauExpires", "clauUntil", "clauCreated",
	}
}
