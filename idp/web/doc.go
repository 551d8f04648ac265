// SPDX-License-Identifier: AGPL-3.0-or-later

// Package web owns the door of Clau: how a request comes in and how an answer
// goes out.
//
// [NewRouter] mounts the routes of every [Area] and puts the same things
// around all of them: one event per request in the log, security headers,
// the client's address, the check of the Host header, limits of size, time and
// rate, protection against cross-site requests, and one place where errors
// become pages. [Serve] listens, [NewOutbound] is the one way out to addresses
// that others chose.
//
// It knows nothing of people, sessions or protocols, and never reads the
// directory: what a permission means is handed in as a [Guard]. Scheme and host
// of Clau itself come from the configured issuer, never from a request.
package web
