// SPDX-License-Identifier: AGPL-3.0-or-later

package retention

import "time"

// Day is one of the length that all days have but two a year.
const Day = 24 * time.Hour

// How long things are kept.
const (
	// Mail is how long a mail waits for a mail server before it is given up:
	// what it is about is out of date by then.
	Mail = 3 * Day

	// ActivityOfPerson and ActivityOfCollective are how long people, and those who
	// manage a collective, can look back at what happened. Months go whole, so
	// that at least three, and twelve, can be seen.
	ActivityOfPerson     = 4 * 31 * Day
	ActivityOfCollective = 13 * 31 * Day

	// Audit is how long the record is kept, if the operator says nothing else;
	// its months go whole, when the last day of one is as old.
	Audit = 366 * Day
)
