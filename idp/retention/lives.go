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

	// Activity is how long people and collectives can look back at what
	// happened to them. Its months go whole: the last days of one are shown for
	// a month less.
	Activity = 6 * 31 * Day

	// Audit is how long the record is kept, if the operator says nothing else;
	// its months go whole, when the last day of one is as old.
	Audit = 366 * Day
)
