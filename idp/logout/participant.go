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
}

// Courier tells a service, in its protocol's words, that a session ended.
type Courier interface {
	Protocol() string

	// Deliver makes one attempt. [ErrUnsupported] says that the service has no
	// ear for it; any other error is tried again later.
	Deliver(ctx context.Context, p Participant) error
}

// Status is what came of telling a service; pages say it in words
// ("logout.status.<status>").
type Status string

const (
	Done        Status = "done"
	Retrying    Status = "retrying"
	Unsupported Status = "unsupported"
)

// Outcome is a participant and what came of telling it.
type Outcome struct {
	Participant Participant
	Status      Status
}
