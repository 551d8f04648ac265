// SPDX-License-Identifier: AGPL-3.0-or-later

// Package session owns browser sessions: the cookie that holds one, when the
// person proved who they are and how, and when a session is over.
//
// A session begins only from a [Proof], always under a new secret, so that a
// secret planted in a browser before the login opens nothing after it
// (session fixation). When the person of the session proves themselves again
// the session goes on under another secret: what hangs on it (services, tokens)
// stays with it. It ends at log-out, when idle too long, when too old, and
// when the person's epoch is raised.
//
// The package also owns the browser cookie: a random name for a browser that
// has proven nothing yet. Sign-ons in progress are bound to it, so that one
// begun in somebody's browser cannot be finished in another's.
//
// It never decides whether somebody may enter; package signon does.
package session
