// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket

import (
	"strconv"
	"time"
)

// seconds writes a moment so that it fits in a link.
func seconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 36) }

// moment reads it; what is none is long ago.
func moment(s string) time.Time {
	n, err := strconv.ParseInt(s, 36, 64)
	if err != nil || n < 0 {
		return time.Time{}
	}
	return time.Unix(n, 0)
}
