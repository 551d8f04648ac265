// SPDX-License-Identifier: AGPL-3.0-or-later

// Package onboarding owns the pages of who is on the way in: choosing a
// collective, applying, proving an address, following the application, coming
// back with a code on paper, an invitation, the first password.
//
//	/join ──► /join/{collective} ──► /join/application ──► /join/password ──► /
//	              ▲     │ anonymous        ▲     ▲
//	/invitation ──┘     ▼                  │     └── /join/return, with the code
//	              the code, for paper ─────┘         on paper
//	                                       └── /join/prove, from the letter
//
// It decides nothing: package membership does. Whoever comes here has no
// session; what a page shows of an application it shows to who holds its ticket.
//
// Opening a page changes nothing, whatever its ticket is for: programs that look
// after mail follow links. And no page tells whether an address has an account:
// the answer to an application is the same for one that has.
package onboarding
