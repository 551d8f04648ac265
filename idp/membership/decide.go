// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"

	"commonscloud.coop/clau/idp/directory"
)

// Waiting is a case as managers see it.
type Waiting struct {
	directory.Case
	About  directory.Person   // whom it is about, with no more than managers need
	Agreed []directory.Person // who agreed already
	Mine   bool               // the manager has agreed already, or it is about them
}

// Waiting lists what waits for the managers of a collective, oldest first. An
// application whose address is not proven is not among it.
func (m *Room) Waiting(ctx context.Context, by By) ([]Waiting, error) { return nil, errUnwritten }

// WaitingCase reads one.
func (m *Room) WaitingCase(ctx context.Context, by By, id directory.CaseID) (Waiting, error) {
	return Waiting{}, errUnwritten
}

// Accept agrees to a case, of whatever kind; with the last voice that is needed
// it happens. [ErrDone] if this manager agreed before.
func (m *Room) Accept(ctx context.Context, by By, id directory.CaseID) (Result, error) {
	return "", errUnwritten
}

// AskBack puts a question to the person.
func (m *Room) AskBack(ctx context.Context, by By, id directory.CaseID, question string) error {
	return errUnwritten
}

// Refuse ends a case with a reason that the person, or the manager who proposed
// it, is told. Of a registration nothing remains.
func (m *Room) Refuse(ctx context.Context, by By, id directory.CaseID, reason string) error {
	return errUnwritten
}

// Pass hands a registration or a wish to join to another collective, which
// decides anew. The person is told.
func (m *Room) Pass(ctx context.Context, by By, id directory.CaseID, to directory.CollectiveName) error {
	return errUnwritten
}

// Ask opens the wish of somebody with an account to join a collective.
func (m *Room) Ask(ctx context.Context, person directory.PersonID, to directory.CollectiveName, words string) error {
	return errUnwritten
}

// AskHome opens the wish of a member that a collective be their primary one.
func (m *Room) AskHome(ctx context.Context, person directory.PersonID, to directory.CollectiveName) error {
	return errUnwritten
}

// Asked lists the cases that a person opened about themselves.
func (m *Room) Asked(ctx context.Context, person directory.PersonID) ([]directory.Case, error) {
	return nil, errUnwritten
}

// ReplyAsked answers a question about such a case, and TakeBack ends it.
func (m *Room) ReplyAsked(ctx context.Context, person directory.PersonID, of directory.CollectiveName, id directory.CaseID, text string) error {
	return errUnwritten
}

// TakeBack ends a case that the person opened.
func (m *Room) TakeBack(ctx context.Context, person directory.PersonID, of directory.CollectiveName, id directory.CaseID) error {
	return errUnwritten
}
