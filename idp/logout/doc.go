// SPDX-License-Identifier: AGPL-3.0-or-later

// Package logout owns the end of sessions: who was signed on where, what dies
// with a session, and telling the services.
//
// Beside each session the store holds two sets: the participants (services
// that the session was used for) and the keys of what the session holds up
// (tokens). Ending a session deletes it and all it holds up first, and only
// then tells the participants, each through the [Courier] of its protocol:
//
//	End ──► session and tokens gone, and in the same write a promise to tell
//	          │
//	          ▼ first attempt, a few seconds at most, all services at once
//	          ├ done · unsupported ──► outcome
//	          ├ browser ─────────────► outcome; a [Departure] goes on with it
//	          └ failed, or no time ──► queue in the store ──► Run: again
//	                                   after 10 s, 20 s, 40 s … 1 h, for three days
//
// A node that dies between the write and the first attempt leaves its promise:
// another takes it up. Any node may take a delivery from the queue; a short
// claim keeps two from taking it at once. Telling twice is harmless, telling
// never is not.
//
// The queue lies in buckets, one for each service and time, so that a sweep
// reads what is due and nothing else. Each service has a lane of its own: a
// few attempts at once, and none for a while when the last ones failed. A
// service that is down keeps its own deliveries waiting, and no other's.
//
// What became of deliveries is counted for each service, without naming
// anybody ([Room.Deliveries]), and remembered for each person as long as the
// retention table says ([Room.Last]).
//
// The package speaks no protocol and renders no page.
package logout
