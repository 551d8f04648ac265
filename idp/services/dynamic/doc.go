// SPDX-License-Identifier: AGPL-3.0-or-later

// Package dynamic lets software register services by itself (RFC 7591, OpenID
// Connect Dynamic Client Registration 1.0) and keep its registrations in order
// (RFC 7592). It mounts /register and /register/{client} below the issuer.
//
// # Who may
//
// Nobody without an initial access token, which a collective's managers made
// ([NewRegistrar]) and the collective's settings hold as a digest. It says how
// long, and how many services at once. What it registers is that collective's
// and open to its members: never public, never to guests, and never known by a
// handle. Where the token says so, a service waits until a manager has looked at
// it ([Room.Approve]), and waits again after every change that a person would
// want to look at. So do all of them once the token's maker manages no more, and
// those that a manager opened further than software can register.
//
//	POST ──► waits ──Approve──► active ◄──PUT── (nothing to look at)
//	  │        ▲                  │
//	  │        └──────PUT─────────┘  addresses, keys, names, pictures
//	  └─────────► active
//
// Each registration has a token of its own. It reads, replaces and removes that
// one and nothing else; what a manager stopped it cannot start. Software that is
// to be kept out altogether is kept out by taking back its initial token.
//
// # What leads inside
//
// Addresses that software names are asked once, when they are named, by the
// guarded client of package web. Whatever is wrong with such an address is told
// in the same words, so that nobody learns what is behind our wall. The logo is
// kept and shown from our own origin: pages load nothing from anywhere else.
//
// The package never keeps a token or a secret in the clear.
package dynamic
