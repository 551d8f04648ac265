// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// What somebody who keeps a service could do to people who are not theirs: find
// out one name after another who has an account, and have letters written to one
// of them by letting them in and out again.
var (
	admissions = limit{"admit", 60, time.Hour}         // by one who admits, those of nobody among them
	tidings    = limit{"service-letter", 1, time.Hour} // of one kind, about one service, to one person
)

// Admit opens a service to somebody with an account, who is named by handle or
// verified address: also from outside the collective, and also oneself, since
// whoever may let anybody in gains nothing by it. A collective's managers may,
// those of a guest in the guest's name, and the service's own admins.
// [ErrNotThere] if nobody is called so, [ErrSlow] if they tried too many names.
func (m *Room) Admit(ctx context.Context, by By, service directory.ServiceName, login, role string) error {
	if code := roleFault(role); code != "" {
		return Faults{{Field: "role", Code: code}}
	}
	h, s, err := m.keeping(ctx, by, service)
	if err != nil {
		return err
	}
	if err := m.count(ctx, admissions, string(by.Person)); err != nil {
		return err
	}
	h.who, err = m.c.Source.PersonByLogin(ctx, strings.TrimSpace(login))
	if err != nil {
		return notThere(err)
	}
	if h.who.State != directory.Active && h.who.State != directory.Suspended {
		return ErrNotThere
	}
	if h.whose, err = m.c.Source.Standing(ctx, h.who.ID); err != nil {
		return err
	}
	access := directory.Access{Collective: by.Collective, Service: s.ID, Role: role}
	if slices.Contains(h.whose.Access, access) {
		return ErrDone
	}
	if err := m.c.Directory.GrantAccess(ctx, h.actor(), access, h.who.ID); err != nil {
		return notThere(err)
	}
	m.tellOf(ctx, h, s, audit.AccessGranted, role, letter.Admitted)
	return nil
}

// Shut takes that back, and ends what the person has at the service if nothing
// else opens it to them. What was not open is shut already.
func (m *Room) Shut(ctx context.Context, by By, service directory.ServiceName, id directory.PersonID, role string) error {
	h, s, err := m.keeping(ctx, by, service)
	if err != nil {
		return err
	}
	if h.whose, err = m.c.Source.Standing(ctx, id); err != nil {
		return notThere(err)
	}
	access := directory.Access{Collective: by.Collective, Service: s.ID, Role: role}
	if !slices.Contains(h.whose.Access, access) {
		return nil
	}
	if h.who, err = m.c.Source.Person(ctx, id); err != nil {
		return notThere(err)
	}
	if err := m.c.Directory.RevokeAccess(ctx, h.actor(), access, id); err != nil {
		return notThere(err)
	}
	after := directory.Standing{
		Memberships: h.whose.Memberships,
		Access:      slices.DeleteFunc(slices.Clone(h.whose.Access), func(a directory.Access) bool { return a == access }),
	}
	m.closeServices(ctx, []directory.Service{s}, id, h.whose, after)
	m.tellOf(ctx, h, s, audit.AccessRevoked, role, letter.ShutOut)
	return nil
}

// Entrust makes a member an admin of a service of the collective, or ends that.
// Only managers of the collective that runs it can, and not for themselves: they
// may do all that an admin may. Who is no member any more is still relieved.
func (m *Room) Entrust(ctx context.Context, by By, service directory.ServiceName, id directory.PersonID, on bool) error {
	h, err := m.chair(ctx, by)
	if err != nil {
		return err
	}
	s, err := m.c.Source.ServiceByName(ctx, service)
	if err != nil || s.Collective != by.Collective {
		return cmp.Or(notThere(err), ErrNotThere)
	}
	if on {
		h, err = m.hear(ctx, by, id)
	} else {
		h.who, err = m.c.Source.Person(ctx, id)
	}
	switch {
	case err != nil:
		return notThere(err)
	case on && h.self():
		return ErrSelf
	case on && !h.who.MayEnter(m.c.Now()):
		return ErrNotThere
	}
	change, kind, of := with(id), audit.AdminAdded, letter.Entrusted
	if !on {
		change, kind, of = without(id), audit.AdminRemoved, letter.Relieved
	}
	changed, err := m.keepers(ctx, service, change)
	if err != nil || !changed {
		return err
	}
	m.tellOf(ctx, h, s, kind, "", of)
	return nil
}

// keeping reads a service, and who acts for it. Managers of a guest act in the
// guest's name; a service's own admins in that of the collective that runs it.
func (m *Room) keeping(ctx context.Context, by By, service directory.ServiceName) (hearing, directory.Service, error) {
	s, err := m.c.Source.ServiceByName(ctx, service)
	if err != nil {
		return hearing{}, s, notThere(err)
	}
	if s.Collective != by.Collective && !slices.Contains(s.Guests, by.Collective) {
		return hearing{}, s, ErrNotThere
	}
	h, err := m.chair(ctx, by)
	if !errors.Is(err, ErrNotThere) || s.Collective != by.Collective || !slices.Contains(s.Managers, by.Person) {
		return h, s, err
	}
	keeper, err := m.c.Source.Person(ctx, by.Person)
	if err == nil && !keeper.MayEnter(m.c.Now()) {
		err = ErrNotThere
	}
	in, inErr := m.c.Source.Collective(ctx, s.Collective)
	return hearing{by: by, in: in}, s, notThere(errors.Join(err, inErr))
}

// keepers changes who administers a service, over what others change at the
// same moment. It is Clau's own write, as the list of managers is.
func (m *Room) keepers(ctx context.Context, name directory.ServiceName, change func([]directory.PersonID) []directory.PersonID) (changed bool, err error) {
	return again(func() (bool, error) {
		s, err := m.c.Source.ServiceByName(ctx, name)
		if err != nil {
			return false, err
		}
		now := change(slices.Clone(s.Managers))
		if slices.Equal(now, s.Managers) {
			return false, nil
		}
		s.Managers = now
		return true, m.c.Directory.ReplaceService(ctx, directory.System(), s)
	})
}

func with(id directory.PersonID) func([]directory.PersonID) []directory.PersonID {
	return func(all []directory.PersonID) []directory.PersonID {
		if slices.Contains(all, id) {
			return all
		}
		return append(all, id)
	}
}

func without(id directory.PersonID) func([]directory.PersonID) []directory.PersonID {
	return func(all []directory.PersonID) []directory.PersonID {
		return slices.DeleteFunc(all, func(other directory.PersonID) bool { return other == id })
	}
}

// tellOf keeps the event, and writes to the person. What is undone and done again
// within the hour they read once; a store that is away silences nothing.
func (m *Room) tellOf(ctx context.Context, h hearing, s directory.Service, kind audit.Kind, role string, of letter.Kind) {
	e := audit.Event{Kind: kind, Person: h.who.ID, Service: s.ID, Collective: h.in.Name, Reason: role}
	if !h.self() {
		e.Actor = h.by.Person
	}
	m.c.Audit.Write(ctx, e)
	if err := m.count(ctx, tidings, string(of)+" "+string(s.ID)+" "+string(h.who.ID)); errors.Is(err, ErrSlow) {
		return
	}
	m.c.Letters.Write(ctx, letter.Letter{Kind: of, To: h.who, Collective: h.in.Name, Name: s.Title})
}

func roleFault(role string) string {
	switch {
	case len(role) > directory.RoleMax:
		return "too-long"
	case role != "" && !directory.ValidRole(role):
		return "malformed"
	}
	return ""
}
