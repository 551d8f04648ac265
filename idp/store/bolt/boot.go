// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The kernel names each of its lives here (random(4)).
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// bootID returns the name of this life of the machine, or "" where there is none.
func bootID() string {
	id, err := os.ReadFile(bootIDFile)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// mark stands beside the file while it is open and names the boot it is written in.
func mark(path string) string { return path + ".boot" }

// discardTorn removes the file if another boot left it open: the machine fell,
// and what was written last may be on the disk in part. A mark of this boot
// means that only the process fell; the kernel has kept its writes.
func discardTorn(path, boot string) (bool, error) {
	left, err := os.ReadFile(mark(path))
	if errors.Is(err, fs.ErrNotExist) || (err == nil && string(left) == boot) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}

// writeMark returns when the mark is on the disk: it must be there before the
// first write that the disk may lose.
func writeMark(path, boot string) error {
	f, err := os.OpenFile(mark(path), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(boot); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}
