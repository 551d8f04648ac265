// SPDX-License-Identifier: AGPL-3.0-or-later

// Package logout owns the end of sessions: who was signed on where, what dies
// with a session, and telling the services.
//
// Beside each session the store holds two sets: the participants (services
// that the session was used for) and the keys of what the session holds up
// (tokens). Ending a session deletes it and all it holds up first, and only
// then tells the participants, each through the [Courier] of its protocol:
//
//	End ──► session and tokens gone ──► first attempt, a few seconds at most
//	                                      │ done · unsupported ──► outcome
//	                                      └ failed ──► queue in the store ──► Run: again
//	                                                   after 10 s, 20 s, 40 s … 1 h, for a day
//
// Any node may take a delivery from the queue; a short claim keeps two from
// taking it at once. Telling twice is harmless, telling never is not.
//
// The package speaks no protocol and renders no page.
package logout
