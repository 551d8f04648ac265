// SPDX-License-Identifier: AGPL-3.0-or-later

// Package directory owns the words in which Clau speaks of people,
// collectives and services, and the [Backend] that keeps them.
//
// The directory is the only system of record: whatever must survive a restart
// lives here and replicates with it. What may expire lives in package store.
//
// Identifiers have types of their own so that they cannot be swapped. A person
// is counted, locked and linked by [PersonID] and by nothing else: never by
// what was typed into a form.
//
// Every write names an [Actor]. What a person or a manager does is written
// under their own identity, so that the directory's access rules refuse what
// the code should have refused; only what no person may do is written as
// Clau itself.
//
// The package speaks no protocol. Package ldapbackend implements Backend over
// LDAP, and directorytest holds the contract that every implementation passes.
package directory
