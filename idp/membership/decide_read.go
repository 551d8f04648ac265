// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// Waiting is a case as managers see it.
type Waiting struct {
	directory.Case
	About  directory.Person   // whom it is about, with no more than managers need
	Agreed []directory.Person // who agreed already
	Needed int                // how many must agree
	Mine   bool               // the manager has agreed already, or it is about them
}

// Waiting lists what waits for the managers of a collective, oldest first. An
// application whose address is not proven is not among it.
func (m *Room) Waiting(ctx context.Context, by By) ([]Waiting, error) {
	if err := m.managing(ctx, by); err != nil {
		return nil, err
	}
	open, err := m.undecided(ctx, by.Collective)
	if err != nil {
		return nil, err
	}
	in, err := m.c.Source.Collective(ctx, by.Collective)
	if err != nil {
		return nil, notThere(err)
	}
	agreed, err := m.agreed(ctx, open)
	if err != nil {
		return nil, err
	}
	list := make([]Waiting, 0, len(open))
	for _, c := range open {
		list = append(list, show(c, by.Person, in, agreed))
	}
	return list, nil
}

// WaitingCase reads one.
func (m *Room) WaitingCase(ctx context.Context, by By, id directory.CaseID) (Waiting, error) {
	if err := m.managing(ctx, by); err != nil {
		return Waiting{}, err
	}
	c, err := m.read(ctx, by.Collective, id)
	if err != nil {
		return Waiting{}, err
	}
	if stageOf(c.Case, c.about) == unproven || lapsed(c.Case, m.c.Now()) {
		return Waiting{}, ErrNotThere
	}
	in, err := m.c.Source.Collective(ctx, by.Collective)
	if err != nil {
		return Waiting{}, notThere(err)
	}
	agreed, err := m.agreed(ctx, []matter{c})
	return show(c, by.Person, in, agreed), err
}

// undecided reads the cases of a collective that its managers can decide, by
// a few searches whatever their number.
func (m *Room) undecided(ctx context.Context, name directory.CollectiveName) ([]matter, error) {
	people, err := m.registered(ctx, name)
	if err != nil {
		return nil, err
	}
	var open []matter
	var ids []directory.PersonID
	for c, err := range m.c.Source.ListCases(ctx, directory.CaseFilter{Collective: name}) {
		if err != nil {
			return nil, err
		}
		p, registered := people[c.Person]
		if lapsed(c, m.c.Now()) || c.Kind == directory.CaseRegister && !registered {
			continue
		}
		open = append(open, matter{c, p})
		if !registered {
			ids = append(ids, c.Person)
		}
	}
	known, err := m.people(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, c := range open {
		if c.about.ID == "" {
			open[i].about = known[c.Person]
		}
	}
	return open, nil
}

// registered are those with a proven address, or none, who wait for a
// collective: one search among those alone who registered there.
func (m *Room) registered(ctx context.Context, name directory.CollectiveName) (map[directory.PersonID]directory.Person, error) {
	people := map[directory.PersonID]directory.Person{}
	for p, err := range m.c.Source.ListPeople(ctx, directory.PersonFilter{Collective: name, State: directory.PendingApproval}) {
		if err != nil {
			return nil, err
		}
		if p.Primary == name {
			people[p.ID] = p
		}
	}
	return people, nil
}

// people reads many people with an account, by their ids.
func (m *Room) people(ctx context.Context, ids []directory.PersonID) (map[directory.PersonID]directory.Person, error) {
	slices.Sort(ids)
	people := map[directory.PersonID]directory.Person{}
	for some := range slices.Chunk(slices.Compact(ids), directory.PageMax) {
		found, err := m.c.Source.PeopleByID(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			people[p.ID] = p
		}
	}
	return people, nil
}

// agreed are the managers who agreed to any of the cases.
func (m *Room) agreed(ctx context.Context, open []matter) (map[directory.PersonID]directory.Person, error) {
	var ids []directory.PersonID
	for _, c := range open {
		ids = append(ids, c.Agreed...)
	}
	return m.people(ctx, ids)
}

// show leaves of people what managers need. The address is for those alone who
// are new and whom they vouch for: of somebody else's member they see no more
// than who it is.
func show(c matter, by directory.PersonID, in directory.Collective, managers map[directory.PersonID]directory.Person) Waiting {
	w := Waiting{Case: c.Case, About: needful(c.about), Needed: needed(c.Kind, in), Mine: about(c.Case, by)}
	if c.Kind == directory.CaseRegister {
		w.About.Mail = c.about.Mail
	}
	for _, id := range voices(c.Case, in) {
		w.Agreed = append(w.Agreed, needful(managers[id]))
		w.Mine = w.Mine || id == by
	}
	return w
}

func needful(p directory.Person) directory.Person {
	return directory.Person{
		ID: p.ID, Handle: p.Handle, Name: p.Name, State: p.State, Anonymous: p.Anonymous,
		Language: p.Language, Primary: p.Primary, Created: p.Created,
	}
}
