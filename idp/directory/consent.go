// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"iter"
	"time"
)

// Consent is what a person decided about one service, and by what identity the
// service knows them. It is kept as long as the person is: stopping a service
// suspends it, so that handle and identifiers are never given to somebody else.
//
// Allowed, Declined and Groups are sets, read back sorted. Times are kept to
// the second.
type Consent struct {
	Person     PersonID
	Service    ServiceID
	Collective CollectiveName // in whose name the person entered, and whose policy was shown
	State      State          // Active; Suspended once the person stopped the service

	Appearance Appearance
	Pseudonym  string           // display name chosen for the service
	Allowed    []string         // attributes agreed to, by the names of package release
	Declined   []string         // asked for and not agreed to
	Groups     []CollectiveName // whose membership the service may learn

	Shown  string            // digest of what the screen said; another one is asked about
	Values map[string]string // digests of agreed values that are asked about when they change

	Decided  time.Time // never zero
	Expires  time.Time // asked again after; zero: never; not after Decided: the person wishes to be
	LastUsed time.Time // to within a day
	Asked    bool      // false: nothing personal leaves, or the collective agreed in assembly

	// Identity is raised when the person asks to be somebody new to the service.
	Identity int

	// Subject is an identifier that the service knows the person by already, from
	// before Clau. Empty: it is computed.
	Subject string

	Handle string // reserved in the service's sector, for good
	Alias  string // address given in place of the real one

	Receipts []string // of the decisions, newest first: JWS in compact form

	// Version changes with every write (entryCSN); see [Consents].PutConsent.
	Version string
}

// ReceiptsMax is how many receipts of one service are kept: the newest.
const ReceiptsMax = 20

// Appearance is who a person appears as at a service. The zero value gives no name.
type Appearance string

const (
	AppearReal      Appearance = "real"
	AppearPseudonym Appearance = "pseudonym"
	AppearNone      Appearance = "none"
)

// Consents keeps people's decisions. Only the person reads them, and Clau;
// those who manage the person's collectives do not.
type Consents interface {
	// Consent reads one decision, by one search for one entry by its name.
	Consent(ctx context.Context, person PersonID, service ServiceID) (Consent, error)
	ListConsents(ctx context.Context, person PersonID) iter.Seq2[Consent, error]

	// PutConsent writes the whole of a decision, over an earlier one. If
	// c.Version is set and is not the entry's, nothing is written: [ErrConflict].
	// Whoever writes what was read before must set it, or might undo a stop
	// that came between.
	//
	// Handle and Subject become the person's in the sector, Alias everywhere,
	// for good, also when later decisions name others. It is [ErrExists], and
	// no decision is written, when one of them is somebody else's or was; also a
	// handle that is somebody's own login name, or an alias that is somebody's
	// address.
	PutConsent(ctx context.Context, sector string, c Consent) error

	// StopConsent suspends a decision; the person does it themselves. It is
	// idempotent.
	StopConsent(ctx context.Context, by Actor, person PersonID, service ServiceID) error

	// PersonBySubject finds whom a sector knows by a subject that was written
	// with a consent. Of a person who was removed it is [ErrNotFound].
	PersonBySubject(ctx context.Context, sector, subject string) (PersonID, error)
}
