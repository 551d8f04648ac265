// SPDX-License-Identifier: AGPL-3.0-or-later

// Package redistest runs real Redis servers for tests: one, a Cluster of three,
// or one that a Sentinel watches with its replica. They listen on 127.0.0.1,
// keep nothing, and end with the test. Where redis-server is not installed the
// test is skipped, by name.
package redistest
