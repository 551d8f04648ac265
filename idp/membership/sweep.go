// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/store"
)

const (
	sweepEvery = time.Minute
	sweepKey   = "sweep:membership"
	sweepLease = 10 * time.Minute // longer than a sweep lasts; a node that dies in it holds others up so long

	// lateness is how long after its time a case is removed. Clocks of nodes
	// differ by less, and whoever claims a case has that long to end it.
	lateness = time.Minute
)

// Run sweeps every minute until ctx ends. Every node may run it: one of them
// sweeps.
func (m *Room) Run(ctx context.Context) {
	for {
		pause := sweepEvery + rand.N(sweepEvery/6) // so that nodes that start together do not ask together
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if err := m.turn(ctx); err != nil && ctx.Err() == nil {
			m.c.Logger.ErrorContext(ctx, "sweep of memberships", "error", err)
		}
	}
}

// turn sweeps if no other node does, or has within the minute.
func (m *Room) turn(ctx context.Context) error {
	err := m.c.Store.PutNew(ctx, sweepKey, nil, sweepLease)
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	swept := m.Sweep(ctx)
	return errors.Join(swept, m.c.Store.Write(ctx, store.Put{Key: sweepKey, TTL: sweepEvery * 3 / 4}))
}

// Sweep does what the time has come for: it lapses cases, finishes approvals
// that were cut off, ends suspensions, removes invitations, erases accounts,
// and writes to managers what waits. It is idempotent.
func (m *Room) Sweep(ctx context.Context) error {
	return errors.Join(
		m.sweepCases(ctx),
		m.sweepPeople(ctx),
		m.sweepInvitations(ctx),
		m.sweepDue(ctx),
	)
}

// sweepCases ends the cases whose time is over, and does what enough have
// agreed on but nobody got to do. One that cannot be ended holds up no other.
func (m *Room) sweepCases(ctx context.Context) error {
	var failed []error
	for c, err := range m.c.Source.ListCases(ctx, directory.CaseFilter{Due: m.now().Add(-lateness)}) {
		if err == nil {
			err = m.due(ctx, c)
		}
		if err != nil && !errors.Is(err, ErrNotThere) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (m *Room) due(ctx context.Context, listed directory.Case) error {
	c, err := m.read(ctx, listed.Collective, listed.ID)
	if errors.Is(err, ErrNotThere) && listed.Kind != directory.CaseRegister {
		c, err = matter{Case: listed}, nil // about somebody who was erased
	}
	if err != nil || !lapsed(c.Case, m.c.Now()) {
		return err
	}
	if len(c.Agreed) > 0 && (c.about.ID != "" || c.Kind == directory.CaseSettings) {
		result, err := m.settle(ctx, c)
		if result == Done || err != nil && !refusedForGood(err) {
			return err
		}
	}
	return m.lapse(ctx, c)
}

// refusedForGood tells what cannot be done any more from what can be tried
// again in a minute. What managers decided and can no longer be done lapses.
func refusedForGood(err error) bool {
	for _, final := range []error{ErrNotThere, ErrSelf, ErrExceeds, ErrLastManager, ErrDone, ErrClosed, directory.ErrRefused, directory.ErrInvalid} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

func (m *Room) lapse(ctx context.Context, c matter) error {
	s, found := next(c.Kind, stageOf(c.Case, c.about), lapses, clock)
	if !found {
		return nil
	}
	if err := m.c.Directory.RemoveCase(ctx, directory.System(), c.Collective, c.ID); err != nil {
		return err
	}
	m.record(ctx, occasion{step: s, matter: c, actor: audit.System})
	return nil
}

func (m *Room) sweepPeople(ctx context.Context) error {
	var failed []error
	for p, err := range m.c.Source.ListPeople(ctx, directory.PersonFilter{Due: m.now()}) {
		if err == nil {
			err = m.duePerson(ctx, p)
		}
		if err != nil && !errors.Is(err, directory.ErrNotFound) && !errors.Is(err, directory.ErrConflict) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// duePerson judges somebody as they are now: since the list was read a manager
// may have suspended them anew, or a collective taken them in.
func (m *Room) duePerson(ctx context.Context, listed directory.Person) error {
	p, err := m.c.Source.Person(ctx, listed.ID)
	if err != nil {
		return err
	}
	now := m.c.Now()
	over := !p.Expires.IsZero() && !now.Before(p.Expires)
	switch {
	case p.State == directory.Suspended && !p.Until.IsZero() && !now.Before(p.Until):
		return m.served(ctx, p)
	case p.State == directory.Retired && over:
		return m.erase(ctx, p)
	case (p.State == directory.Active || p.State == directory.Suspended) && over:
		return m.eraseUnvouched(ctx, p)
	}
	return nil // registrations have their cases; what an operator shut is theirs to open
}

// served ends a suspension whose time is over. The doors let the person in
// already; see [directory.Person.MayEnter].
func (m *Room) served(ctx context.Context, p directory.Person) error {
	change := directory.PersonChange{State: new(directory.Active), Reason: new(""), Until: new(time.Time), Still: &p}
	if err := m.c.Directory.ChangePerson(ctx, directory.System(), p.ID, change); err != nil {
		return err
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.PersonRestored, Person: p.ID, Actor: audit.System, Collective: p.Primary})
	m.c.Letters.Write(ctx, letter.Letter{Kind: letter.Restored, To: p, Collective: p.Primary})
	return nil
}

// eraseUnvouched erases an account that no collective vouches for. One that a
// collective does vouch for has expired for another reason, and stays.
func (m *Room) eraseUnvouched(ctx context.Context, p directory.Person) error {
	s, err := m.c.Source.Standing(ctx, p.ID)
	if err != nil || len(s.Memberships) > 0 {
		return err
	}
	return m.erase(ctx, p)
}

func (m *Room) sweepInvitations(ctx context.Context) error {
	var failed []error
	for i, err := range m.c.Source.ListInvitations(ctx, directory.InvitationFilter{Due: m.now()}) {
		if err == nil {
			err = m.c.Directory.RemoveInvitation(ctx, directory.System(), i.Collective, i.ID)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		m.c.Audit.Write(ctx, audit.Event{Kind: audit.InvitationRemoved, Actor: audit.System, Collective: i.Collective})
	}
	return errors.Join(failed...)
}
