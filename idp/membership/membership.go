// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/ticket"
)

// Why something was not done. Errors of the directory and the store come as
// they are.
var (
	// ErrNotThere: what it is about does not exist, or not for who asks. Nobody
	// learns which.
	ErrNotThere = errors.New("membership: not there")

	// ErrTicket: the link or code is not good, or no longer.
	ErrTicket = errors.New("membership: the link or code is not good any more")

	ErrSlow        = errors.New("membership: too many tries")
	ErrSelf        = errors.New("membership: nobody decides about themselves")
	ErrExceeds     = errors.New("membership: they hold a right that who asks does not")
	ErrLastManager = errors.New("membership: the last manager names another first")
	ErrDone        = errors.New("membership: it is so already")
	ErrClosed      = errors.New("membership: the collective takes nobody in this way")
	ErrNoAddress   = errors.New("membership: they have no address to write to")
	ErrWeak        = errors.New("membership: password refused by policy")
)

// Faults are what is wrong with what somebody typed, all of it at once.
type Faults []Fault

// Fault is one of them.
type Fault struct {
	Field string // as in the form: "handle", "mail", "answer" …
	Code  string // "empty", "malformed", "taken", "too-long", "wrong"
}

func (f Faults) Error() string { return "membership: faults in what was typed" }

// Config is what a [Room] needs.
type Config struct {
	Directory directory.Backend // behind the cache of the process
	Source    directory.Backend // the directory itself: what is about to be written over
	Store     store.Store
	Tickets   *ticket.Desk
	Letters   letter.Writer
	Logout    *logout.Room
	Audit     audit.Log
	Now       func() time.Time
	Rand      io.Reader
	Logger    *slog.Logger

	// Forget is told to drop what else is kept of a person, when the account is
	// erased; see package activity.
	Forget func(ctx context.Context, id directory.PersonID) error
}

// Room is where memberships change.
type Room struct {
	c Config

	// Each network that people come from, in this process: how often somebody
	// applies, and comes back with a code on paper.
	applying, returning *brake

	told told
}

// New returns a Room.
func New(c Config) *Room {
	return &Room{
		c:         c,
		applying:  newBrake(30, time.Minute), // a whole assembly in one room can join
		returning: newBrake(10, time.Minute),
	}
}

// By is who acts for a collective: a manager, or a service's own admin, with
// the standing that the guard of the page read a moment ago. Every method looks
// at it again.
type By struct {
	Person     directory.PersonID
	Collective directory.CollectiveName
	Standing   directory.Standing
}

// Result says what came of a decision.
type Result string

const (
	Done   Result = "done"
	Second Result = "second" // one more manager must agree
)
