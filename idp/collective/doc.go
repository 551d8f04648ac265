// SPDX-License-Identifier: AGPL-3.0-or-later

// Package collective owns the pages of those who manage a collective: what waits
// for a decision, who belongs to it and what each may do, invitations, who enters
// its services, how it presents itself and decides, what services may learn of
// its people, and what was done and by whom. It also hands out the logo, which
// everybody sees.
//
// A page is for managers of that very collective, and one of a service for those
// who keep it. To everybody else it is not there, and neither is a collective
// that does not exist: whoever asks learns nothing, not by the words of the
// answer nor by the work it takes. The same holds of what stands in a path: the
// person, case, invitation or service of another collective is one that does not
// exist.
//
// The package decides nothing. What managers decide is done by package
// membership, which looks at their right to it again; what a policy means is
// package consent's. A page offers what will be done, and says in words why
// something was not.
//
// A list of thousands costs what a list of some dozens does: who belongs to a
// collective is one read of one entry, the names to sort and search by are kept
// in the process for some minutes, and only those who are shown are read.
package collective
