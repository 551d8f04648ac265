// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// fresh is where a compact copy is made. Whatever stands there when the file is
// opened was not finished, and is nothing.
func fresh(path string) string { return path + ".new" }

// openFile opens or makes the file, for this process alone.
func openFile(path string) (*bbolt.DB, error) {
	var opened *os.File
	// The map is sized in advance: to grow it the writer would have to wait
	// until no reader is under way.
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 256 << 20,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			opened = f
			return f, err
		},
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("tree: open: %w", err)
	}
	if !stands(path, opened) {
		_ = db.Close()
		return nil, ErrInUse
	}
	return db, nil
}

// stands reports whether an open file is still the one of that name. While we
// waited for it another process may have put a compact copy in its place.
func stands(path string, f *os.File) bool {
	have, haveErr := f.Stat()
	want, wantErr := os.Stat(path)
	return haveErr == nil && wantErr == nil && os.SameFile(have, want)
}

func discard(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tree: %w", err)
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	return nil
}
