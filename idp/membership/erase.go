// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
)

// GraceDays is how long an erasure can be cancelled.
const GraceDays = 14

// Retire shuts an account to be erased when the grace is over: sessions and
// tokens end, the services are told, and what came of that is returned. The
// last manager of a collective names another first.
func (m *Room) Retire(ctx context.Context, person directory.PersonID) (until time.Time, told []logout.Outcome, err error) {
	return time.Time{}, nil, errUnwritten
}

// Reviving says whose erasure a ticket would cancel, without doing it.
func (m *Room) Reviving(ctx context.Context, ticket string) (directory.Person, error) {
	return directory.Person{}, errUnwritten
}

// Revive cancels an erasure.
func (m *Room) Revive(ctx context.Context, ticket string) (directory.Person, error) {
	return directory.Person{}, errUnwritten
}

// ReviveTicket is for somebody who has just proven, at the login, that the
// account is theirs.
func (m *Room) ReviveTicket(p directory.Person) string { return "" }

// Erase erases an account now: directory, store, and what is derived. What is
// left is what keeps handle and identifiers from re-use.
func (m *Room) Erase(ctx context.Context, by directory.Actor, person directory.PersonID) error {
	return errUnwritten
}
