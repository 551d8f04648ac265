// SPDX-License-Identifier: AGPL-3.0-or-later

// Package keys owns every secret that Clau keeps and every signature it makes.
//
// From one master secret, a file that only Clau may read, keys for all other
// purposes are derived ([Master.Derive]); what must be kept at rest is sealed
// with one of them ([Sealer]).
//
// A [Ring] holds the signing keys of a federation. They live in the directory,
// sealed, so that all nodes share them. The life of a key of one algorithm:
//
//	Created ──published, not used──► Activates ──signs──► Retires ──verifies──► Expires, removed
//	          at least Publish                  RotateEvery          Overlap + slack
//
// Services read the published keys once in a while, so a key is shown to them
// a day before they meet a token signed with it; only the very first key of an
// algorithm is used at once. A key goes on verifying until the last token
// signed with it has expired. The successor of a key has a name that follows
// from the key's own, so that nodes which rotate at the same moment make one
// key and not two; if there are two after all, every node prefers the same.
//
// Tokens are JWS in compact form, nothing else. The algorithm belongs to the
// key and is never taken from the token, and each use of a token names the typ
// it wants: a token for one purpose is no token for another.
//
// Beside them there are [Certificates], which SAML messages are signed with. They
// stay for years, and only an operator turns them over, since services pin them.
//
// This is the only package that imports a JOSE library. It never stores a
// token, and never decides to whom one is given.
package keys
