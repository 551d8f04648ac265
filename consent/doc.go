// SPDX-License-Identifier: AGPL-3.0-or-later

// Package consent owns the rules by which a service learns anything personal:
// what a collective has decided for its people, what a person has decided for
// themselves, and the proof of it that they keep.
//
// # The story
//
// Marta goes to the forum for the first time. She enters in the name of a
// collective ([Through]); its managers have written a [Policy]: why the forum
// asks for an address, how long it keeps it, what must be given, what may be
// kept back and what never leaves. [Judge] lays the forum's need, the policy
// and what Marta decided earlier side by side. There is nothing of hers yet, so
// it returns a [Question], with each value as it would be sent. Her [Answer]
// is made into a consent by [Settle], which puts the question again for itself
// and refuses an answer to any other. She gets a [Receipt].
//
// From then on Judge finds her consent and returns [release.Terms] at once.
//
// # When somebody is asked
//
//	nothing personal leaves              nobody is asked; the list shows the service
//	the assembly has agreed              the same
//	never decided, or the time is over   asked about everything
//	stopped, and coming back             asked, even if nothing personal leaves
//	asked for more                       asked about what is new
//	the words of an item have changed    asked about that item
//	the words above all items changed    asked about everything
//	a marked value has changed           asked about it; the new value waits
//	a new collective could be told of    asked about groups; it waits
//
// A decision to keep something back stands, also against an assembly's
// agreement and against new words, until it is required. Then the person is
// asked, and until they answer it stays with them.
//
// Judge is asked again at each later use of a grant. There only [Verdict.Lapsed]
// ends the grant; all other questions wait for the next sign-on, and what was
// agreed goes on.
//
// # Who somebody appears as
//
// By their own name, by a pseudonym, or by none. A pseudonym has a handle and an
// address of its own, which only that sector knows, and nothing real stands
// beside it: given name and family name have no pseudonym and do not leave.
// Without a name there is neither name nor handle. Anonymous people have no
// first choice; where the rest does not give a service what it requires, they
// do not enter. Once chosen, no rule changes who somebody appears as.
//
// # What the package never does
//
// It reads no clock, draws no page and knows no protocol. It fetches and stores
// nothing; a [Book] remembers how a text was read, and no more. It generates no
// names. It holds no value of a person's beyond the question: consents and
// receipts have digests.
package consent
