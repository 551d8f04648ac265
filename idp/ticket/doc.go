// SPDX-License-Identifier: AGPL-3.0-or-later

// Package ticket owns the links and codes that people get by mail: to prove an
// address, to set a password, to come back from a decision.
//
// A ticket is signed and not stored. It names one purpose and one person, and
// is bound to a state of the world that its use changes, such as the address
// that waits for proof or the epoch of the account: what was used, or overtaken,
// no longer fits. Losing the store takes no link from anybody.
//
// Opening a ticket changes nothing: programs that scan mail follow links. What
// a ticket is for is done by a form, and where it must happen once, Spend
// decides who of many does it.
package ticket
