// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"commonscloud.coop/clau/idp/store"
)

var (
	entriesBucket = []byte("entries")
	dueBucket     = []byte("due")
)

// Config says where and how to keep the state. Only Path is required.
type Config struct {
	Path   string           // made if absent, readable by its owner only
	Now    func() time.Time // nil: the clock
	Logger *slog.Logger     // nil: silent
}

// Store is a [store.Store] over one file.
type Store struct {
	db    *bbolt.DB
	now   func() time.Time
	log   *slog.Logger
	tasks chan *task
	quit  chan struct{}
	close sync.Once
	done  sync.WaitGroup
}

var _ store.Store = (*Store)(nil)

// Open opens the file, or makes it. It fails when another process has it open.
func Open(c Config) (*Store, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	db, err := bbolt.Open(c.Path, 0o600, &bbolt.Options{
		Timeout:        2 * time.Second,
		FreelistType:   bbolt.FreelistMapType,
		NoFreelistSync: true, // found again when opening; spares a write at each commit
		NoStatistics:   true,
	})
	if errors.Is(err, bbolt.ErrTimeout) {
		return nil, fmt.Errorf("opening %s: another process has it open", c.Path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.Path, err)
	}
	if err := db.Update(makeBuckets); err != nil {
		db.Close()
		return nil, fmt.Errorf("preparing %s: %w", c.Path, err)
	}
	s := &Store{db: db, now: c.Now, log: c.Logger, tasks: make(chan *task), quit: make(chan struct{})}
	s.done.Go(s.writeLoop)
	s.done.Go(s.sweepLoop)
	return s, nil
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

// Close ends the writing that is under way and closes the file. Closing twice
// is no error.
func (s *Store) Close() error {
	s.close.Do(func() { close(s.quit) })
	s.done.Wait()
	return s.db.Close()
}
