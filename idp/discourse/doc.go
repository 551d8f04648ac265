// SPDX-License-Identifier: AGPL-3.0-or-later

// Package discourse logs people in to Discourse forums by Discourse's own
// protocol, DiscourseConnect, with Clau as its provider; and keeps the forums
// informed through their API: when a session ends, and when what they know of
// somebody is no longer so.
//
// The forum sends the browser with a payload and a signature over its base64
// text, by a secret that both share; the answer goes back the same way:
//
//	forum ──sso, sig──► prove ──► signon ──► prove again ──► claim the nonce ──sso, sig──► forum
//	                                              │
//	                                              └ later than nine minutes: the forum
//	                                                is asked for another request
//
// The request itself waits with the sign-on and is proven twice: a secret that
// was withdrawn meanwhile, or an address, proves nothing any more.
//
// # What a forum believes
//
// A forum takes the address for the person: whoever comes with the address of
// an account gets that account. So an address that nobody proved is sent with
// require_activation, which keeps the forum from looking for it. Who has none
// to give gets one below .invalid (RFC 2606 section 2), of their pseudonym:
// unique, nobody's, and never written to. Activation is not asked for there,
// since nobody could give it.
//
// Group names are the forum's own, from the record of the service. Unless the
// forum lets Clau override all groups, it is told which to add, and which to
// remove of those that Clau manages there: the collectives that the service is
// open to, and every group that the record names.
//
// # Telling a forum
//
// With a key of the forum's API, a log-out ends all sessions that the person
// has at the forum: there is no way to end one. Changes of a profile, of
// memberships or of access are pushed by sync_sso, or by a log-out where the
// person does not enter any more; an [Ear] hears of them from the record. What
// waits to be pushed lies in the store, is pushed by whichever node comes first,
// and is given up when log-outs are: the next sign-on says the same.
//
// The package never reads what a person typed, never decides who enters or what
// is released, and never makes anybody an admin of a forum.
package discourse
