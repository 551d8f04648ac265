// SPDX-License-Identifier: AGPL-3.0-or-later

// Package letter owns what Clau writes to people: it takes an occasion, finds
// the words in the person's language and the colours of the collective, and
// hands a mail to package mail. The words are in package themes.
//
// Writing a letter never undoes what it tells of: a person without an address
// gets none, and a queue that is full is the operator's to know.
package letter

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Kind is the occasion of a letter.
type Kind string

const (
	// To somebody who wants to join.
	ProveAddress Kind = "prove-address" // Link, Code: prove the address of an application
	KnownAddress Kind = "known-address" // somebody wanted to join with the address of an account
	Question     Kind = "question"      // Text, Link: the managers ask
	Accepted     Kind = "accepted"      // Link: set a password
	Refused      Kind = "refused"       // Text: the reason
	Passed       Kind = "passed"        // Collective: the one that decides now
	Lapsed       Kind = "lapsed"
	Invited      Kind = "invited" // Link, Text, Until

	// To managers.
	Waiting Kind = "waiting" // Count, Link: requests that wait; at most one an hour
	Propose Kind = "propose" // Name, Text, Link: another manager's proposal waits for a second voice
	Opposed Kind = "opposed" // Name, Text: another manager said no to what this one proposed

	// To people with an account.
	Joined          Kind = "joined"           // a further collective took them in
	JoinRefused     Kind = "join-refused"     // Text
	HomeChanged     Kind = "home-changed"     // Collective: is their primary one now, as they wished
	Removed         Kind = "removed"          // Text: taken out of a collective
	NoCollective    Kind = "no-collective"    // Until: nobody vouches for the account any more
	Appointed       Kind = "appointed"        // is a manager now
	Dismissed       Kind = "dismissed"        // is none any more
	Admitted        Kind = "admitted"         // Name: of a service that was opened to them
	ShutOut         Kind = "shut-out"         // Name: of a service that was closed to them
	Entrusted       Kind = "entrusted"        // Name: of a service that they administer now
	Relieved        Kind = "relieved"         // Name: of a service that they administer no more
	Suspended       Kind = "suspended"        // Text, Until
	Restored        Kind = "restored"         //
	Reset           Kind = "reset"            // Link: set a new password
	PasswordChanged Kind = "password-changed" //
	NewAddress      Kind = "new-address"      // Link, Code: prove a new address; to the new one
	AddressChanged  Kind = "address-changed"  // to the old one
	CodeUsed        Kind = "code-used"        // the paper code was used
	EraseAsked      Kind = "erase-asked"      // Until, Link: cancel
	EraseCancelled  Kind = "erase-cancelled"  //
	Erased          Kind = "erased"           // the last one
)

// Letter is what is written to one person. What an occasion does not need is empty.
type Letter struct {
	Kind Kind

	To         directory.Person
	Address    string                   // where to, if not To.Mail
	Collective directory.CollectiveName // in whose name and colours

	Name  string // of somebody else whom the letter is about
	Text  string // somebody's own words, shown as such
	Path  string // of the link, with its query, below the issuer
	Code  string // to be typed instead of following the link
	Until time.Time
	Count int
}

// Writer writes letters.
type Writer interface {
	Write(ctx context.Context, l Letter)
}
