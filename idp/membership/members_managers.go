// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// Appoint makes a member a manager.
func (m *Room) Appoint(ctx context.Context, by By, id directory.PersonID) (Result, error) {
	h, err := m.hear(ctx, by, id)
	switch {
	case err != nil:
		return "", err
	case h.manages():
		return "", ErrDone
	case !h.who.MayEnter(m.c.Now()):
		return "", ErrNotThere
	}
	if needed(directory.CaseAppoint, h.in) > 1 {
		return m.propose(ctx, h, directory.Case{Kind: directory.CaseAppoint, Person: id})
	}
	return Done, m.appoint(ctx, h)
}

// appoint is Clau's own write: the list of managers is what the directory's
// rules stand on, and nobody else writes it.
func (m *Room) appoint(ctx context.Context, h hearing) error {
	if err := m.c.Directory.AddManager(ctx, directory.System(), h.in.Name, h.who.ID); err != nil {
		return notThere(err)
	}
	m.tell(ctx, h, audit.ManagerAdded, letter.Letter{Kind: letter.Appointed})
	return nil
}

// Dismiss makes a manager a member; also oneself, but not the last one
// ([ErrLastManager]).
func (m *Room) Dismiss(ctx context.Context, by By, id directory.PersonID) (Result, error) {
	h, err := m.hear(ctx, by, id)
	switch {
	case err != nil:
		return "", err
	case !h.manages():
		return "", ErrDone
	}
	if !h.self() && needed(directory.CaseDismiss, h.in) > 1 {
		return m.propose(ctx, h, directory.Case{Kind: directory.CaseDismiss, Person: id})
	}
	return Done, m.dismiss(ctx, h)
}

func (m *Room) dismiss(ctx context.Context, h hearing) error {
	if err := m.relieve(ctx, h.by.Person, h.in.Name, h.who.ID); err != nil {
		return err
	}
	m.tell(ctx, h, audit.ManagerRemoved, letter.Letter{Kind: letter.Dismissed})
	return nil
}

// relieve takes a manager off the list in one step with another staying on it:
// who decides, or, for somebody who goes by themselves, whoever can act there.
// So of two who dismiss one another at once the directory lets one, and the
// other finds that they manage nothing any more.
func (m *Room) relieve(ctx context.Context, by directory.PersonID, name directory.CollectiveName, id directory.PersonID) error {
	for range retries {
		staying, err := m.staying(ctx, by, name, id)
		if err != nil {
			return err
		}
		err = m.c.Directory.RelieveManager(ctx, name, id, staying)
		if !errors.Is(err, directory.ErrConflict) {
			return notThere(err)
		}
	}
	return directory.ErrConflict
}

// staying finds a manager who remains when one goes. Somebody whose account is
// shut is no manager to leave a collective with.
func (m *Room) staying(ctx context.Context, by directory.PersonID, name directory.CollectiveName, id directory.PersonID) (directory.PersonID, error) {
	in, err := m.c.Source.Collective(ctx, name)
	if err != nil {
		return "", notThere(err)
	}
	if by != id {
		if slices.Contains(in.Managers, by) {
			return by, nil
		}
		return "", ErrNotThere
	}
	found, err := m.people(ctx, in.Managers)
	if err != nil {
		return "", err
	}
	for _, other := range in.Managers {
		if p, there := found[other]; there && other != id && p.MayEnter(m.c.Now()) {
			return other, nil
		}
	}
	return "", ErrLastManager
}
