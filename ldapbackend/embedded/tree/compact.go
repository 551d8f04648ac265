// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// copyStep is how many bytes of a copy are held in memory before they are
// written out.
const copyStep = 8 << 20

// Compact writes the file anew with only what is in it now. Until then pages
// that were freed keep their bytes, and those of somebody who was erased among
// them. The log forgets, too: who follows the changes and has not seen the last
// one yet must begin anew.
//
// Readers are not held up; writers wait until it is done. A crash leaves the old
// file or the new one, either of them whole. If ctx ends first it may still
// happen.
func (s *Store) Compact(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case s.compactions <- done:
	case <-s.stopping:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rewrite is done by the writer, so that nothing is written meanwhile.
func (s *Store) rewrite() error {
	old := s.db.Load()
	if err := old.Update(func(tx *bbolt.Tx) error { return s.forget(tx) }); err != nil {
		return fmt.Errorf("tree: compact: %w", err)
	}
	copied, err := s.copy(old)
	if err != nil {
		return errors.Join(err, discard(fresh(s.Path)))
	}
	s.db.Store(copied)
	// The next write may stand in the new file only, so its name must last.
	return errors.Join(syncDir(s.Path), old.Close())
}

// copy makes a compact copy and puts it in the place of the file. It is open,
// and so locked, before it is there.
func (s *Store) copy(old *bbolt.DB) (*bbolt.DB, error) {
	path := fresh(s.Path)
	if err := discard(path); err != nil {
		return nil, err
	}
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	db.NoSync = true
	err = bbolt.Compact(db, old, copyStep)
	db.NoSync = false
	if err == nil {
		err = db.Sync()
	}
	if err == nil {
		err = os.Rename(path, s.Path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("tree: compact: %w", err), db.Close())
	}
	return db, nil
}

// forget empties the log but for the number of the last change, so that who has
// seen it can go on from there.
func (s *Store) forget(tx *bbolt.Tx) error {
	r := &Read{s, tx}
	number, csn := r.Last(), r.CSN()
	if number == 0 {
		return nil
	}
	if err := tx.DeleteBucket([]byte(changesBucket)); err != nil {
		return err
	}
	changes, err := tx.CreateBucket([]byte(changesBucket))
	if err != nil {
		return err
	}
	if err := changes.SetSequence(number); err != nil {
		return err
	}
	return changes.Put(idKey(number), Change{CSN: csn}.encode())
}

// begin starts to read. The file may be exchanged between two looks at which it
// is; the old one is closed then.
func (s *Store) begin() (*bbolt.Tx, error) {
	for {
		db := s.db.Load()
		tx, err := db.Begin(false)
		if !errors.Is(err, bolterrors.ErrDatabaseNotOpen) || db == s.db.Load() {
			return tx, err
		}
	}
}
