// SPDX-License-Identifier: AGPL-3.0-or-later

// Package membership owns who belongs to which collective, and how that
// changes: every way into a collective, through it and out of it, and the end
// of an account. Pages and commands call it; none of them changes a membership
// in a way of its own.
//
// # Joining
//
//	            applies                     lapses, withdraws
//	nobody ───────────────► unproven ─────────────────────────► gone
//	   │                        │ proves
//	   │ applies known:         ▼              refuses, withdraws, lapses
//	   └───────────────────► waiting ─────────────────────────► gone
//	     without an address,  │  ▲ │
//	     or by a letter   asks│  │ │accepts (or agrees: one of two voices)
//	     that proved it       ▼  │ │
//	                       asked─┘ │      answers leads back to waiting,
//	                               ▼      passes to waiting elsewhere
//	                           accepted ──────────────► in use
//	                                     sets password
//
// Somebody with an account wishes, and a manager proposes: such a case waits in
// the same way, and is settled or gone. Every step of every kind of case, with
// who may take it, its event and its letter, is one row of the table in
// machine.go, and nothing else happens to a case.
//
// # How a decision holds
//
// A case is changed only as it was read, by its version. A voice is written
// down first, by the manager whose it is; when enough managers of that moment
// have agreed it is carried out in the name of the last of them. Who ends a
// case otherwise, or passes it on, lets its time be over before it disappears:
// nobody acts on a case whose time is over. So of many decisions at once one
// holds, and what is cut off half-way is finished, or lapses, by the sweep.
//
// # What a flood costs
//
// One search of the directory and one entry for each attempt, one letter to an
// address that gets three an hour, and beyond that one for each network it is
// typed in, and one note in the store for what needs no proof. Of twenty that wait
// with one address the oldest goes, so that nobody keeps another's from joining;
// of those without one a hundred wait for a collective. An address that has an
// account is treated as any other, and only its owner learns of it. Managers hear
// at once of the first that waits, and then once an hour. Nothing is left when its
// time is over.
//
// # Afterwards
//
//	active ── Suspend ──► suspended ── Restore, or its time is over ──► active
//	active, or suspended ── Retire ──► retired ── Revive ──► as it was
//	                        └── its time is over ──► erased: nothing but a tombstone
//	in no collective, active or suspended ── a collective takes them in ──► as it was
//	                        └── its time is over ──► erased
//
// # Rules
//
// Nobody gets a usable account without a manager of the collective that takes
// them in. A manager acts in the collective that they manage and nowhere else,
// on nobody who manages something that they do not, and never on themselves.
// Where two decide anything, two decide who manages and whether the rule holds;
// a collective that the federation has stopped decides nothing. What follows
// from a person as they were read is written only while they are so.
// What a manager or a person does is written to the directory as them, so that
// its rules refuse what this package should have refused. Every change has an
// actor, an event in the audit, and a letter to whom it concerns.
package membership
