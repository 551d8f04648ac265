// SPDX-License-Identifier: AGPL-3.0-or-later

// Package storetest holds the contract of [store.Store] as tests that every
// implementation passes, and two wrappers for the tests of others: one counts
// round trips, one breaks on command.
//
// It never looks inside an implementation.
package storetest
