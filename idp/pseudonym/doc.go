// SPDX-License-Identifier: AGPL-3.0-or-later

// Package pseudonym owns the names by which services know people and sessions.
//
// A person has one name in each sector: a keyed hash of the sector and the
// person's seed, under a key derived from the installation's master secret.
// Two services of different sectors cannot tell that their names belong to one
// person. The directory alone does not give the names away, for the key is not
// in it; the key alone does not either, for the seeds are. Destroying a seed
// unlinks a person from every service for ever, and a new seed is a new
// identity everywhere. Whoever loses the master secret orphans every account.
//
// The names are stable: the vectors in testdata are a promise to every service.
//
// The package keeps nothing and reads nothing. It does not decide whether a
// service gets a pseudonym or a handle.
package pseudonym
