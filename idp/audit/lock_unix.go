// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build unix && !solaris && !aix

package audit

import (
	"os"
	"syscall"
)

// lock waits until nobody else writes. Closing the file lets go of it.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			return err
		}
	}
}
