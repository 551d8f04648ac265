// SPDX-License-Identifier: AGPL-3.0-or-later

// Package idp is Clau, the identity provider: it wires the rooms together, by
// hand, in one place, and serves them. This page is their map.
//
// # A sign-on
//
//	service ──request──► oidc ──► signon ──► result ──► oidc ──answer──► service
//	                     parse    who? may? what?       encode
//	                     once     once, for every protocol
//
// Protocols are thin: each turns a message into a signon.Request, and a
// signon.Result into a message. Everything that must be decided is decided in
// package signon, so that a rule cannot hold on one path and not on another.
//
// # The rooms, from the top
//
//	oidc       OpenID Provider                       } the doors
//	saml       SAML 2.0 identity provider; xmlsig is } of services
//	           all between bytes and XML that can be }
//	           believed, metadata what others are    }
//	discourse  DiscourseConnect                      }
//	bridge     log-ins of Phabricator and Mattermost }
//	forwardauth applications behind a proxy          }
//	services   presets and guides, service admins'   } the doors
//	           pages, dynamic registration           } of people
//	onboarding pages of who is on the way in         }
//	account    portal and a person's own pages       }
//	collective a manager's pages                     }
//	farewell   the log-out as the person sees it, and the browser's way through it
//	signon     the pipeline of a sign-on
//	membership who belongs to what, and how that changes: one way for each
//	logout     the end of sessions, and telling the services
//	consent    a collective's policy, a person's decision, receipts (top level)
//	release    which attributes a service gets
//	login      the steps that prove who somebody is
//	session    browser sessions
//	trace      what a service and Clau say to each other, for who tests it
//	pseudonym  what each sector knows a person as
//	keys       the master secret, signing keys and certificates, all of JOSE
//	directory  people, collectives, services: the only system of record
//	store      what may expire
//	letter     what Clau writes to people, by occasion
//	activity   what happened, found by whom it concerns, for the pages
//	web        the adapter between handlers and HTTP
//	audit      what happened, hash-chained
//	mail       the way of a mail out of Clau
//	ticket     links and codes in mails
//	retention  what is kept, what for, and how long: the table at /privacy
//
// and beside them: ldapbackend (a directory over LDAP, with a server of its own
// in ldapbackend/embedded), themes (all that people see), cmd/clau (commands).
//
// A service speaks one protocol (directory.Service.Protocol), and each door
// refuses the services of another. What is registered is asked again when the
// answer is due: between the two a person may have taken an hour.
//
// # A log-out
//
//	any door ──► logout.End: session and all it holds up are gone
//	               ├► services that can be told: at once, then again for a day
//	               └► services that only the browser can tell
//	                     └► farewell: from one to the next ──► the door concludes
//
// # A decision
//
//	page ──► membership ──► directory, as the person who decides
//	 who may     state machine   refuses what should not have come so far
//	             ├► audit, activity
//	             └► letter ──► mail
//
// Routes declare whom they are for, with the collective in the path; the guard
// asks before the handler runs, package membership asks again, and the directory
// asks a third time.
//
// Imports point down this list, and a test holds them to it. Siblings at the
// doors never import each other; no room imports this package.
//
// # Two kinds of state
//
// The directory holds what must survive, the store what may expire. Losing the
// store costs everyone a new login and nothing else. Nodes keep nothing of
// their own but caches of the directory, which its change feed empties within
// moments and time within a minute.
//
// # Rules that hold everywhere
//
// Time, randomness and outbound HTTP are injected. There is no mutable state at
// package level: two Claus live in one process, as the tests do. Whatever can be
// used once is spent by one atomic operation of the store before anything is
// made of it. Inside, errors are sentinels; at the door one function per
// vocabulary turns them into what people and services are told.
package idp
