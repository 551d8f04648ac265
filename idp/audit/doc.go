// SPDX-License-Identifier: AGPL-3.0-or-later

// Package audit owns the record of what happened to people's access: who
// logged in, where they signed on, what was refused and why, who changed what.
//
// The record is a file of lines, each an [Event] in JSON, chained: every line
// carries the SHA-256 of the one before and of itself. [Verify] sees a line
// that was changed, taken out, put in or moved. It cannot see lines missing at
// the end, nor a chain that somebody with write access made anew from some
// line on: for that, keep a [Head] elsewhere and compare. [Open] and Close
// hand the head to the operator's log, which usually lives on another machine.
//
// Each month has a file of its own, and goes when all in it is older than the
// record is kept. The chain goes on from file to file, and says itself what was
// removed, so that [VerifyRecord] still knows whether the oldest file that is left
// follows what was there: who takes away more than was to go is found out.
//
// Events name people by their immutable id and by nothing else. There is never
// a name, an address, a mail address, a secret or a session in them: the
// record is kept for long, and erasing a person's entry must make it silent.
package audit
