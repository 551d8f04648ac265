// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// copyStep is how many bytes of a copy are held in memory before they are
// written out.
const copyStep = 8 << 20

// Compact writes the file anew with only what has not expired. Until then pages
// that were freed keep their bytes, and those of somebody who was erased among
// them. Reading goes on; writing waits until it is done. When the process dies
// meanwhile the old file is there or the new one, either of them whole. If ctx
// ends first it may still happen. To be called once a day, and after somebody was
// erased.
func (s *Store) Compact(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	s.sweep(ctx)
	done := make(chan error, 1)
	select {
	case s.anew <- done:
	case <-s.quit:
		return errClosed
	case <-ctx.Done():
		return gaveUp(ctx)
	}
	select {
	case err := <-done:
		return s.outward(err)
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

// rewrite is done by the one who writes, so that nothing is written meanwhile.
func (s *Store) rewrite() error {
	old := s.db.Load()
	copied, err := s.copy(old)
	if err != nil {
		return errors.Join(err, discard(fresh(s.path)))
	}
	s.db.Store(copied)
	return errors.Join(syncDir(filepath.Dir(s.path)), old.Close())
}

// copy makes a compact copy and puts it in the place of the file. It is open,
// and so locked, before it is there.
func (s *Store) copy(old *bbolt.DB) (*bbolt.DB, error) {
	path := fresh(s.path)
	if err := discard(path); err != nil {
		return nil, err
	}
	db, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	db.NoSync = true
	err = bbolt.Compact(db, old, copyStep)
	if err == nil {
		err = db.Sync()
	}
	if err == nil {
		err = os.Rename(path, s.path)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	hurry(db, s.boot)
	return db, nil
}

// begin starts to read. The file may be exchanged between two looks at which it
// is; the old one is closed then.
func (s *Store) begin() (*bbolt.Tx, error) {
	for {
		db := s.db.Load()
		tx, err := db.Begin(false)
		if !errors.Is(err, bbolterrors.ErrDatabaseNotOpen) || db == s.db.Load() {
			return tx, err
		}
	}
}

// fresh is where a compact copy is made. Whatever stands there when the store is
// opened was not finished, and is nothing.
func fresh(path string) string { return path + ".new" }

func discard(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// stands reports whether an open file is still the one of that name. While we
// waited for it another process may have put a compact copy in its place.
func stands(path string, f *os.File) bool {
	have, haveErr := f.Stat()
	want, wantErr := os.Stat(path)
	return haveErr == nil && wantErr == nil && os.SameFile(have, want)
}
