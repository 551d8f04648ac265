// SPDX-License-Identifier: AGPL-3.0-or-later

// Package directorytest holds the contract of directory.Backend as tests:
// every method, every sentinel, and what must never happen. An implementation
// passes [Run] or is none.
//
// It never looks behind the interface. What only one kind of server can be
// prepared for, such as expired passwords, is tested beside that one.
package directorytest
