// SPDX-License-Identifier: AGPL-3.0-or-later

// Package slapdtest owns a real slapd for tests: prepared with the LDIF of
// package schema exactly as an operator would, on free ports of 127.0.0.1, in
// a directory that is removed afterwards. It hashes cheaply and does not wait
// for the disk; in everything else it is the server of a production system.
//
// It is never imported outside of tests.
package slapdtest
