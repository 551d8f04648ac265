// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/ticket"
)

// GraceDays is how long an erasure can be cancelled.
const GraceDays = 14

// Retire shuts an account to be erased when the grace is over: sessions and
// tokens end, the services are told, and what came of that is returned. The
// last manager of a collective names another first ([ErrLastManager]); any
// other manages nothing from now on, since nobody should wait for them.
// Repeated, it says until when, and tells nobody twice. Somebody suspended may
// ask for it as well, once they have proven who they are: a suspension is no
// reason to keep what is known of them. If they cancel it they are suspended.
func (m *Room) Retire(ctx context.Context, person directory.PersonID) (until time.Time, told []logout.Outcome, err error) {
	p, err := m.c.Source.Person(ctx, person)
	switch {
	case err != nil:
		return until, nil, notThere(err)
	case p.State == directory.Retired:
		return p.Expires, nil, nil
	case !p.MayEnter(m.c.Now()) && p.State != directory.Suspended:
		return until, nil, ErrNotThere
	}
	if err := m.resign(ctx, p); err != nil {
		return until, nil, err
	}
	p.Expires = graceOf(p, m.now())
	p.State = directory.Retired
	change := directory.PersonChange{State: &p.State, Expires: &p.Expires, RaiseEpoch: true}
	if err := m.c.Directory.ChangePerson(ctx, directory.System(), person, change); err != nil {
		return until, nil, notThere(err)
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.EraseAsked, Person: person})
	m.c.Letters.Write(ctx, letter.Letter{Kind: letter.EraseAsked, To: p, Until: p.Expires, Path: "/erase/cancel?t=" + m.ReviveTicket(p)})
	told, err = m.c.Logout.EndPerson(ctx, person)
	if err != nil {
		m.c.Logger.WarnContext(ctx, "sessions left to run out", "person", person, "error", err)
	}
	return p.Expires, told, nil
}

// graceOf is when an account is erased. One that ends sooner, since no
// collective vouches for it, does not live longer by asking to be erased.
func graceOf(p directory.Person, now time.Time) time.Time {
	until := now.AddDate(0, 0, GraceDays)
	if !p.Expires.IsZero() && p.Expires.Before(until) {
		return p.Expires
	}
	return until
}

// resign ends all that somebody manages. That somebody stays is made sure of
// for each collective before the first is left.
func (m *Room) resign(ctx context.Context, p directory.Person) error {
	s, err := m.c.Source.Standing(ctx, p.ID)
	if err != nil {
		return err
	}
	var managed []directory.CollectiveName
	for _, c := range s.Memberships {
		if !c.Manager {
			continue
		}
		if _, err := m.staying(ctx, p.ID, c.Collective, p.ID); err != nil {
			return err
		}
		managed = append(managed, c.Collective)
	}
	for _, name := range managed {
		if err := m.stepDown(ctx, p, name); err != nil {
			return err
		}
	}
	return nil
}

// Reviving says whose erasure a ticket would cancel, without doing it.
func (m *Room) Reviving(ctx context.Context, text string) (directory.Person, error) {
	var p directory.Person
	_, err := m.c.Tickets.Read(ticket.Revive, text, func(id directory.PersonID) (string, error) {
		found, err := m.c.Source.Person(ctx, id)
		if errors.Is(err, directory.ErrNotFound) || err == nil && found.State != directory.Retired {
			return "", ticket.ErrInvalid
		}
		p = found
		return reviveBound(found), err
	})
	if errors.Is(err, ticket.ErrInvalid) {
		return directory.Person{}, ErrTicket
	}
	return p, err
}

// Revive cancels an erasure. Who is in no collective has until then to find
// one; who was being suspended as they asked to be erased is still suspended.
func (m *Room) Revive(ctx context.Context, text string) (directory.Person, error) {
	p, err := m.Reviving(ctx, text)
	if err != nil {
		return directory.Person{}, err
	}
	s, err := m.c.Source.Standing(ctx, p.ID)
	if err != nil {
		return directory.Person{}, err
	}
	p.State = directory.Active
	if p.Reason != "" {
		p.State = directory.Suspended
	}
	change := directory.PersonChange{State: &p.State}
	if len(s.Memberships) > 0 {
		p.Expires = time.Time{}
		change.Expires = &p.Expires
	}
	if err := m.c.Directory.ChangePerson(ctx, directory.System(), p.ID, change); err != nil {
		return directory.Person{}, notThere(err)
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.EraseCancelled, Person: p.ID})
	m.c.Letters.Write(ctx, letter.Letter{Kind: letter.EraseCancelled, To: p})
	m.unvouched(ctx, p, p.Primary, p.Expires)
	return p, nil
}

// ReviveTicket is for somebody who has just proven, at the login, that the
// account is theirs. It ends a little before the account does, so that nobody
// comes back into what is being erased.
func (m *Room) ReviveTicket(p directory.Person) string {
	return m.c.Tickets.Issue(ticket.Revive, p.ID, reviveBound(p), p.Expires.Add(-lateness))
}

func reviveBound(p directory.Person) string { return p.Expires.UTC().Format(time.RFC3339) }

// Erase erases an account now: directory, store, and what is derived. What is
// left is what keeps handle and identifiers from re-use. It is Clau's own to do,
// when the time has come, or an operator's: no person erases another. Cut off
// half-way it can be repeated; the account is shut from the first step on.
func (m *Room) Erase(ctx context.Context, by directory.Actor, person directory.PersonID) error {
	if !by.IsSystem() {
		return ErrExceeds
	}
	p, err := m.c.Source.Person(ctx, person)
	if err != nil {
		return notThere(err)
	}
	return m.erase(ctx, p)
}

// erase erases somebody as they were read and judged.
func (m *Room) erase(ctx context.Context, p directory.Person) error {
	if err := m.shut(ctx, p); err != nil {
		return err
	}
	if _, err := m.c.Logout.EndPerson(ctx, p.ID); err != nil {
		return err
	}
	if err := m.dropCases(ctx, p.ID); err != nil {
		return err
	}
	if m.c.Forget != nil {
		if err := m.c.Forget(ctx, p.ID); err != nil {
			return err
		}
	}
	if err := m.c.Directory.RemovePerson(ctx, directory.System(), p.ID); err != nil {
		return notThere(err)
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.PersonErased, Person: p.ID, Actor: audit.System})
	m.c.Letters.Write(ctx, letter.Letter{Kind: letter.Erased, To: p})
	return nil
}

// shut closes the account of somebody who did not ask to be erased themselves,
// so that no session begins while everything else is taken away.
func (m *Room) shut(ctx context.Context, p directory.Person) error {
	if p.State == directory.Retired {
		return nil
	}
	now := m.now()
	change := directory.PersonChange{State: new(directory.Retired), Expires: &now, RaiseEpoch: true, Still: &p}
	return notThere(m.c.Directory.ChangePerson(ctx, directory.System(), p.ID, change))
}

// dropCases removes what waits for a decision about somebody, or was proposed
// by them.
func (m *Room) dropCases(ctx context.Context, person directory.PersonID) error {
	for c, err := range m.c.Source.ListCases(ctx, directory.CaseFilter{Person: person}) {
		if err == nil {
			err = m.c.Directory.RemoveCase(ctx, directory.System(), c.Collective, c.ID)
		}
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	return nil
}
