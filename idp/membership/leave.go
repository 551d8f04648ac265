// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// NoCollectiveDays is how long an account lives that no collective vouches for.
const NoCollectiveDays = 90

// Leave takes a person out of a collective, and with it what it opened to them.
// The last manager cannot leave ([ErrLastManager]).
//
// It is Clau's own write: no member writes the member list.
func (m *Room) Leave(ctx context.Context, person directory.PersonID, name directory.CollectiveName) error {
	p, err := m.c.Source.Person(ctx, person)
	if err != nil {
		return notThere(err)
	}
	s, err := m.c.Source.Standing(ctx, person)
	if err != nil {
		return err
	}
	if !s.MemberOf(name) {
		return ErrNotThere
	}
	if s.Manages(name) {
		if err := m.stepDown(ctx, p, name); err != nil {
			return err
		}
	}
	end, err := m.takeOut(ctx, directory.System(), name, p, s)
	if err != nil {
		return err
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.MemberLeft, Person: person, Collective: name})
	m.unvouched(ctx, p, name, end)
	return nil
}

// stepDown ends that somebody manages a collective, by their own wish.
func (m *Room) stepDown(ctx context.Context, p directory.Person, name directory.CollectiveName) error {
	if err := m.relieve(ctx, p.ID, name, p.ID); err != nil {
		return err
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.ManagerRemoved, Person: p.ID, Collective: name})
	m.c.Letters.Write(ctx, letter.Letter{Kind: letter.Dismissed, To: p, Collective: name})
	return nil
}

// takeOut takes from a member exactly what the collective gave: access, trust in
// its services, its name on the account, and at last the membership, so that
// whoever is cut off on the way finds a member and begins again. It returns when
// the account ends, if no collective is left.
func (m *Room) takeOut(ctx context.Context, by directory.Actor, name directory.CollectiveName, p directory.Person, s directory.Standing) (end time.Time, err error) {
	for _, a := range s.Access {
		if a.Collective != name {
			continue
		}
		if err := m.c.Directory.RevokeAccess(ctx, by, a, p.ID); err != nil {
			return end, notThere(err)
		}
	}
	services, err := m.services(ctx)
	if err != nil {
		return end, err
	}
	if err := m.relieveServices(ctx, by, services, name, p.ID); err != nil {
		return end, err
	}
	if err := m.disown(ctx, by, name, p); err != nil {
		return end, err
	}
	after, err := m.c.Source.Standing(ctx, p.ID)
	if err != nil {
		return end, err
	}
	m.closeServices(ctx, services, p.ID, s, after)
	return m.endUnvouched(ctx, p.ID)
}

// endUnvouched gives the account of somebody whom no collective vouches for an
// end, unless one takes them in at this very moment, or they have one already
// that is near, and fixed.
func (m *Room) endUnvouched(ctx context.Context, id directory.PersonID) (time.Time, error) {
	return again(func() (time.Time, error) {
		p, err := m.c.Source.Person(ctx, id)
		if err != nil {
			return time.Time{}, err
		}
		s, err := m.c.Source.Standing(ctx, id)
		if err != nil || len(s.Memberships) > 0 || p.State == directory.Retired {
			return time.Time{}, err
		}
		end := m.now().AddDate(0, 0, NoCollectiveDays)
		return end, m.c.Directory.ChangePerson(ctx, directory.System(), id, directory.PersonChange{Expires: &end, Still: &p})
	})
}

// disown ends the membership. The account's primary collective is emptied
// first, and put back if the directory does not let the manager go on: nobody
// who looks in between finds an account vouched for by where it does not belong.
func (m *Room) disown(ctx context.Context, by directory.Actor, name directory.CollectiveName, p directory.Person) error {
	set := func(primary directory.CollectiveName) error {
		return m.c.Directory.ChangePerson(context.WithoutCancel(ctx), directory.System(), p.ID, directory.PersonChange{Primary: &primary})
	}
	if p.Primary == name {
		if err := set(""); err != nil {
			return notThere(err)
		}
	}
	err := m.c.Directory.RemoveMember(ctx, by, name, p.ID)
	if err != nil && p.Primary == name {
		err = errors.Join(err, set(name))
	}
	return notThere(err)
}

func (m *Room) services(ctx context.Context) ([]directory.Service, error) {
	var all []directory.Service
	for s, err := range m.c.Source.ListServices(ctx, directory.ServiceFilter{}) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// relieveServices ends that somebody administers services of a collective.
func (m *Room) relieveServices(ctx context.Context, by directory.Actor, services []directory.Service, name directory.CollectiveName, id directory.PersonID) error {
	actor, _ := by.Person()
	for _, s := range services {
		if s.Collective != name || !slices.Contains(s.Managers, id) {
			continue
		}
		if _, err := m.keepers(ctx, s.Name, without(id)); err != nil {
			return err
		}
		m.c.Audit.Write(ctx, audit.Event{Kind: audit.AdminRemoved, Person: id, Actor: actor, Service: s.ID, Collective: name})
	}
	return nil
}

// closeServices ends what somebody has at the services that are no longer open
// to them.
func (m *Room) closeServices(ctx context.Context, services []directory.Service, id directory.PersonID, before, after directory.Standing) {
	for _, s := range services {
		if !s.Open(before) || s.Open(after) {
			continue
		}
		if _, err := m.c.Logout.Stop(ctx, id, s.ID); err != nil {
			m.c.Logger.WarnContext(ctx, "grants to a service left to run out", "person", id, "service", s.ID, "error", err)
		}
	}
}

// unvouched writes to somebody whom no collective vouches for any more.
func (m *Room) unvouched(ctx context.Context, p directory.Person, left directory.CollectiveName, end time.Time) {
	if end.IsZero() {
		return
	}
	m.c.Letters.Write(ctx, letter.Letter{Kind: letter.NoCollective, To: p, Collective: left, Until: end})
}
