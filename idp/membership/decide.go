// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// managing makes sure that who acts manages the collective at this moment: the
// page's guard has looked before, and pages stay open for days.
func (m *Room) managing(ctx context.Context, by By) error {
	s, err := m.c.Source.Standing(ctx, by.Person)
	if err != nil {
		return notThere(err)
	}
	if !s.Manages(by.Collective) {
		return ErrNotThere
	}
	return nil
}

// decidable reads a case that a manager may act on, and the step to take.
func (m *Room) decidable(ctx context.Context, by By, id directory.CaseID, a act) (matter, step, error) {
	if _, err := m.chair(ctx, by); err != nil {
		return matter{}, step{}, err
	}
	c, err := m.read(ctx, by.Collective, id)
	if err != nil {
		return matter{}, step{}, err
	}
	s, err := m.step(c, a, manager)
	if err == nil && about(c.Case, by.Person) {
		err = ErrSelf
	}
	return c, s, err
}

// Accept agrees to a case, of whatever kind; with the last voice that is needed
// it happens. [ErrDone] if this manager agreed before.
func (m *Room) Accept(ctx context.Context, by By, id directory.CaseID) (Result, error) {
	return again(func() (Result, error) { return m.accept(ctx, by, id) })
}

func (m *Room) accept(ctx context.Context, by By, id directory.CaseID) (Result, error) {
	c, s, err := m.decidable(ctx, by, id, agrees)
	if err != nil {
		return "", err
	}
	in, err := m.c.Source.Collective(ctx, by.Collective)
	if err != nil {
		return "", notThere(err)
	}
	if slices.Contains(voices(c.Case, in), by.Person) {
		return m.agreedBefore(ctx, c, in)
	}
	decided, err := m.agree(ctx, by, &c, in)
	if err != nil {
		return "", err
	}
	if !decided {
		m.record(ctx, occasion{step: s, matter: c, actor: by.Person})
		return Second, nil
	}
	if err := m.carry(ctx, c, by.Person); err != nil {
		return "", err
	}
	return Done, nil
}

// agreedBefore finishes what was cut off, or what another rule decides by now.
func (m *Room) agreedBefore(ctx context.Context, c matter, in directory.Collective) (Result, error) {
	if !enough(c.Case, in) {
		return "", ErrDone
	}
	return m.settle(ctx, c)
}

// agree writes down a manager's voice, as theirs, if the case is still as it
// was read. With the last one the case has little time left: what follows is
// finished by the sweep if it is cut off.
func (m *Room) agree(ctx context.Context, by By, c *matter, in directory.Collective) (decided bool, err error) {
	before := slices.DeleteFunc(slices.Clone(c.Agreed), func(id directory.PersonID) bool { return id == by.Person })
	c.Agreed = append(before, by.Person)
	change := directory.CaseChange{Agreed: &c.Agreed, Version: c.Version}
	if err := m.c.Directory.ChangeCase(ctx, directory.As(by.Person), c.Collective, c.ID, change); err != nil {
		return false, err
	}
	if !enough(c.Case, in) {
		return false, nil
	}
	if soon := m.now().Add(claimFor); soon.Before(c.Expires) {
		c.Expires = soon
	}
	return true, m.expire(ctx, *c, "")
}

// AskBack puts a question to the person.
func (m *Room) AskBack(ctx context.Context, by By, id directory.CaseID, question string) error {
	question, err := said(question)
	if err != nil {
		return err
	}
	return againOnly(func() error {
		c, s, err := m.decidable(ctx, by, id, asks)
		if err != nil {
			return err
		}
		line := directory.Line{By: by.Person, At: m.now(), Text: question}
		if err := m.addLine(ctx, directory.As(by.Person), c, line); err != nil {
			return err
		}
		m.record(ctx, occasion{step: s, matter: c, actor: by.Person, text: question})
		return nil
	})
}

// Refuse ends a case with a reason that the person, or the manager who proposed
// it, is told. Of a registration nothing remains.
func (m *Room) Refuse(ctx context.Context, by By, id directory.CaseID, reason string) error {
	reason, err := said(reason)
	if err != nil {
		return err
	}
	return againOnly(func() error {
		c, _, err := m.decidable(ctx, by, id, refuses)
		if err != nil {
			return err
		}
		o := occasion{matter: c, actor: by.Person, text: reason}
		return m.end(ctx, directory.As(by.Person), c, o, refuses, manager)
	})
}

// Pass hands a registration or a wish to join to another collective, which
// decides anew: neither voices nor what was asked goes with it. The person is
// told.
func (m *Room) Pass(ctx context.Context, by By, id directory.CaseID, to directory.CollectiveName) error {
	if to == by.Collective {
		return ErrDone
	}
	return againOnly(func() error {
		c, s, err := m.decidable(ctx, by, id, passes)
		if err != nil {
			return err
		}
		in, err := m.receives(ctx, to, c.about)
		if err != nil {
			return err
		}
		if err := m.hand(ctx, c, to); err != nil {
			return err
		}
		m.passed(ctx, by, s, c, to)
		return m.welcome(ctx, c, in)
	})
}

// receives makes sure that a collective takes somebody in the way that they
// apply, and has not done so already.
func (m *Room) receives(ctx context.Context, to directory.CollectiveName, p directory.Person) (directory.Collective, error) {
	in, err := m.c.Source.Collective(ctx, to)
	if err != nil {
		return in, notThere(err)
	}
	if !joinable(in) || p.Anonymous && !TakesAnonymous(in) {
		return in, ErrClosed
	}
	s, err := m.c.Source.Standing(ctx, p.ID)
	if err == nil && s.MemberOf(to) {
		err = ErrDone
	}
	return in, err
}

// hand claims the case before it moves, so that nobody accepts what is on its
// way.
func (m *Room) hand(ctx context.Context, c matter, to directory.CollectiveName) error {
	if err := m.claim(ctx, c); err != nil {
		return err
	}
	if err := m.c.Directory.MoveCase(ctx, c.Collective, c.ID, to); err != nil {
		return errors.Join(already(err), m.expire(ctx, c, "")) // as it was
	}
	return nil
}

// welcome gives the case time where it has come to. What was asked elsewhere
// stays there.
func (m *Room) welcome(ctx context.Context, c matter, in directory.Collective) error {
	change := directory.CaseChange{Expires: new(m.now().Add(lapse(in))), Dialogue: new([]directory.Line)}
	err := m.c.Directory.ChangeCase(ctx, directory.System(), in.Name, c.ID, change)
	if err == nil {
		m.wake(ctx, in.Name)
	}
	return err
}

// already: they have asked the other collective themselves, and it waits there.
func already(err error) error {
	if errors.Is(err, directory.ErrExists) || errors.Is(err, directory.ErrConflict) {
		return ErrDone
	}
	return err
}

// passed records it with both: each collective's book shows its own half. The
// managers who decide now hear of it when it has come to wait with them.
func (m *Room) passed(ctx context.Context, by By, s step, c matter, to directory.CollectiveName) {
	s.wakes = false
	m.record(ctx, occasion{step: s, matter: c, actor: by.Person, reason: string(to)})
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.CaseOpened, Person: c.Person, Actor: by.Person, Collective: to, Reason: string(c.Kind)})
}
