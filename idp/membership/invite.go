// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Invite makes an invitation: for one address, which gets it by mail, or for a
// number of uses, for the managers to hand out. The path of its link is shown
// once. Where two must agree on accepting, an invitation is the first voice.
func (m *Room) Invite(ctx context.Context, by By, mail, words string, uses int, until time.Time) (path string, err error) {
	return "", errUnwritten
}

// Uninvite withdraws one.
func (m *Room) Uninvite(ctx context.Context, by By, id string) error { return errUnwritten }

// Invitations lists those that can still be used.
func (m *Room) Invitations(ctx context.Context, by By) ([]directory.Invitation, error) {
	return nil, errUnwritten
}

// Invited reads an invitation from its ticket, without using it: still good, and
// its manager still one.
func (m *Room) Invited(ctx context.Context, ticket string) (directory.Invitation, error) {
	return directory.Invitation{}, errUnwritten
}

// Follow uses an invitation for somebody with an account: they join.
func (m *Room) Follow(ctx context.Context, person directory.PersonID, ticket string) (Result, error) {
	return "", errUnwritten
}
