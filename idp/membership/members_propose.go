// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"cmp"
	"context"
	"errors"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// propose opens a case for a second manager to agree with: who opens it is the
// first voice. [ErrDone] if it waits already.
func (m *Room) propose(ctx context.Context, h hearing, c directory.Case) (Result, error) {
	id, err := m.newID()
	if err != nil {
		return "", err
	}
	c.ID, c.Collective, c.By = directory.CaseID(id), h.in.Name, h.by.Person
	c.Agreed = []directory.PersonID{h.by.Person}
	c.Created = m.now()
	c.Expires = c.Created.Add(lapse(h.in))
	err = m.c.Directory.AddCase(ctx, h.actor(), c)
	if errors.Is(err, directory.ErrExists) {
		return "", ErrDone
	}
	if err != nil {
		return "", err
	}
	m.proposed(ctx, h, c)
	return Second, nil
}

// proposed tells the other managers. Whom it is about hears of it when it
// happens: a proposal is not a decision.
func (m *Room) proposed(ctx context.Context, h hearing, c directory.Case) {
	m.c.Audit.Write(ctx, audit.Event{
		Kind: audit.CaseOpened, Person: h.who.ID, Actor: h.by.Person, Collective: c.Collective, Reason: string(c.Kind),
	})
	others, err := m.people(ctx, h.in.Managers)
	if err != nil {
		m.c.Logger.WarnContext(ctx, "managers not told of a proposal", "collective", c.Collective, "error", err)
	}
	for _, id := range h.in.Managers {
		p, found := others[id]
		if !found || id == c.By || id == h.who.ID || !p.MayEnter(m.c.Now()) {
			continue
		}
		m.c.Letters.Write(ctx, letter.Letter{
			Kind: letter.Propose, To: p, Collective: c.Collective, Name: cmp.Or(h.who.Name, h.in.Title), Text: c.Reason,
			Path: "/collectives/" + string(c.Collective) + "/requests/" + string(c.ID),
		})
	}
}

// carryOut does what a proposal is about, when enough managers agree: by is the
// one whose voice was the last. Everything is looked at once more, since days
// may lie between. The case is removed by who calls it; [ErrDone] says that it
// is so already.
func (m *Room) carryOut(ctx context.Context, by By, c directory.Case) error {
	switch c.Kind {
	case directory.CaseSuspend:
		return m.carryOutSuspension(ctx, by, c)
	case directory.CaseExpel:
		return m.carryOutExpulsion(ctx, by, c)
	case directory.CaseAppoint:
		return m.carryOutAppointment(ctx, by, c)
	case directory.CaseDismiss:
		return m.carryOutDismissal(ctx, by, c)
	case directory.CaseSettings:
		return m.carryOutSettings(ctx, by, c)
	}
	return ErrNotThere
}

func (m *Room) carryOutSuspension(ctx context.Context, by By, c directory.Case) error {
	if !c.Until.IsZero() && !c.Until.After(m.c.Now()) {
		return ErrDone // it would be over before it began
	}
	h, err := m.suspendable(ctx, by, c.Person)
	if err != nil {
		return err
	}
	return m.suspend(ctx, h, c.Reason, c.Until)
}

func (m *Room) carryOutExpulsion(ctx context.Context, by By, c directory.Case) error {
	h, err := m.expellable(ctx, by, c.Person)
	if err != nil {
		return err
	}
	return m.expel(ctx, h, c.Reason)
}

func (m *Room) carryOutAppointment(ctx context.Context, by By, c directory.Case) error {
	h, err := m.hear(ctx, by, c.Person)
	switch {
	case err != nil:
		return err
	case h.manages():
		return ErrDone
	case !h.who.MayEnter(m.c.Now()):
		return ErrNotThere
	}
	return m.appoint(ctx, h)
}

func (m *Room) carryOutDismissal(ctx context.Context, by By, c directory.Case) error {
	h, err := m.hear(ctx, by, c.Person)
	switch {
	case err != nil:
		return err
	case !h.manages():
		return ErrDone
	}
	return m.dismiss(ctx, h)
}
