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
}

// PolicyMax is the size of the largest policy, in bytes.
const PolicyMax = 64 << 10

// CollectiveChange says what to change of a collective; nil fields stay.
type CollectiveChange struct {
	State       *State
	Title       *string
	Description *string
	Mail        *string
	URL         *string
	Language    *string
	Policy      *[]byte // an empty one removes it
}
