// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/ticket"
)

// FirstPassword sets the password of somebody who was accepted, once, and
// returns them for a session to begin. The ticket is that of the letter
// "accepted", or that of the application for who came back with a paper code.
// Of many with one ticket one succeeds; a password that the directory finds
// weak, [ErrWeak], does not use the ticket up.
func (m *Room) FirstPassword(ctx context.Context, text, password string) (directory.Person, error) {
	p, t, err := m.newcomer(ctx, text)
	if err != nil {
		return directory.Person{}, err
	}
	s, found := next(directory.CaseRegister, stageOfAccount(p), setsPassword, subject)
	if !found || !p.MayEnter(m.c.Now()) {
		return directory.Person{}, ErrTicket
	}
	err = m.c.Tickets.Spend(ctx, t)
	if errors.Is(err, ticket.ErrSpent) {
		return directory.Person{}, ErrTicket
	}
	if err != nil {
		return directory.Person{}, err
	}
	if err := m.setPassword(ctx, p, t, password); err != nil {
		return directory.Person{}, err
	}
	m.record(ctx, occasion{step: s, matter: registration(p)})
	return m.c.Source.Person(ctx, p.ID)
}

// newcomer reads whose first password a ticket sets. The link to an application
// is good for that only without an address: with one, whoever typed it need
// not be who owns it, and the letter goes to the owner.
func (m *Room) newcomer(ctx context.Context, text string) (directory.Person, ticket.Ticket, error) {
	p, t, err := m.holder(ctx, ticket.FirstPassword, text, login.ResetBound)
	if !errors.Is(err, ErrTicket) {
		return p, t, err
	}
	p, t, err = m.applicant(ctx, text)
	if err == nil && (p.Code == "" || p.Mail != "") {
		return p, t, ErrTicket
	}
	return p, t, err
}

// setPassword raises the epoch after the password is set: that is what voids
// the link for good. Cut off before, the link can be used once more.
func (m *Room) setPassword(ctx context.Context, p directory.Person, t ticket.Ticket, password string) error {
	err := m.c.Directory.SetPassword(ctx, directory.System(), p.ID, password)
	if err == nil {
		err = login.RaiseEpoch(ctx, m.c.Directory, p.ID, directory.PersonChange{})
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, directory.ErrWeakPassword) {
		err = ErrWeak
	}
	return errors.Join(err, m.c.Tickets.GiveBack(ctx, t))
}

// registration is the matter that somebody's account came of.
func registration(p directory.Person) matter {
	return matter{directory.Case{ID: directory.CaseID(p.ID), Kind: directory.CaseRegister, Collective: p.Primary, Person: p.ID, By: p.ID}, p}
}
