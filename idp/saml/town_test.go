// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"commonscloud.coop/clau/idp/directory"
)

// town is a directory of three people and the services that tests register.
type town struct {
	mu       sync.Mutex
	people   map[directory.PersonID]directory.Person
	standing map[directory.PersonID]directory.Standing
	services map[directory.ServiceID]directory.Service
	consents map[string]directory.Consent // by person and service
	down     error
}

func newTown() *town {
	seed := func(b byte) []byte { return []byte(strings.Repeat(string(rune(b)), 32)) }
	return &town{
		people: map[directory.PersonID]directory.Person{
			"1": {ID: "1", Handle: "anna.vila", Name: "Anna Vilà", GivenName: "Anna", FamilyName: "Vilà", Mail: "anna@example.coop",
				Verified: []string{"anna@example.coop"}, Language: "ca", State: directory.Active, Seed: seed('a')},
			"2": {ID: "2", Handle: "bernat", Name: "Bernat Pi", State: directory.Active, Seed: seed('b')},
		},
		standing: map[directory.PersonID]directory.Standing{
			"1": {Memberships: []directory.Membership{{Collective: "ateneu"}}},
			"2": {Memberships: []directory.Membership{{Collective: "ateneu"}}},
		},
		services: map[directory.ServiceID]directory.Service{},
		consents: map[string]directory.Consent{},
	}
}

func (d *town) Person(_ context.Context, id directory.PersonID) (directory.Person, error) {
	return found(d, func() map[directory.PersonID]directory.Person { return d.people }, id)
}

func (d *town) Standing(_ context.Context, id directory.PersonID) (directory.Standing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.standing[id], d.down
}

func (d *town) Service(_ context.Context, id directory.ServiceID) (directory.Service, error) {
	return found(d, func() map[directory.ServiceID]directory.Service { return d.services }, id)
}

func (d *town) Services(context.Context) ([]directory.Service, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.services)), d.down
}

func (d *town) ServiceByName(_ context.Context, name directory.ServiceName) (directory.Service, error) {
	return d.service(func(s directory.Service) bool { return s.Name == name })
}

func (d *town) ServiceByEntityID(_ context.Context, entityID string) (directory.Service, error) {
	return d.service(func(s directory.Service) bool { return s.SAML != nil && s.SAML.EntityID == entityID })
}

func (d *town) service(is func(directory.Service) bool) (directory.Service, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.services {
		if is(s) {
			return s, d.down
		}
	}
	if d.down != nil {
		return directory.Service{}, d.down
	}
	return directory.Service{}, directory.ErrNotFound
}

func (d *town) Collective(_ context.Context, name directory.CollectiveName) (directory.Collective, error) {
	return directory.Collective{Name: name, Title: "Ateneu Popular"}, nil
}

func (d *town) Consent(_ context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error) {
	return found(d, func() map[string]directory.Consent { return d.consents }, string(person)+"/"+string(service))
}

func (d *town) PutConsent(_ context.Context, _ string, c directory.Consent) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.consents[string(c.Person)+"/"+string(c.Service)] = c
	return nil
}

func found[K comparable, V any](d *town, all func() map[K]V, key K) (V, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := all()[key]
	if d.down != nil {
		return v, d.down
	}
	if !ok {
		return v, directory.ErrNotFound
	}
	return v, nil
}

func (d *town) PersonByLogin(_ context.Context, name string) (directory.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if strings.EqualFold(name, string(p.Handle)) {
			return p, nil
		}
	}
	return directory.Person{}, directory.ErrNotFound
}

func (d *town) Authenticate(_ context.Context, _ directory.PersonID, typed string) (directory.PasswordAdvice, error) {
	if typed != password {
		return directory.PasswordAdvice{}, directory.ErrPassword
	}
	return directory.PasswordAdvice{}, nil
}

func (d *town) AuthenticateNobody(context.Context, string) error { return directory.ErrPassword }

func (d *town) SetPassword(context.Context, directory.Actor, directory.PersonID, string) error {
	return directory.ErrRefused
}

func (d *town) ChangePerson(context.Context, directory.Actor, directory.PersonID, directory.PersonChange) error {
	return directory.ErrRefused
}

// change changes a service as an admin would, while others sign on.
func (d *town) change(id directory.ServiceID, change func(*directory.Service)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.services[id]
	record := *s.SAML
	s.SAML = &record
	change(&s)
	d.services[id] = s
}
