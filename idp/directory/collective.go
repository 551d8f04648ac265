// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import "time"

// Collective is a cooperative, association or group: a unit of the directory.
type Collective struct {
	ID          string // clauId
	Name        CollectiveName
	State       State
	Title       string // as displayed; never empty
	Description string
	Mail        string // support contact
	URL         string
	Language    string // BCP 47 tag
	Managers    []PersonID
	Created     time.Time

	// Policy says what services may be told of the members and why: JSON that
	// package consent understands, at most [PolicyMax] bytes. Nil: none written.
	Policy []byte

	// Settings are how the collective presents itself and decides.
	Settings Settings

	// Logo is a PNG or JPEG, at most [LogoMax] bytes. Nil: none. Lists leave it
	// out.
	Logo []byte

	// Version changes with every write (entryCSN); see [CollectiveChange].
	Version string
}

// Settings are how a collective presents itself and decides about people. The
// zero value is a collective that takes people by one manager's decision.
type Settings struct {
	Colour    string            `json:"colour,omitempty"`     // "#rrggbb"
	Languages []string          `json:"languages,omitempty"`  // BCP 47 tags it works in, the first is its own
	Words     map[string]string `json:"words,omitempty"`      // by language: what it says of itself to who wants to join
	Closed    bool              `json:"closed,omitempty"`     // not on the list of those that can be joined; invitations only
	LapseDays int               `json:"lapse_days,omitempty"` // a case lapses after; zero: 14

	// Together are the decisions that two managers must agree on.
	Together []Matter `json:"together,omitempty"`

	// Question is asked of who wants to join, by language, and Answers are what
	// is right, compared without regard to case and accents. It keeps programs
	// out, not people.
	Question map[string]string `json:"question,omitempty"`
	Answers  []string          `json:"answers,omitempty"`

	// Order is how the collective's members see their services: those named here
	// first, in this order.
	Order []ServiceName `json:"order,omitempty"`

	// Registrars are the tokens with which software may register services of the
	// collective (RFC 7591 section 3: initial access tokens). They are kept apart,
	// where only managers see them. Written as nil those that there are stay, so
	// that settings which were proposed before bring none back; written empty they
	// go.
	Registrars []Registrar `json:"-"`
}

// Registrar is an initial access token. What it registers is the collective's,
// and waits for a manager's word where Waits is set.
type Registrar struct {
	ID      string    `json:"id"`
	SHA256  string    `json:"sha256"` // of the token, base64url
	Label   string    `json:"label"`
	By      PersonID  `json:"by,omitempty"` // empty once they are erased
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Limit   int       `json:"limit"` // services that it may have registered at once
	Waits   bool      `json:"waits,omitempty"`
}

// Matter is what managers decide about.
type Matter string

const (
	MatterAccepting  Matter = "accepting"
	MatterSuspending Matter = "suspending"
	MatterAppointing Matter = "appointing" // and dismissing
)

// LogoMax is the size of the largest logo, in bytes.
const LogoMax = 256 << 10

// PolicyMax is the size of the largest policy, in bytes.
const PolicyMax = 64 << 10

// CollectiveChange says what to change of a collective; nil fields stay. If
// Version is set and is not the entry's, nothing is written: [ErrConflict].
type CollectiveChange struct {
	State       *State
	Title       *string
	Description *string
	Mail        *string
	URL         *string
	Language    *string
	Policy      *[]byte // an empty one removes it
	Settings    *Settings
	Logo        *[]byte // an empty one removes it
	Version     string
}
