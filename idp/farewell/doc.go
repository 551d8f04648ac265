// SPDX-License-Identifier: AGPL-3.0-or-later

// Package farewell owns the log-out as the person sees it: the page that shows
// each service and what came of telling it, and the way of the browser from one
// service to the next where only the browser can tell them.
//
//	Begin ──► nothing for the browser to do ──────────────► Conclude
//	  │
//	  └► /farewell?h=… ──► service ──► its answer ──► Back ──► next … ──► Conclude
//	         │  frames for those that take them
//	         └ continue without: what has not answered is failed
//
// The page moves on by itself, with a refresh that needs no script, and has a
// link for who does not want to wait. One service is visited at a time, on top:
// frames of other sites are kept from their cookies by browsers, so that only
// services that know no better are told in one, and it is not believed that they
// heard ([logout.Asked]).
//
// A departure is of one browser, and of the session that this browser proved: what
// else ended with it is neither shown nor visited here, for the browser may be that
// of whoever asked. Its handle opens nothing without the browser's name. Each
// service sees a relay of its own, which says nothing of the departure.
// What a service answers is written down wherever it arrives, since a form
// posted from its page brings no cookie; going on needs the browser.
//
// The session is over before anything of this begins: whoever closes the page
// is logged out all the same. The package ends no session and speaks no protocol.
package farewell
