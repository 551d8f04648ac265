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

	Decided  time.Time
	Expires  time.Time // asked again after
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
}

// Appearance is who a person appears as at a service. The zero value gives no name.
type Appearance string

const (
	AppearReal      Appearance = "real"
	AppearPseudonym Appearance = "pseudonym"
	AppearNone      Appearance = "none"
)

// Consents keeps people's decisions.
type Consents interface {
	Consent(ctx context.Context, person PersonID, service ServiceID) (Consent, error)
	ListConsents(ctx context.Context, person PersonID) iter.Seq2[Consent, error]

	// PutConsent writes the whole of a decision, over an earlier one. It is
	// [ErrExists] when the handle, the subject or the alias is somebody else's
	// in the same sector, or was.
	PutConsent(ctx context.Context, sector string, c Consent) error

	// StopConsent suspends a decision; the person does it themselves.
	StopConsent(ctx context.Context, by Actor, person PersonID, service ServiceID) error

	// PersonBySubject finds whom a sector knows by a subject that was written
	// with a consent.
	PersonBySubject(ctx context.Context, sector, subject string) (PersonID, error)
}
