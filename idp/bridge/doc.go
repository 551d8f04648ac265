// SPDX-License-Identifier: AGPL-3.0-or-later

// Package bridge lets applications in that speak no standard, but log people in
// from another application of one kind: Clau answers as that application would.
//
//	Phabricator, Phorge   log in from "another Phabricator"
//	Mattermost            log in from GitLab
//
// Both are OAuth 2.0 (RFC 6749) by the code flow, and then one question: whose
// token is this? They differ in paths, in how the token is shown and in the
// shape of the answer; what differs is a dialect, and all else is here once.
//
// Each service has endpoints of its own: its name is in the path, and a client,
// a code or a token of one service is nothing at the door of another. The doors
// of OpenID Connect do not know the clients of bridges, nor these its clients.
//
// # One record
//
// What a sign-on gives is one record in the store, named by the digest of the
// code. Whoever moves its state first gets on:
//
//	Answer ──► code ──token endpoint──► <digest of the token> ──who am I──► spent
//	             │                              │
//	             └── log-out, stopped, used twice ──► gone
//
// The token answers one question once. Phabricator shows it in the address,
// where any proxy may write it down, and by then it is worth nothing.
//
// The package never keeps a code or a token in the clear, never decides who
// enters or what is released, and knows no scopes: none of these applications
// asks for any.
package bridge
