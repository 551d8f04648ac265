// SPDX-License-Identifier: AGPL-3.0-or-later

// Package presettest knows the very requests that each application of package
// preset makes, as they were found in its sources: which parameters it sends, how
// it proves itself, from where it reads who somebody is, and its oddities. Tests
// drive them against a Clau, and need neither the application nor a memory of it.
//
// What is known is data, one file of the directory exchanges for each preset. The
// package makes requests and sends none.
package presettest
