// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Why somebody is not admitted.
var (
	// ErrStopped says that the account may not be used, or that its epoch was
	// raised since the grant was made.
	ErrStopped = errors.New("signon: account stopped")

	// ErrClosed says that the service is stopped, or not open to the person.
	ErrClosed = errors.New("signon: service closed to the person")

	// ErrWithdrawn says that nothing the person agreed to holds the grant any
	// more: they stopped the service, or the time they gave is over.
	ErrWithdrawn = errors.New("signon: consent withdrawn")
)

// Admission is a person at a service's door, let in.
type Admission struct {
	Person   directory.Person
	Standing directory.Standing
	Service  directory.Service
	Subject  string        // whom the service knows the person as
	Terms    release.Terms // what it may be told of the person

	input    consent.Input
	verdict  consent.Verdict
	language string // of the collective that is entered through
	taken    int    // how many handles proposed to the person were somebody else's
}

// entry is the question at the door: may this person enter this service now,
// to be told so much? An empty service is Clau itself.
type entry struct {
	person  directory.PersonID
	service directory.ServiceID
	epoch   int64 // the person's when the grant was made
	need    release.Need
	again   bool // the service wants consent asked again
	taken   int
}

// Admit decides whether what was granted to a service still holds: the one
// question that every door asks, at every use of what a sign-on granted. Epoch
// is the person's when the grant was made, and need what it covers. An empty
// service is Clau itself. With [ErrClosed] and [ErrWithdrawn] the admission is
// filled in all the same.
func (p *Pipeline) Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (Admission, error) {
	a, err := p.door(ctx, entry{person: person, service: service, epoch: epoch, need: need})
	if err != nil || service == "" {
		return a, err
	}
	if a.verdict.Lapsed() && a.verdict.Refused == nil {
		// What was agreed to a moment ago, on another node, may not have reached
		// this one's cache.
		if a, err = p.judgedAnew(ctx, a); err != nil {
			return a, err
		}
	}
	switch {
	case a.verdict.Refused != nil:
		return a, ErrClosed
	case a.verdict.Lapsed():
		return a, ErrWithdrawn
	}
	return a, nil
}

// door reads who stands there and what they have agreed to.
func (p *Pipeline) door(ctx context.Context, e entry) (Admission, error) {
	who, err := p.c.Directory.Person(ctx, e.person)
	if errors.Is(err, directory.ErrNotFound) {
		return Admission{}, ErrStopped
	}
	if err != nil {
		return Admission{}, err
	}
	if !who.MayEnter(p.c.Now()) || e.epoch < who.Epoch {
		return Admission{}, ErrStopped
	}
	standing, err := p.c.Directory.Standing(ctx, e.person)
	if err != nil {
		return Admission{}, err
	}
	a := Admission{Person: who, Standing: standing}
	if e.service == "" {
		return a, nil
	}
	a.Service, err = p.c.Directory.Service(ctx, e.service)
	if errors.Is(err, directory.ErrNotFound) {
		return Admission{}, ErrClosed
	}
	if err != nil {
		return Admission{}, err
	}
	if a, err = p.heard(ctx, a, e); err != nil {
		return Admission{}, err
	}
	// Without a seed there is no pseudonym, and people without one must not
	// meet under the same name.
	if a.Subject == "" || !a.Service.Open(standing) {
		return a, ErrClosed
	}
	return a, nil
}

// SubjectOf returns whom a service knows a person as: a pseudonym of the
// service's sector, or the handle where the service was registered so on purpose.
func (p *Pipeline) SubjectOf(ctx context.Context, service directory.Service, person directory.Person) (string, error) {
	given, err := p.consent(ctx, person.ID, service.ID)
	if err != nil {
		return "", err
	}
	return p.subject(service, person, given), nil
}

func (p *Pipeline) subject(service directory.Service, person directory.Person, given *directory.Consent) string {
	if service.PublicSubject() {
		return string(person.Handle)
	}
	if given == nil {
		return p.c.Pseudonyms.SubjectOf(service, person, 0)
	}
	if given.Subject != "" {
		return given.Subject
	}
	return p.c.Pseudonyms.SubjectOf(service, person, given.Identity)
}
