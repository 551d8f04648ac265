// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"commonscloud.coop/clau/idp/store"
)

var (
	entriesBucket = []byte("entries")
	dueBucket     = []byte("due")
)

var errInUse = errors.New("another process has it open")

// Config says where and how to keep the state. Only Path is required.
type Config struct {
	Path   string           // made if absent, readable by its owner only
	Now    func() time.Time // nil: the clock
	Logger *slog.Logger     // nil: silent
}

// Store is a [store.Store] over one file.
type Store struct {
	path  string
	boot  string
	db    atomic.Pointer[bbolt.DB] // exchanged by Compact
	now   func() time.Time
	log   *slog.Logger
	tasks chan *task
	anew  chan chan<- error // who waits for a compact file
	quit  chan struct{}
	done  sync.WaitGroup

	close  sync.Once
	closed error // what the first Close returned
}

var _ store.Store = (*Store)(nil)

// Open opens the file, or makes it. It fails when another process has it open.
func Open(c Config) (*Store, error) { return openIn(bootID(), c) }

// openIn opens the file in the given life of the machine. Where the machine
// does not name its lives, every commit waits for the disk instead.
func openIn(boot string, c Config) (*Store, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	torn, err := discardTorn(c.Path, boot)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.Path, err)
	}
	if torn {
		c.Logger.Warn("the machine stopped without closing the store; everybody has to log in again", "path", c.Path)
	}
	db, err := openFile(c.Path, boot)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.Path, err)
	}
	s := &Store{
		path: c.Path, boot: boot, now: c.Now, log: c.Logger,
		tasks: make(chan *task), anew: make(chan chan<- error), quit: make(chan struct{}),
	}
	s.db.Store(db)
	s.done.Go(s.writeLoop)
	s.done.Go(s.sweepLoop)
	return s, nil
}

func openFile(path, boot string) (*bbolt.DB, error) {
	db, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(discard(fresh(path)), writeMark(path, boot)); err != nil {
		db.Close()
		return nil, err
	}
	hurry(db, boot)
	if err := db.Update(makeBuckets); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// lockFile opens or makes a file for this process alone.
func lockFile(path string) (*bbolt.DB, error) {
	var opened *os.File
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:        2 * time.Second,
		FreelistType:   bbolt.FreelistMapType,
		NoFreelistSync: true, // found again when opening; spares a write at each commit
		NoStatistics:   true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			opened = f
			return f, err
		},
	})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, errInUse
	}
	if err != nil {
		return nil, err
	}
	if !stands(path, opened) {
		db.Close()
		return nil, errInUse
	}
	return db, nil
}

// hurry spares every commit the wait for the disk, where the machine names its
// lives.
func hurry(db *bbolt.DB, boot string) {
	db.NoSync = boot != ""
	db.NoGrowSync = db.NoSync
}

func makeBuckets(tx *bbolt.Tx) error {
	for _, name := range [][]byte{entriesBucket, dueBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// Ping implements [store.Store].
func (s *Store) Ping(ctx context.Context) error {
	return s.view(ctx, func(*table) error { return nil })
}

// Close ends the writing that is under way, and leaves the file whole on the
// disk. Closing twice is no error.
func (s *Store) Close() error {
	s.close.Do(func() {
		close(s.quit)
		s.done.Wait()
		s.closed = s.shut()
	})
	return s.closed
}

func (s *Store) shut() error {
	db := s.db.Load()
	if err := db.Sync(); err != nil {
		return errors.Join(err, db.Close())
	}
	if err := db.Close(); err != nil {
		return err
	}
	return os.Remove(mark(s.path))
}
