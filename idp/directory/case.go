// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"iter"
	"time"
)

// CaseID names a case. That of a registration is the id of the person.
type CaseID string

// CaseKind is what a case is about.
type CaseKind string

const (
	CaseRegister CaseKind = "register" // somebody new wants to join
	CaseJoin     CaseKind = "join"     // somebody with an account wants to join
	CaseHome     CaseKind = "home"     // a member wants the collective to be their primary one
	CaseAppoint  CaseKind = "appoint"  // a manager proposes a member as manager
	CaseDismiss  CaseKind = "dismiss"  // a manager proposes that somebody cease to be one
	CaseSuspend  CaseKind = "suspend"  // a manager proposes to suspend a member
	CaseExpel    CaseKind = "expel"    // a manager proposes to take a member out
	CaseSettings CaseKind = "settings" // a manager proposes to decide alone what two decided
)

// Proposed reports whether managers propose such a case to one another. Until it
// is carried out it is theirs alone, and not for whom it is about.
func (k CaseKind) Proposed() bool {
	switch k {
	case CaseAppoint, CaseDismiss, CaseSuspend, CaseExpel, CaseSettings:
		return true
	}
	return false
}

// Case is something that waits for a collective's decision. The managers of
// that collective see it, the person whom it is about where they opened it, and
// nobody else. It is gone when it is decided; what was decided is in the audit.
type Case struct {
	ID         CaseID
	Kind       CaseKind
	Collective CollectiveName
	Person     PersonID // whom it is about
	By         PersonID // who opened it: the person, or a manager who proposes

	Words    string // what who opened it says to the managers
	Dialogue []Line // what was asked and answered since, oldest first
	Reason   string // of a suspension or an expulsion, as the person will read it
	Until    time.Time
	Settings *Settings // what is proposed

	// Agreed are the managers who agreed so far, in order, where two must.
	Agreed []PersonID

	Created time.Time
	Expires time.Time // it lapses then; of a registration it is the person's too

	// Version changes with every write (entryCSN).
	Version string
}

// Line is a question to the person whom a case is about, or an answer of theirs.
type Line struct {
	By   PersonID  `json:"by,omitempty"` // a manager; empty: the person
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// CaseChange says what to change of a case; nil fields stay. If Version is set
// and is not the entry's, nothing is written: [ErrConflict].
type CaseChange struct {
	Dialogue *[]Line
	Agreed   *[]PersonID
	Expires  *time.Time
	Version  string
}

// CaseFilter chooses cases. Zero fields do not restrict.
type CaseFilter struct {
	Collective CollectiveName
	Person     PersonID
	Kind       CaseKind
	Due        time.Time // lapsed at that moment
}

// Cases keeps what waits for a decision. Managers read and decide those of
// their collective, people those that they opened about themselves; the
// directory's rules hold everybody to it.
type Cases interface {
	// Case reads a case of a collective. One of another collective is
	// [ErrNotFound].
	Case(ctx context.Context, name CollectiveName, id CaseID) (Case, error)

	// ListCases yields cases of all kinds, the oldest first within a collective.
	ListCases(ctx context.Context, filter CaseFilter) iter.Seq2[Case, error]

	// AddCase opens a case about somebody who has an account; see
	// [People].Register for others. A second one of the same kind about the same
	// person in the same collective is [ErrExists].
	AddCase(ctx context.Context, by Actor, c Case) error
	ChangeCase(ctx context.Context, by Actor, name CollectiveName, id CaseID, change CaseChange) error

	// MoveCase hands a registration or a wish to join to another collective:
	// nothing that was agreed goes with it. Only Clau itself may.
	MoveCase(ctx context.Context, name CollectiveName, id CaseID, to CollectiveName) error

	// RemoveCase removes a case and, with a registration, all that was known of
	// the person. It is idempotent.
	RemoveCase(ctx context.Context, by Actor, name CollectiveName, id CaseID) error
}

// Invitation lets whoever holds its secret join without waiting. The secret is
// in a mail or on paper; the directory has its digest.
type Invitation struct {
	ID         string
	Collective CollectiveName
	By         PersonID // the manager who vouches
	Mail       string   // to whom it was sent; empty: whoever holds it
	Digest     string   // SHA-256 of the secret, base64url
	Words      string   // what the managers say to who is invited
	Uses       int      // left
	Created    time.Time
	Expires    time.Time // never zero
}

// InvitationFilter chooses invitations. Zero fields do not restrict.
type InvitationFilter struct {
	Collective CollectiveName
	Due        time.Time // expired at that moment
}

// Invitations keeps what managers handed out.
type Invitations interface {
	Invitation(ctx context.Context, id string) (Invitation, error)
	ListInvitations(ctx context.Context, filter InvitationFilter) iter.Seq2[Invitation, error]
	AddInvitation(ctx context.Context, by Actor, i Invitation) error

	// UseInvitation takes one use, in one step: of many at once exactly as many
	// succeed as there are uses. None left is [ErrNotFound]. Whether it is still
	// time, and who may, is for the caller to say before.
	UseInvitation(ctx context.Context, id string) error

	// RemoveInvitation is idempotent.
	RemoveInvitation(ctx context.Context, by Actor, name CollectiveName, id string) error
}
