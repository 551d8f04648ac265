// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"

	"commonscloud.coop/clau/idp/directory"
)

// Participant is a service that a session was used to sign on to.
type Participant struct {
	Protocol string              `json:"protocol"`
	Service  directory.ServiceID `json:"service"`
	Subject  string              `json:"subject"` // whom it knows the person as
	SID      string              `json:"sid"`     // how it knows the session

	// Name is what the protocol calls the person in place of Subject (a NameID);
	// [Room.ByName] finds sessions by it. Empty: as Subject.
	Name string `json:"name,omitempty"`

	// Called says, in the list of a session's participants, that Name and Detail
	// are kept beside it: they may be new at each sign-on, and the list is not to
	// grow by it.
	Called bool `json:"called,omitempty"`

	// Detail is the protocol's own, such as the format of Name. Nobody else reads it.
	Detail string `json:"detail,omitempty"`
}

// Courier tells a service, in its protocol's words, that a session ended.
type Courier interface {
	Protocol() string

	// Deliver makes one attempt. [ErrUnsupported] says that the service has no
	// ear for it, [ErrBrowser] that only the browser itself can tell it; any other
	// error is tried again later.
	Deliver(ctx context.Context, p Participant) error
}

// Escort is a [Courier] that also tells services through the browser of who
// logs out; see [Departure].
type Escort interface {
	Courier

	// Lead returns where the browser goes to tell the service. Relay comes back
	// with it, where the protocol brings it back. [ErrUnsupported] says that there
	// is no such way any more.
	Lead(ctx context.Context, p Participant, relay string) (Visit, error)
}

// Visit is how a browser tells a service.
type Visit struct {
	URL   string            // where it goes
	Form  map[string]string // not nil: it posts these fields there
	Frame bool              // in a frame of our page, from which nothing comes back
}

// Status is what came of telling a service; pages say it in words
// ("logout.status.<status>").
type Status string

const (
	Done        Status = "done"
	Retrying    Status = "retrying"
	Unsupported Status = "unsupported"
	Browser     Status = "browser" // only the browser can tell it: by a [Departure], or not at all
	Asked       Status = "asked"   // the browser told it, in a way that brings nothing back
	Failed      Status = "failed"  // it was told and said no, or nothing came back
)

// Outcome is a participant and what came of telling it.
type Outcome struct {
	Participant Participant
	Status      Status
}

// Whole reports whether every service said that it is done: only then may a
// protocol say that the log-out was a success.
func Whole(outcomes []Outcome) bool {
	for _, o := range outcomes {
		if o.Status != Done {
			return false
		}
	}
	return true
}
