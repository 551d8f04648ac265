// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os"
	"runtime/debug"
)

// What Clau tries to live in, beside the program itself. Above it memory is
// collected as often as it takes.
const (
	serveMemory = 256 << 20

	// Each login hashes a password with 19 MiB, and a laptop should have them back.
	demoMemory = 36 << 20
)

// collectAt is by how many percent memory may grow before it is collected. A
// request leaves a lot behind and nothing of it lives on: at Go's own 100 a
// fifth of all processor time went into looking for it.
const collectAt = 400

// spendMemory saves processor time with memory that would lie idle. An operator
// who set GOGC or GOMEMLIMIT knows better.
func spendMemory(limit int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}
