// SPDX-License-Identifier: AGPL-3.0-or-later

// Package mail owns the way of a mail out of Clau: [SMTP] hands it to a mail
// server, [Spool] keeps it until that has happened, [Outbox] keeps it in memory
// and shows it on a local page, for demonstrations.
//
// A spool keeps mails in the store that all nodes share, and any node may
// deliver them:
//
//	Send ──► store: the mail, sealed, and its place in the line
//	                    │ a node claims it, then reads it
//	                    ├ taken, or refused for good ──► erased
//	                    └ server away ──► later: after 10 s, 20 s … 15 min;
//	                                      after three days given up, and logged
//
// A mail goes out once. Only a node that dies between a mail server's yes and
// the erasure lets it go out twice, under the same Message-ID. It is lost with the
// store, as sessions are: where Redis comes back empty, or the machine of a store
// in one file loses its power. Whoever misses a mail asks for it again.
//
// The package writes no words: those are in package themes. It logs neither
// addresses nor what a mail says, since one-time links stand in it.
package mail
