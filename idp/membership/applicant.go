// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"fmt"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/ticket"
)

// Applicant is somebody who wants to join, as they see themselves.
type Applicant struct {
	Person     directory.Person
	Collective directory.Collective
	Case       directory.Case // zero once it is decided
	Accepted   bool           // only the password is missing
	InUse      bool           // nothing is missing: log in
}

// Application reads one's own application. Of an account that is in use it
// tells nothing: the link is older than the password.
func (m *Room) Application(ctx context.Context, text string) (Applicant, error) {
	p, _, err := m.applicant(ctx, text)
	if err != nil {
		return Applicant{}, err
	}
	in, err := m.c.Directory.Collective(ctx, p.Primary)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return Applicant{}, err
	}
	a := Applicant{Person: p, Collective: in}
	switch stageOf(directory.Case{Kind: directory.CaseRegister}, p) {
	case accepted:
		a.Accepted = true
		return a, nil
	case inUse:
		return Applicant{Person: directory.Person{Handle: p.Handle, Language: p.Language}, Collective: in, InUse: true}, nil
	}
	a.Case, err = m.c.Source.Case(ctx, p.Primary, directory.CaseID(p.ID))
	if errors.Is(err, directory.ErrNotFound) || err == nil && lapsed(a.Case, m.c.Now()) {
		return Applicant{}, ErrTicket
	}
	return a, err
}

// applicant reads whose application a ticket leads to. Who is not there any
// more has a ticket that is good no longer.
func (m *Room) applicant(ctx context.Context, text string) (directory.Person, ticket.Ticket, error) {
	return m.holder(ctx, ticket.Application, text, func(p directory.Person) string { return p.Mail })
}

// holder reads a ticket and the person whose it is. bound says what the ticket
// must be bound to by what the directory has of them now.
func (m *Room) holder(ctx context.Context, purpose ticket.Purpose, text string, bound func(directory.Person) string) (directory.Person, ticket.Ticket, error) {
	var p directory.Person
	t, err := m.c.Tickets.Read(purpose, text, func(id directory.PersonID) (string, error) {
		var err error
		p, err = m.c.Source.Person(ctx, id)
		return bound(p), err
	})
	if errors.Is(err, ticket.ErrInvalid) || errors.Is(err, directory.ErrNotFound) || err == nil && p.State == directory.Deleted {
		return directory.Person{}, ticket.Ticket{}, ErrTicket
	}
	return p, t, err
}

// own reads the case of somebody who applied.
func (m *Room) own(ctx context.Context, text string) (matter, error) {
	p, _, err := m.applicant(ctx, text)
	if err != nil {
		return matter{}, err
	}
	c, err := m.c.Source.Case(ctx, p.Primary, directory.CaseID(p.ID))
	return matter{c, p}, notThere(err)
}

// Reply answers the managers' question.
func (m *Room) Reply(ctx context.Context, text, words string) error {
	words, err := said(words)
	if err != nil {
		return err
	}
	return againOnly(func() error {
		c, err := m.own(ctx, text)
		if err != nil {
			return err
		}
		return m.answer(ctx, directory.System(), c, words)
	})
}

// linesMax bounds a dialogue: whoever needs more talks to one another.
const linesMax = 20

// answer writes down what the person answers. by is in whose name: somebody who
// has no account yet is nobody to the directory.
func (m *Room) answer(ctx context.Context, by directory.Actor, c matter, words string) error {
	s, err := m.step(c, answers, subject)
	if err != nil {
		return err
	}
	if err := m.addLine(ctx, by, c, directory.Line{At: m.now(), Text: words}); err != nil {
		return err
	}
	m.record(ctx, occasion{step: s, matter: c})
	return nil
}

func (m *Room) addLine(ctx context.Context, by directory.Actor, c matter, line directory.Line) error {
	if len(c.Dialogue) >= linesMax {
		return ErrSlow
	}
	lines := append(c.Dialogue[:len(c.Dialogue):len(c.Dialogue)], line)
	return m.c.Directory.ChangeCase(ctx, by, c.Collective, c.ID, directory.CaseChange{Dialogue: &lines, Version: c.Version})
}

// Withdraw takes the application back; nothing remains of it.
func (m *Room) Withdraw(ctx context.Context, text string) error {
	return againOnly(func() error {
		c, err := m.own(ctx, text)
		if err != nil {
			return err
		}
		return m.end(ctx, directory.System(), c, occasion{matter: c}, withdraws, subject)
	})
}

// end claims a case, removes it, and records what o says of it.
func (m *Room) end(ctx context.Context, by directory.Actor, c matter, o occasion, a act, who role) error {
	s, err := m.step(c, a, who)
	if err != nil {
		return err
	}
	if err := m.claim(ctx, c); err != nil {
		return err
	}
	err = m.c.Directory.RemoveCase(ctx, by, c.Collective, c.ID)
	if errors.Is(err, directory.ErrConflict) {
		return ErrDone // accepted a moment before
	}
	if err != nil {
		return fmt.Errorf("membership: removing a case: %w", err)
	}
	o.step = s
	m.record(ctx, o)
	return nil
}
