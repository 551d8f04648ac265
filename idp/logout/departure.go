// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/directory"
)

// Departure is a log-out that goes on in the browser, since some services can
// be told only there. The session is over already; what is left is going from
// one service to the next, and at the end to whoever asked for the log-out.
type Departure struct {
	Handle  string `json:"-"`
	Browser string `json:"browser"` // digest of the browser's name, as of sign-ons

	// Protocol names who asked, and Reply is its own.
	Protocol string `json:"protocol"`
	Reply    []byte `json:"reply,omitempty"`

	Legs []Leg `json:"legs"`
}

// Leg is a service that is part of a departure.
type Leg struct {
	Outcome
	Led bool `json:"led,omitempty"` // the browser was sent there
}

// ByName finds the sessions in which a service knows a person by a name
// ([Participant].Name), and what it knows of each.
func (l *Room) ByName(ctx context.Context, service directory.ServiceID, name string) (map[string]Participant, error) {
	return nil, errors.New("logout: not built yet")
}
