// SPDX-License-Identifier: AGPL-3.0-or-later

package retention

import (
	"math"
	"strconv"
	"time"
)

// Span says how long a row is kept as a person would: a number of "minutes",
// "hours", "days" or "months". Both are empty where the row has no such end.
func (r Row) Span() (count, unit string) {
	const month = 31 * Day
	switch life := r.Life; {
	case life <= 0:
		return "", ""
	case life >= 3*month:
		return strconv.Itoa(int(math.Round(float64(life) / float64(month)))), "months"
	case life >= 2*Day:
		return strconv.Itoa(int(life / Day)), "days"
	case life >= 2*time.Hour:
		return strconv.Itoa(int(life / time.Hour)), "hours"
	default:
		return strconv.Itoa(int(life / time.Minute)), "minutes"
	}
}
