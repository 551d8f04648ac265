// SPDX-License-Identifier: AGPL-3.0-or-later

// Package mail owns the way of a mail out of Clau: [SMTP] hands it to a mail
// server, [Queue] tries again in the background, [Outbox] keeps it in memory
// and shows it on a local page, for demonstrations.
//
// It writes no words: those are in package themes. It logs neither addresses
// nor what a mail says, since one-time links stand in it. What waits in a queue
// is lost with the process: whoever misses a mail asks for it again.
package mail
