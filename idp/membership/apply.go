// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"net/netip"

	"commonscloud.coop/clau/idp/directory"
)

var errUnwritten = errors.New("membership: not written yet")

// Application is what somebody typed who wants to join.
type Application struct {
	Collective directory.CollectiveName
	Handle     directory.Handle
	Name       string // as others see it; empty: the handle
	Mail       string // empty with Anonymous
	Language   string
	Words      string // a line to the managers
	Answer     string // to the collective's question
	Anonymous  bool
	Invitation string // ticket of an invitation; empty: none
}

// Applied is what came of it. It is the same whether or not the address was
// known already: only the letter tells.
type Applied struct {
	Ticket string // of the page where the application is followed
	Code   string // on paper, for who is anonymous; shown once
	Prove  bool   // an address waits for proof; otherwise the collective is asked already
}

// Open are the collectives that can be joined, by title, and whether one takes
// anonymous people.
func (m *Room) Open(ctx context.Context) ([]directory.Collective, error) { return nil, errUnwritten }

// Apply opens an application: at most one search of the directory and one round
// trip to the store for each attempt, so that a flood costs little. The error
// is [Faults], [ErrClosed], [ErrTicket] for a bad invitation, or [ErrSlow].
func (m *Room) Apply(ctx context.Context, a Application, from netip.Addr) (Applied, error) {
	return Applied{}, errUnwritten
}

// Applicant is somebody who wants to join, as they see themselves.
type Applicant struct {
	Person     directory.Person
	Collective directory.Collective
	Case       directory.Case // zero once it is decided
	Accepted   bool           // only the password is missing
	InUse      bool           // nothing is missing: log in
}

// Prove proves the address of a ticket, and returns the ticket of the
// application. A ticket that proved it before leads there again.
func (m *Room) Prove(ctx context.Context, ticket string) (string, error) { return "", errUnwritten }

// ProveByCode is the same by the code of the letter, typed on the page of the
// application. Tries are counted: [ErrSlow].
func (m *Room) ProveByCode(ctx context.Context, application, code string) error { return errUnwritten }

// Unproven says whose address a ticket would prove, without proving it: programs
// that look after mail follow links.
func (m *Room) Unproven(ctx context.Context, ticket string) (directory.Person, error) {
	return directory.Person{}, errUnwritten
}

// SendAgain writes the letter of the address again, at most a few times an hour.
func (m *Room) SendAgain(ctx context.Context, application string) error { return errUnwritten }

// Return finds an application by handle and paper code, and returns its ticket.
// A wrong code and an unknown handle are the same [ErrTicket], at the same cost.
func (m *Room) Return(ctx context.Context, handle, code string, from netip.Addr) (string, error) {
	return "", errUnwritten
}

// Application reads one's own application.
func (m *Room) Application(ctx context.Context, ticket string) (Applicant, error) {
	return Applicant{}, errUnwritten
}

// Reply answers the managers' question.
func (m *Room) Reply(ctx context.Context, ticket, text string) error { return errUnwritten }

// Withdraw takes the application back; nothing remains of it.
func (m *Room) Withdraw(ctx context.Context, ticket string) error { return errUnwritten }

// FirstPassword sets the password of somebody who was accepted, once, and
// returns them for a session to begin. The ticket is that of the letter
// "accepted", or that of the application for who came back with a paper code.
func (m *Room) FirstPassword(ctx context.Context, ticket, password string) (directory.Person, error) {
	return directory.Person{}, errUnwritten
}
