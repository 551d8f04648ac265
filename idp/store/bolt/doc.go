// SPDX-License-Identifier: AGPL-3.0-or-later

// Package bolt keeps expiring state in one file of this machine, so that a
// single Clau needs no other program.
//
// One goroutine writes. It gathers what arrives within a millisecond, and
// everything that arrives while the disk is busy, into one transaction: eight
// sign-ons at once cost one commit, not eight. Decisions are taken inside the
// transaction, one after the other.
//
// A call returns when the kernel has its transaction: what was spent stays
// spent when the process dies, however it dies. When the whole machine falls,
// writes that had not reached the disk would be missing, and a spent code could
// be fresh again; so a file that another boot left open is thrown away, and
// everybody logs in again. That spares every sign-on the wait for the disk.
//
// The file has two buckets. "entries" holds what is kept; a set is an entry
// for itself and one for each member. "due" orders the keys by time for the
// sweeper: each key stands there once, not later than it expires. What has
// expired is invisible at once; the sweeper removes it in bounded steps, and
// the file uses its room again.
//
// The package never shares its file: a second process that opens it fails.
package bolt
