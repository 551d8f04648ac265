// SPDX-License-Identifier: AGPL-3.0-or-later

// Package redis keeps expiring state in Redis 7 or later, or in what speaks as
// it does, so that many nodes of Clau share it.
//
// Every decision is one command or one script over one key, so that a Cluster
// can take it; [Store.Write] is one pipeline, and [Store.WriteNew] one script
// where a single node holds all keys. A value is a string "v…", a
// record "r…" with its state in front, a counter a number, a set a set; what
// is asked for as another kind is not there.
//
// Nothing is sent twice: a command whose answer was lost may have been done,
// and a code that is spent a second time looks like theft. When Redis is down
// every answer is [store.ErrUnavailable], and work resumes by itself.
//
// A replica that takes over may lack the last moments of its master, and a code
// spent in them would be fresh again. "min-replicas-to-write 1" and
// "min-replicas-max-lag" on the master make that moment short.
//
// The package never fails to start because Redis is away, and never lets the
// text of Redis out: causes go to the log.
package redis
