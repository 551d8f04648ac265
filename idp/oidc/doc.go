// SPDX-License-Identifier: AGPL-3.0-or-later

// Package oidc is the OpenID Provider: discovery, the authorization code flow,
// tokens, userinfo, introspection, revocation and log-out, as OpenID Connect
// Core 1.0 and RFC 6749 have them.
//
// It turns an authorization request into a [signon.Request] and a
// [signon.Result] into an answer. Who the person is, whether they may enter and
// what may be released is decided elsewhere; every answer that this package
// gives later (token, refresh, userinfo, introspection) asks again.
//
// # Grants
//
// What a person's sign-on gives a client is one record in the store, the grant.
// Code, refresh tokens and access tokens are only ways to name it, so that
// removing one record ends them all, and nothing can be issued from a grant
// that is being revoked:
//
//	authorize ──► fresh ──code──► 1.<time> ──refresh──► 2.<time> ──► …
//	                │                │                     │
//	                └── log-out, revocation, code used twice, an old refresh token ──► gone
//
// The code is the grant's random name; the store's key is its digest. The step
// is the number of the one refresh token that is good, and when it came to be.
// Each move is one [store.Store.Advance], so of many at once one wins, and who
// comes late finds out what is to be revoked. Tokens carry the key and the step
// sealed under keys of their own kind: a refresh token cannot be taken for an
// access token, and a forged one costs no round trip.
//
// All that can fail is asked before a refresh token is spent, and who lost the
// answer may ask again within [Config.RefreshGrace]: the same successor is given.
//
// # Rules
//
// Redirect addresses are compared byte by byte, in one function, and only what
// that function proved can be answered to. Whatever is wrong before that is an
// error page; whatever is wrong after goes to the client, in the response mode
// that it asked for, with state and iss (RFC 9207).
//
// PKCE with S256 is required of everybody, unless a confidential client's
// registration says otherwise; "plain" is refused. The only response type is
// "code". Without the scope openid the answer is plain OAuth 2.0: no id_token,
// and no userinfo.
//
// A loopback address (RFC 8252 section 7.3) may have any port when it is a
// public client's, plain http, and an address literal; "localhost" is compared
// like any other name.
//
// Clients authenticate by secret (in the header or the body, whichever they
// registered: many programs cannot choose), by private_key_jwt with keys that
// they registered or publish, or not at all.
//
// What a real service does against the grain is allowed to it alone, by its
// record: scopes with commas or none, consent asked for each time, groups in a
// format of its own, a session_state. What all may rely on is a table of tests
// (TestWhatServicesRelyOn). A client that speaks a bridge's protocol is unknown
// here, also with what it got before.
//
// The package never keeps a token, a code or a secret in the clear, never reads
// what a person typed, and never decides what is released.
package oidc
