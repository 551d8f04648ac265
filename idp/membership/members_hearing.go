// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// hearing is who decides, for which collective, and about whom, as the
// directory itself has them at this moment: pages stay open for days.
type hearing struct {
	by    By // with the standing of this moment
	in    directory.Collective
	who   directory.Person
	whose directory.Standing
}

// chair is for who acts: a collective that the federation has stopped decides
// nothing about anybody ([ErrClosed]), and is still there to be looked at.
func (m *Room) chair(ctx context.Context, by By) (hearing, error) {
	h, err := m.attend(ctx, by)
	if err == nil && h.in.State != directory.Active {
		err = ErrClosed
	}
	return h, err
}

// attend reads who comes for a collective that they manage. Whoever does not
// learns no more than that of a collective that is not there.
func (m *Room) attend(ctx context.Context, by By) (hearing, error) {
	standing, err := m.c.Source.Standing(ctx, by.Person)
	if err != nil {
		return hearing{}, notThere(err)
	}
	if !standing.Manages(by.Collective) {
		return hearing{}, ErrNotThere
	}
	by.Standing = standing
	in, err := m.c.Source.Collective(ctx, by.Collective)
	return hearing{by: by, in: in}, notThere(err)
}

// hear reads a member of the collective beside. Somebody else's member is as
// little there as nobody: the same reads are made, and the same is answered.
func (m *Room) hear(ctx context.Context, by By, id directory.PersonID) (hearing, error) {
	h, err := m.chair(ctx, by)
	if err != nil {
		return h, err
	}
	if h.whose, err = m.c.Source.Standing(ctx, id); err != nil {
		return h, notThere(err)
	}
	if h.who, err = m.c.Source.Person(ctx, id); err != nil {
		return h, notThere(err)
	}
	if !h.whose.MemberOf(by.Collective) {
		return h, ErrNotThere
	}
	return h, nil
}

// actor is the manager, for the directory to check what is written.
func (h hearing) actor() directory.Actor { return directory.As(h.by.Person) }

func (h hearing) self() bool { return h.by.Person == h.who.ID }

// manages reports whether the person manages this collective.
func (h hearing) manages() bool { return h.whose.Manages(h.in.Name) }

// ours reports whether this collective vouches for the account: it is then its
// managers, and no others, who may shut it or help to get back into it.
func (h hearing) ours() bool { return h.who.Primary == h.in.Name }

// exceeds reports whether the person holds a right that who decides does not
// hold: the trust of a collective that they do not manage, or of a service of
// such a one. Help that reached such people would be a way up.
func (m *Room) exceeds(ctx context.Context, h hearing) (bool, error) {
	above := func(c directory.Membership) bool { return c.Manager && !h.by.Standing.Manages(c.Collective) }
	if slices.ContainsFunc(h.whose.Memberships, above) {
		return true, nil
	}
	for s, err := range m.c.Source.ListServices(ctx, directory.ServiceFilter{}) {
		if err != nil {
			return false, err
		}
		if slices.Contains(s.Managers, h.who.ID) && !h.by.Standing.Manages(s.Collective) {
			return true, nil
		}
	}
	return false, nil
}

// touchable is what suspending asks: one's own primary member, who manages
// nothing at all and is entrusted with nothing that exceeds who decides.
func (m *Room) touchable(ctx context.Context, h hearing) error {
	switch {
	case h.self():
		return ErrSelf
	case !h.ours() || slices.ContainsFunc(h.whose.Memberships, func(c directory.Membership) bool { return c.Manager }):
		return ErrExceeds
	}
	above, err := m.exceeds(ctx, h)
	if err == nil && above {
		err = ErrExceeds
	}
	return err
}
