// SPDX-License-Identifier: AGPL-3.0-or-later

// Package signon owns the sign-on: one pass of a person through Clau to a
// service, whatever the protocol. Who the person is, what they must prove,
// whether they may enter and what may be released is decided here and nowhere
// else; a rule that holds on one path and not on another is how identity
// providers were broken.
//
// A protocol parses its message into a [Request] and calls [Pipeline.Begin].
//
//	              ┌──────────────── nothing to ask ───────────────┐
//	Begin ──► judge ── something to ask ──► progress in the store │
//	            │                              │ 303              ▼
//	            │          ┌───────────────────┤          Protocol.Answer
//	            │          ▼                   ▼                  ▲
//	            │    GET /login ...      GET /login/account       │
//	            │    POST /login         POST /login/account      │
//	            │     │  │ right,             │                   │
//	            │     │  │ must change        │                   │
//	            │     │  └► /login/password   │                   │
//	            │     └───────► judge ◄───────┘── nothing more ── take ──►┘
//	            ▼                 │
//	     Protocol.Refuse ◄────────┴── may not, or said no
//
// A sign-on in progress lies in the store under a random handle and is bound
// to the browser that began it: the handle alone opens nothing, and who lures
// somebody into finishing a sign-on gains nothing from it. Finishing takes it
// from the store, so that one request gets one answer.
//
// The judgement is a pure function of the request, the session and what this
// very sign-on has proven; pages only move it forward. What is asked of a
// session is asked again at every use of a grant by [Pipeline.Admit].
package signon
