// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/directory"
)

// Ask opens the wish of somebody with an account to join a collective.
func (m *Room) Ask(ctx context.Context, person directory.PersonID, to directory.CollectiveName, words string) error {
	words = tidyText(words)
	if code := textFault(words, wordsMax); code != "" {
		return Faults{{Field: "words", Code: code}}
	}
	p, err := m.c.Source.Person(ctx, person)
	if err != nil {
		return notThere(err)
	}
	if _, err := m.receives(ctx, to, p); err != nil {
		return err
	}
	return m.wish(ctx, p, directory.Case{Kind: directory.CaseJoin, Collective: to, Words: words})
}

// AskHome opens the wish of a member that a collective be their primary one.
func (m *Room) AskHome(ctx context.Context, person directory.PersonID, to directory.CollectiveName) error {
	p, err := m.c.Source.Person(ctx, person)
	if err != nil {
		return notThere(err)
	}
	s, err := m.c.Source.Standing(ctx, person)
	switch {
	case err != nil:
		return err
	case !s.MemberOf(to):
		return ErrNotThere
	case p.Primary == to:
		return ErrDone
	}
	return m.wish(ctx, p, directory.Case{Kind: directory.CaseHome, Collective: to})
}

// wish opens a case that somebody wants about themselves, as them.
func (m *Room) wish(ctx context.Context, p directory.Person, c directory.Case) error {
	if !p.MayEnter(m.c.Now()) {
		return ErrNotThere
	}
	in, err := m.c.Directory.Collective(ctx, c.Collective)
	if err != nil {
		return notThere(err)
	}
	id, err := m.newID()
	if err != nil {
		return err
	}
	s, found := next(c.Kind, nobody, wishes, subject)
	if !found {
		return ErrDone
	}
	c.ID, c.Person, c.By = directory.CaseID(id), p.ID, p.ID
	c.Created = m.now()
	c.Expires = c.Created.Add(lapse(in))
	err = m.c.Directory.AddCase(ctx, directory.As(p.ID), c)
	if errors.Is(err, directory.ErrExists) {
		return ErrDone
	}
	if err != nil {
		return err
	}
	m.record(ctx, occasion{step: s, matter: matter{c, p}})
	return nil
}

// Asked lists the cases that a person opened about themselves.
func (m *Room) Asked(ctx context.Context, person directory.PersonID) ([]directory.Case, error) {
	var list []directory.Case
	for c, err := range m.c.Source.ListCases(ctx, directory.CaseFilter{Person: person}) {
		if err != nil {
			return nil, err
		}
		if theirs(c, person) && !lapsed(c, m.c.Now()) {
			list = append(list, c)
		}
	}
	return list, nil
}

// theirs reports whether a case is a wish of the person's own. What managers
// propose about somebody is theirs to see when it happens.
func theirs(c directory.Case, person directory.PersonID) bool {
	return c.Person == person && c.By == person && (c.Kind == directory.CaseJoin || c.Kind == directory.CaseHome)
}

// ownWish reads one of them; any other case is not there.
func (m *Room) ownWish(ctx context.Context, person directory.PersonID, of directory.CollectiveName, id directory.CaseID) (matter, error) {
	c, err := m.read(ctx, of, id)
	if err == nil && !theirs(c.Case, person) {
		err = ErrNotThere
	}
	return c, err
}

// ReplyAsked answers a question about such a case.
func (m *Room) ReplyAsked(ctx context.Context, person directory.PersonID, of directory.CollectiveName, id directory.CaseID, text string) error {
	text, err := said(text)
	if err != nil {
		return err
	}
	return againOnly(func() error {
		c, err := m.ownWish(ctx, person, of, id)
		if err != nil {
			return err
		}
		return m.answer(ctx, directory.As(person), c, text)
	})
}

// TakeBack ends a case that the person opened.
func (m *Room) TakeBack(ctx context.Context, person directory.PersonID, of directory.CollectiveName, id directory.CaseID) error {
	return againOnly(func() error {
		c, err := m.ownWish(ctx, person, of, id)
		if err != nil {
			return err
		}
		return m.end(ctx, directory.As(person), c, occasion{matter: c}, withdraws, subject)
	})
}
