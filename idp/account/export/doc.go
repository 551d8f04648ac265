// SPDX-License-Identifier: AGPL-3.0-or-later

// Package export owns the one file with everything that is kept of a person:
// a .zip with export.json, for programs, and index.html, for people, who need
// neither a network nor an account to read it.
//
// It is made for that person, and holds what is theirs: no hash, no seed, no
// code and nothing else that opens something, and of other people nothing. It is
// made for who asks and is kept nowhere.
package export
