// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/directory"
)

// Why somebody is not admitted.
var (
	// ErrStopped says that the account may not be used, or that its epoch was
	// raised since the grant was made.
	ErrStopped = errors.New("signon: account stopped")

	// ErrClosed says that the service is stopped, or not open to the person.
	ErrClosed = errors.New("signon: service closed to the person")
)

// Admission is a person at a service's door, let in.
type Admission struct {
	Person   directory.Person
	Standing directory.Standing
	Service  directory.Service
	Subject  string // whom the service knows the person as
}

// Admit decides whether a person may enter a service now: the one question that
// every door asks, at the sign-on and at every later use of what it granted.
// Epoch is the person's when the grant was made. An empty service is Clau
// itself. With [ErrClosed] the admission is filled in all the same.
func (p *Pipeline) Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64) (Admission, error) {
	who, err := p.c.Directory.Person(ctx, person)
	if errors.Is(err, directory.ErrNotFound) {
		return Admission{}, ErrStopped
	}
	if err != nil {
		return Admission{}, err
	}
	if !who.MayEnter(p.c.Now()) || epoch < who.Epoch {
		return Admission{}, ErrStopped
	}
	standing, err := p.c.Directory.Standing(ctx, person)
	if err != nil {
		return Admission{}, err
	}
	a := Admission{Person: who, Standing: standing}
	if service == "" {
		return a, nil
	}
	a.Service, err = p.c.Directory.Service(ctx, service)
	if errors.Is(err, directory.ErrNotFound) {
		return Admission{}, ErrClosed
	}
	if err != nil {
		return Admission{}, err
	}
	a.Subject = p.SubjectOf(a.Service, who)
	// Without a seed there is no pseudonym, and people without one must not
	// meet under the same name.
	if a.Subject == "" || !a.Service.Open(standing) {
		return a, ErrClosed
	}
	return a, nil
}

// SubjectOf returns whom a service knows a person as: a pseudonym of the
// service's sector, or the handle where the service was registered so on purpose.
func (p *Pipeline) SubjectOf(service directory.Service, person directory.Person) string {
	if service.OIDC != nil && service.OIDC.Metadata.SubjectType == "public" {
		return string(person.Handle)
	}
	return p.c.Pseudonyms.Subject(service, person)
}
