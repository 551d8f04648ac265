// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Suspend shuts an account: sessions and tokens end at once. Only the managers
// of the person's primary collective can. until may be zero.
func (m *Room) Suspend(ctx context.Context, by By, id directory.PersonID, reason string, until time.Time) (Result, error) {
	return "", errUnwritten
}

// Restore ends a suspension.
func (m *Room) Restore(ctx context.Context, by By, id directory.PersonID) error { return errUnwritten }

// Expel takes a member out, with a reason that they are told. Whoever is then in
// no collective keeps the account for [NoCollectiveDays] days more.
func (m *Room) Expel(ctx context.Context, by By, id directory.PersonID, reason string) error {
	return errUnwritten
}

// Appoint makes a member a manager.
func (m *Room) Appoint(ctx context.Context, by By, id directory.PersonID) (Result, error) {
	return "", errUnwritten
}

// Dismiss makes a manager a member; also oneself, but not the last one.
func (m *Room) Dismiss(ctx context.Context, by By, id directory.PersonID) (Result, error) {
	return "", errUnwritten
}

// SendReset writes a member a link to set a new password; who sends it never
// sees it. Somebody who was accepted and set none yet gets that letter again.
func (m *Room) SendReset(ctx context.Context, by By, id directory.PersonID) error {
	return errUnwritten
}

// Leave takes a person out of a collective, and with it what it opened to them.
// The last manager cannot leave.
func (m *Room) Leave(ctx context.Context, person directory.PersonID, name directory.CollectiveName) error {
	return errUnwritten
}

// Configure changes how the collective presents itself and decides. To decide
// alone what two decided before, two must agree: the rest holds at once and the
// result is [Second].
func (m *Room) Configure(ctx context.Context, by By, change directory.CollectiveChange) (Result, error) {
	return "", errUnwritten
}

// NoCollectiveDays is how long an account lives that no collective vouches for.
const NoCollectiveDays = 90
