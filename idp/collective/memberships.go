// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
)

// Memberships is where all that the pages decide is done: what of
// [membership.Room] they use.
type Memberships interface {
	Open(ctx context.Context) ([]directory.Collective, error)

	Waiting(ctx context.Context, by membership.By) ([]membership.Waiting, error)
	WaitingCase(ctx context.Context, by membership.By, id directory.CaseID) (membership.Waiting, error)
	Accept(ctx context.Context, by membership.By, id directory.CaseID) (membership.Result, error)
	AskBack(ctx context.Context, by membership.By, id directory.CaseID, question string) error
	Refuse(ctx context.Context, by membership.By, id directory.CaseID, reason string) error
	Pass(ctx context.Context, by membership.By, id directory.CaseID, to directory.CollectiveName) error

	Suspend(ctx context.Context, by membership.By, id directory.PersonID, reason string, until time.Time) (membership.Result, error)
	Restore(ctx context.Context, by membership.By, id directory.PersonID) error
	Expel(ctx context.Context, by membership.By, id directory.PersonID, reason string) (membership.Result, error)
	Appoint(ctx context.Context, by membership.By, id directory.PersonID) (membership.Result, error)
	Dismiss(ctx context.Context, by membership.By, id directory.PersonID) (membership.Result, error)
	SendReset(ctx context.Context, by membership.By, id directory.PersonID) error
	Configure(ctx context.Context, by membership.By, change directory.CollectiveChange) (membership.Result, error)

	Invite(ctx context.Context, by membership.By, mail, words string, uses int, until time.Time) (string, error)
	Uninvite(ctx context.Context, by membership.By, id string) error
	Invitations(ctx context.Context, by membership.By) ([]directory.Invitation, error)

	Admit(ctx context.Context, by membership.By, service directory.ServiceName, login, role string) error
	Shut(ctx context.Context, by membership.By, service directory.ServiceName, id directory.PersonID, role string) error
	Entrust(ctx context.Context, by membership.By, service directory.ServiceName, id directory.PersonID, on bool) error
}

var _ Memberships = (*membership.Room)(nil)
