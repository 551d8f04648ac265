// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"iter"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// To be written.

func (b *Backend) PeopleByID(context.Context, []directory.PersonID) ([]directory.Person, error) {
	return nil, directory.ErrUnavailable
}
func (b *Backend) Register(context.Context, directory.Person, directory.Case) error {
	return directory.ErrUnavailable
}
func (b *Backend) ProveAddress(context.Context, directory.PersonID, string) error {
	return directory.ErrUnavailable
}
func (b *Backend) Approve(context.Context, directory.Actor, directory.CollectiveName, directory.PersonID, time.Time) error {
	return directory.ErrUnavailable
}
func (b *Backend) SwapCode(context.Context, directory.PersonID, string, string) error {
	return directory.ErrUnavailable
}
func (b *Backend) MemberIDs(context.Context, directory.CollectiveName) ([]directory.PersonID, error) {
	return nil, directory.ErrUnavailable
}
func (b *Backend) Holders(context.Context, directory.CollectiveName, directory.ServiceID) ([]directory.Holder, error) {
	return nil, directory.ErrUnavailable
}
func (b *Backend) Case(context.Context, directory.CollectiveName, directory.CaseID) (directory.Case, error) {
	return directory.Case{}, directory.ErrUnavailable
}
func (b *Backend) ListCases(context.Context, directory.CaseFilter) iter.Seq2[directory.Case, error] {
	return func(yield func(directory.Case, error) bool) { yield(directory.Case{}, directory.ErrUnavailable) }
}
func (b *Backend) AddCase(context.Context, directory.Actor, directory.Case) error {
	return directory.ErrUnavailable
}
func (b *Backend) ChangeCase(context.Context, directory.Actor, directory.CollectiveName, directory.CaseID, directory.CaseChange) error {
	return directory.ErrUnavailable
}
func (b *Backend) MoveCase(context.Context, directory.CollectiveName, directory.CaseID, directory.CollectiveName) error {
	return directory.ErrUnavailable
}
func (b *Backend) RemoveCase(context.Context, directory.Actor, directory.CollectiveName, directory.CaseID) error {
	return directory.ErrUnavailable
}
func (b *Backend) Invitation(context.Context, string) (directory.Invitation, error) {
	return directory.Invitation{}, directory.ErrUnavailable
}
func (b *Backend) ListInvitations(context.Context, directory.InvitationFilter) iter.Seq2[directory.Invitation, error] {
	return func(yield func(directory.Invitation, error) bool) {
		yield(directory.Invitation{}, directory.ErrUnavailable)
	}
}
func (b *Backend) AddInvitation(context.Context, directory.Actor, directory.Invitation) error {
	return directory.ErrUnavailable
}
func (b *Backend) UseInvitation(context.Context, string) error { return directory.ErrUnavailable }
func (b *Backend) RemoveInvitation(context.Context, directory.Actor, directory.CollectiveName, string) error {
	return directory.ErrUnavailable
}
