// SPDX-License-Identifier: AGPL-3.0-or-later

// Package membership owns who belongs to which collective, and how that
// changes: every way into a collective, through it and out of it, and the end
// of an account. Pages and commands call it; none of them changes a membership
// in a way of its own.
//
// # Joining
//
//	                     Apply                       lapses
//	nobody ───────────────► address unproven ─────────────► gone
//	   │                          │ Confirm
//	   │ Apply, anonymous         ▼                    Refuse, Withdraw, lapses
//	   └──────────────────► waiting ──────────────────────► gone
//	      or by invitation   │  ▲ │
//	                  AskBack│  │ │Accept (the second, where two must agree)
//	                         ▼  │ ▼
//	                   asked, Reply   active, without a password
//	                   Pass: waits with another collective
//	                                 │ FirstPassword
//	                                 ▼
//	                               in use
//
// # Afterwards
//
//	active ── Suspend ──► suspended ── Restore, or its time is over ──► active
//	active ── Retire ──► retired ── Revive ──► active
//	                        └── its time is over ──► erased: nothing but a tombstone
//	active, in no collective ── a collective takes them in ──► active
//	                        └── its time is over ──► erased
//
// # Rules
//
// Nobody gets a usable account without a manager of the collective that takes
// them in. A manager acts in the collective that they manage and nowhere else,
// on nobody who manages something that they do not, and never on themselves.
// What a manager or a person does is written to the directory as them, so that
// its rules refuse what this package should have refused. Every change has an
// actor, an event in the audit, and a letter to whom it concerns.
package membership
