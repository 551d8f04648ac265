// SPDX-License-Identifier: AGPL-3.0-or-later

package bridgetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"commonscloud.coop/clau/idp/directory"
)

// Town is a directory in maps.
type Town struct {
	mu       sync.Mutex
	people   map[directory.PersonID]directory.Person
	standing map[directory.PersonID]directory.Standing
	services map[directory.ServiceID]directory.Service
	consents map[string]directory.Consent // by person and service
	reserved map[string]directory.PersonID
	down     error
}

func newTown() *Town {
	t := &Town{
		people:   map[directory.PersonID]directory.Person{},
		standing: map[directory.PersonID]directory.Standing{},
		services: map[directory.ServiceID]directory.Service{},
		consents: map[string]directory.Consent{},
		reserved: map[string]directory.PersonID{},
	}
	member := directory.Standing{Memberships: []directory.Membership{{Collective: "ateneu"}}}
	for id, name := range map[directory.PersonID]string{"mireia": "Mireia Ñandú", "bernat": "Bernat Pi"} {
		address := string(id) + "@coop.example"
		t.people[id] = directory.Person{
			ID: id, Handle: directory.Handle(id), Name: name, Mail: address, Verified: []string{address}, Language: "ca",
			State: directory.Active, Primary: "ateneu", Seed: []byte(strings.Repeat(string(id[0]), 32)),
		}
		t.standing[id] = member
	}
	return t
}

// Change lets nobody read while something is changed.
func (t *Town) Change(do func(*Town)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do(t)
}

// SetPerson changes a person.
func (t *Town) SetPerson(id directory.PersonID, change func(*directory.Person)) {
	t.Change(func(t *Town) {
		p := t.people[id]
		change(&p)
		t.people[id] = p
	})
}

// SetStanding says where a person belongs.
func (t *Town) SetStanding(id directory.PersonID, s directory.Standing) {
	t.Change(func(t *Town) { t.standing[id] = s })
}

// SetService adds or changes a service.
func (t *Town) SetService(s directory.Service) {
	t.Change(func(t *Town) { t.services[s.ID] = s })
}

// Break makes every answer err; nil mends it.
func (t *Town) Break(err error) { t.Change(func(t *Town) { t.down = err }) }

// Reserve gives a subject to somebody.
func (t *Town) Reserve(sector, subject string, to directory.PersonID) {
	t.Change(func(t *Town) { t.reserved[sector+" "+subject] = to })
}

// Person reads a person.
func (t *Town) Person(_ context.Context, id directory.PersonID) (directory.Person, error) {
	return read(t, t.people, id)
}

// Standing reads where a person belongs.
func (t *Town) Standing(_ context.Context, id directory.PersonID) (directory.Standing, error) {
	return read(t, t.standing, id)
}

// Service reads a service.
func (t *Town) Service(_ context.Context, id directory.ServiceID) (directory.Service, error) {
	return read(t, t.services, id)
}

// ServiceByName finds a service.
func (t *Town) ServiceByName(_ context.Context, name directory.ServiceName) (directory.Service, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.services {
		if s.Name == name {
			return s, t.down
		}
	}
	return directory.Service{}, cmp.Or(t.down, directory.ErrNotFound)
}

// Services lists all.
func (t *Town) Services(context.Context) ([]directory.Service, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.services)), t.down
}

// Collective has any name and no policy of its own.
func (t *Town) Collective(_ context.Context, name directory.CollectiveName) (directory.Collective, error) {
	return directory.Collective{Name: name, Title: "Ateneu Popular", Language: "ca"}, nil
}

// Consent reads a decision.
func (t *Town) Consent(_ context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error) {
	return read(t, t.consents, string(person)+" "+string(service))
}

// PutConsent writes one. A subject becomes the person's for good.
func (t *Town) PutConsent(_ context.Context, sector string, c directory.Consent) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := sector + " " + c.Subject
	if whose := t.reserved[key]; c.Subject != "" && whose != "" && whose != c.Person {
		return directory.ErrExists
	}
	if c.Subject != "" {
		t.reserved[key] = c.Person
	}
	t.consents[string(c.Person)+" "+string(c.Service)] = c
	return t.down
}

// StopConsent suspends a decision.
func (t *Town) StopConsent(person directory.PersonID, service directory.ServiceID) {
	t.Change(func(t *Town) {
		key := string(person) + " " + string(service)
		c := t.consents[key]
		c.State = directory.Suspended
		t.consents[key] = c
	})
}

// PersonByLogin finds a person by handle.
func (t *Town) PersonByLogin(ctx context.Context, name string) (directory.Person, error) {
	return t.Person(ctx, directory.PersonID(name))
}

// Authenticate takes the one password that everybody has.
func (t *Town) Authenticate(_ context.Context, _ directory.PersonID, password string) (directory.PasswordAdvice, error) {
	if password != Password {
		return directory.PasswordAdvice{}, directory.ErrPassword
	}
	return directory.PasswordAdvice{}, nil
}

// AuthenticateNobody fails.
func (t *Town) AuthenticateNobody(context.Context, string) error { return directory.ErrPassword }

// SetPassword does nothing: nobody changes theirs here.
func (t *Town) SetPassword(context.Context, directory.Actor, directory.PersonID, string) error {
	return nil
}

// ChangePerson does nothing: see [Town.SetPerson].
func (t *Town) ChangePerson(context.Context, directory.Actor, directory.PersonID, directory.PersonChange) error {
	return nil
}

func read[K comparable, V any](t *Town, from map[K]V, key K) (V, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := from[key]
	if t.down != nil || !ok {
		return v, cmp.Or(t.down, directory.ErrNotFound)
	}
	return v, nil
}
