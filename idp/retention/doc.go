// SPDX-License-Identifier: AGPL-3.0-or-later

// Package retention owns the answer to "what do you keep of me, what for, and
// how long": [Table], in one file. The page /privacy is drawn from it, rooms
// take their durations from it, and tests hold what is found in the directory,
// the store and the browser against it. What is not in the table is not kept.
//
// It keeps nothing and erases nothing itself.
package retention
