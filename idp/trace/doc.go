// SPDX-License-Identifier: AGPL-3.0-or-later

// Package trace shows whoever keeps a service what it and Clau say to each other
// during a sign-on of their own.
//
// A test is begun from the service's page ([Desk.Start]). The browser then has a
// cookie that says whose test it is, of which service, and until when; it is
// signed, so that asking whether a request is traced costs no read, and a
// request without the cookie pays for nothing. The doors of the protocols stand
// behind [Desk.Watch], which writes down what went through them; the pipeline and
// the doors add to the [Line] of the request what only they know.
//
//	browser ──cookie──► Watch ──► door ──► pipeline      each says what it knows
//	service ──code────► Watch ──► door                   the grant says whose it is
//	                      └──► one entry in the store, ten minutes
//
// Only sign-ons of the person who began the test, to the service it was begun
// for, are kept; only that person can read them. Values are shown if their names
// are on a short list of harmless ones. Everything else, secrets, codes, tokens,
// states, people's details, is a number of characters. Of what is released only
// the names of attributes are told.
//
// It never decides anything: a trace that cannot be written costs the trace.
package trace
