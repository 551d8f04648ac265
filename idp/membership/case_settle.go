// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// settle does what a case is about, if enough managers agree on it now. It is
// written that they agree before anything is done, so that what is cut off here
// is finished by [Room.Sweep].
func (m *Room) settle(ctx context.Context, c matter) (Result, error) {
	in, err := m.c.Source.Collective(ctx, c.Collective)
	if err != nil {
		return "", notThere(err)
	}
	if in.State != directory.Active {
		return "", ErrClosed // since they agreed; nobody is let in by a collective that is stopped
	}
	if !enough(c.Case, in) {
		return Second, nil
	}
	agreed := voices(c.Case, in)
	if err := m.carry(ctx, c, agreed[len(agreed)-1]); err != nil {
		return "", err
	}
	return Done, nil
}

// carry does it in the name of the manager whose voice was the last one needed:
// the directory checks once more that they may.
func (m *Room) carry(ctx context.Context, c matter, by directory.PersonID) error {
	s, found := next(c.Kind, stageOf(c.Case, c.about), accepts, manager)
	if !found {
		return ErrNotThere
	}
	if err := m.perform(ctx, c, by); err != nil {
		return err
	}
	m.record(ctx, occasion{step: s, matter: c, actor: by})
	return nil
}

func (m *Room) perform(ctx context.Context, c matter, by directory.PersonID) error {
	switch c.Kind {
	case directory.CaseRegister:
		return noLonger(m.c.Directory.Approve(ctx, directory.As(by), c.Collective, c.Person, m.now()))
	case directory.CaseJoin:
		return m.then(ctx, c, m.takeIn(ctx, directory.As(by), c.Collective, c.about))
	case directory.CaseHome:
		return m.then(ctx, c, m.rehome(ctx, c))
	}
	return m.then(ctx, c, m.carryOut(ctx, By{Person: by, Collective: c.Collective}, c.Case))
}

// then removes a case whose matter is done, or was done already. It is Clau's
// own write: of many who come here the managers' voices have decided, and the
// last of them may be no manager any more by what was decided.
func (m *Room) then(ctx context.Context, c matter, err error) error {
	if err != nil && !errors.Is(err, ErrDone) {
		return err
	}
	return m.c.Directory.RemoveCase(ctx, directory.System(), c.Collective, c.ID)
}

// noLonger says of a registration that waits no longer that it is not there.
func noLonger(err error) error {
	if errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrNotFound) {
		return ErrNotThere
	}
	return err
}

// takeIn makes somebody with an account a member, in the manager's name. A
// collective that takes in who has no primary one vouches for them from then
// on, and their account has no end any more.
func (m *Room) takeIn(ctx context.Context, by directory.Actor, name directory.CollectiveName, p directory.Person) error {
	if p.State != directory.Active && p.State != directory.Suspended {
		return ErrNotThere // about to be erased, or not even taken in by the first one
	}
	if err := m.c.Directory.AddMember(ctx, by, name, p.ID); err != nil {
		return notThere(err)
	}
	return m.vouch(ctx, name, p.ID)
}

// vouch makes the collective the primary one of a member who has none, and takes
// the end from their account. They are read when they are a member: who left
// their primary collective since the case was read would have an end for ever.
func (m *Room) vouch(ctx context.Context, name directory.CollectiveName, id directory.PersonID) error {
	return againOnly(func() error {
		p, err := m.c.Source.Person(ctx, id)
		if err != nil || p.Primary != "" || p.State == directory.Retired {
			return err
		}
		return m.c.Directory.ChangePerson(ctx, directory.System(), id,
			directory.PersonChange{Primary: &name, Expires: new(time.Time), Still: &p})
	})
}

// rehome makes the collective the primary one of somebody who still belongs to
// it. The attribute is theirs and not for managers to write. Whose account is
// shut stays where it was shut: a friendlier home would open it.
func (m *Room) rehome(ctx context.Context, c matter) error {
	return againOnly(func() error {
		p, err := m.c.Source.Person(ctx, c.Person)
		if err != nil {
			return err
		}
		s, err := m.c.Source.Standing(ctx, c.Person)
		if err != nil {
			return err
		}
		if !s.MemberOf(c.Collective) || !p.MayEnter(m.c.Now()) {
			return ErrNotThere
		}
		return m.c.Directory.ChangePerson(ctx, directory.System(), c.Person,
			directory.PersonChange{Primary: &c.Collective, Still: &p})
	})
}

// claim ends the time of a case, so that nobody acts on it any more, before it
// is removed or moved. Of many who do that at once one succeeds; the others
// find that it is not there. What enough have agreed on is decided, [ErrDone],
// also for whom it is about: somebody may be carrying it out.
func (m *Room) claim(ctx context.Context, c matter) error {
	in, err := m.c.Source.Collective(ctx, c.Collective)
	if err != nil {
		return notThere(err)
	}
	if enough(c.Case, in) {
		return ErrDone
	}
	version := c.Version
	c.Expires = m.now()
	return m.expire(ctx, c, version)
}

// expire writes down until when a case waits. How long things are kept is
// Clau's to say, and not for those who decide.
func (m *Room) expire(ctx context.Context, c matter, version string) error {
	change := directory.CaseChange{Expires: &c.Expires, Version: version}
	err := m.c.Directory.ChangeCase(ctx, directory.System(), c.Collective, c.ID, change)
	if version == "" && errors.Is(err, directory.ErrNotFound) {
		return nil // ended meanwhile
	}
	return err
}

// again repeats what read a case and found it changed when it wrote.
func again[T any](do func() (T, error)) (T, error) {
	for range retries {
		got, err := do()
		if !errors.Is(err, directory.ErrConflict) {
			return got, notThere(err)
		}
	}
	var none T
	return none, directory.ErrConflict
}

func againOnly(do func() error) error {
	_, err := again(func() (struct{}, error) { return struct{}{}, do() })
	return err
}
