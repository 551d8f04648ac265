// SPDX-License-Identifier: AGPL-3.0-or-later

// Package saml is Clau as a SAML 2.0 identity provider: single sign-on by
// HTTP-Redirect and HTTP-POST, answered by HTTP-POST, and single logout.
//
//	query, form ──receive──► message ──sender──► party ──prove──► root that may be read
//	                                                                 │
//	        ┌── translate ◄── address (assertion consumer service) ◄─┤ parse, arrived
//	        ▼                                                        ▼
//	  signon.Request ──► signon ──► Answer ──claim──► assertion ──► seal ──► post
//	                           └──► Refuse ──────────► refusal  ──► seal ──► post
//
// The order is what keeps it safe. Nothing is parsed before it was measured
// (xmlsig); nothing is read but the issuer before it is known whose key counts;
// nothing is read afterwards but what that key signed; nothing is sent anywhere
// before the address is proven to be the service's. Up to there whatever is
// wrong is a page for the person, and from there on a signed answer to the
// service. A message that claims to be signed, in any place of it, is verified
// or refused.
//
// A request is judged when it arrives, and what was decided waits in the store:
// a person may take an hour to log in, and the service's clock has moved on by
// then. What is asked again with the answer is the service's record. A request
// is spent by the answer, together with all that the answer leaves in the store:
// with a session and nothing to ask a sign-on costs two round trips.
//
// Messages are written with the types of github.com/crewjam/saml and their XML.
// The assertion itself and its attributes are not: its own writer canonicalizes
// the whole of it, and panics where that fails, and gives every single value two
// namespaces. Nothing else of that module is used; it verifies no request.
//
// What Clau does not do, and answers so: artifacts, ECP, IdP proxying, encrypted
// NameIDs, name identifier management. AllowCreate and ProxyCount change nothing,
// since identifiers are computed and Clau answers by itself.
//
// The package decides nothing about people: who they are, whether they enter and
// what is told of them is package signon's. It signs nobody in by what a message
// says.
package saml
