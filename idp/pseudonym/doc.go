// SPDX-License-Identifier: AGPL-3.0-or-later

// Package pseudonym owns the names by which services know people and sessions.
//
// A person has one subject in each sector: a keyed hash of the sector and the
// person's seed, under a key derived from the installation's master secret.
// Beside it they have a handle that can be read aloud, an address that stands
// for theirs, and a name to be shown, none of which can be computed from another.
// Two services of different sectors cannot tell that their names belong to one
// person. The directory alone does not give the subjects away, for the key is not
// in it; the key alone does not either, for the seeds are. Destroying a seed
// unlinks a person from every service for ever, and a new seed is a new identity
// everywhere. To be somebody new in one sector only, a person raises their
// identity there. Whoever loses the master secret orphans every account.
//
// Subjects and session identifiers are stable: the vectors in testdata are a
// promise to every service. Handles are proposals until the directory has
// reserved them, and stable because it keeps them.
//
// The package keeps nothing and reads nothing. It does not decide whether a
// service gets a pseudonym or a real name, nor whether a name is still free.
package pseudonym
