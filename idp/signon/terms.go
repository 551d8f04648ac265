// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/pseudonym"
)

// heard lets the policy of the collective and the decision of the person be
// heard on what the entry needs.
func (p *Pipeline) heard(ctx context.Context, a Admission, e entry) (Admission, error) {
	given, err := p.consent(ctx, e.person, e.service)
	if err != nil {
		return a, err
	}
	through, err := p.c.Directory.Collective(ctx, consent.Through(a.Service, a.Person, a.Standing))
	if err != nil {
		return a, err
	}
	policy, err := p.policies.Policy(through.Name, through.Policy)
	if err != nil {
		return a, err
	}
	a.taken, a.language = e.taken, through.Language
	a.input = consent.Input{
		Need: e.need, Policy: policy, Service: a.Service, Person: a.Person, Standing: a.Standing,
		Consent: given, Again: e.again, Now: p.c.Now(),
	}
	return p.judged(a), nil
}

// judged fills in what follows from the input. Names are computed only where
// somebody will see them: most sign-ons ask nothing.
func (p *Pipeline) judged(a Admission) Admission {
	a.verdict = consent.Judge(a.input)
	if a.verdict.Ask != nil || a.verdict.Record || a.verdict.Refused != nil {
		a.input.Names = p.names(a)
		a.verdict = consent.Judge(a.input)
	}
	a.Terms = a.verdict.Terms
	a.Subject = p.subject(a.Service, a.Person, a.input.Consent)
	return a
}

// judgedAnew judges by what the directory itself says, past the cache.
func (p *Pipeline) judgedAnew(ctx context.Context, a Admission) (Admission, error) {
	given, err := found(p.c.Consents.Consent(ctx, a.Person.ID, a.Service.ID))
	if err != nil {
		return a, err
	}
	a.input.Consent = given
	return p.judged(a), nil
}

func (p *Pipeline) consent(ctx context.Context, person directory.PersonID, service directory.ServiceID) (*directory.Consent, error) {
	return found(p.c.Directory.Consent(ctx, person, service))
}

func found(c directory.Consent, err error) (*directory.Consent, error) {
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// names are what the person would be called at the service in place of their
// own name. An anonymous person's nickname is not among them, nor are they in
// the person's language: two services that both heard it could join what they know.
func (p *Pipeline) names(a Admission) consent.Names {
	sector, seed, identity := pseudonym.Sector(a.Service), a.Person.Seed, 0
	if a.input.Consent != nil {
		identity = a.input.Consent.Identity
	}
	handle := p.c.Pseudonyms.Handle(sector, seed, identity, a.taken, a.language)
	return consent.Names{
		Handle:    handle,
		Pseudonym: p.c.Pseudonyms.Display(handle, a.language),
		Alias:     p.c.Pseudonyms.Alias(sector, seed, identity, p.c.AliasOf),
	}
}

// noted writes down what nobody is asked about but everybody can see: that the
// service was used, and under which names.
func (p *Pipeline) noted(ctx context.Context, a Admission) (Admission, error) {
	if a.Service.ID == "" {
		return a, nil
	}
	settle := consent.Note
	if !a.verdict.Record {
		if !p.longUnused(a.input.Consent) {
			return a, nil
		}
		settle = p.used
	}
	a, err := p.write(ctx, a, settle)
	if errors.Is(err, consent.ErrNothingAsked) {
		return a, nil // another request has just written it
	}
	return a, err
}

// lastUsedEvery is how exactly the directory keeps when a service was last used.
const lastUsedEvery = 24 * time.Hour

func (p *Pipeline) longUnused(c *directory.Consent) bool {
	return c != nil && p.c.Now().Sub(c.LastUsed) >= lastUsedEvery
}

// used settles nothing but the day of the last use.
func (p *Pipeline) used(in consent.Input) (directory.Consent, error) {
	if !p.longUnused(in.Consent) {
		return directory.Consent{}, consent.ErrNothingAsked
	}
	c := *in.Consent
	c.LastUsed = p.c.Now()
	return c, nil
}

// writeTries is how often a decision is written before giving up. A handle is
// taken with a chance of well under one in a hundred.
const writeTries = 16

// write keeps a decision. A handle that somebody has in the sector already is
// replaced by the next one: the directory decides whose it is. A decision that
// was changed meanwhile is judged anew, by what it is now. What is returned with
// an error says how far it came.
func (p *Pipeline) write(ctx context.Context, a Admission, settle func(consent.Input) (directory.Consent, error)) (Admission, error) {
	for try := 1; ; try++ {
		c, err := settle(a.input)
		if err != nil {
			return a, err
		}
		err = p.c.Decisions.PutConsent(ctx, pseudonym.Sector(a.Service), c)
		switch {
		case err == nil:
			return p.judgedAnew(ctx, a)
		case try == writeTries:
			return a, err
		case errors.Is(err, directory.ErrExists):
			a.taken++
			a.input.Names = p.names(a)
		case errors.Is(err, directory.ErrConflict):
			if a, err = p.judgedAnew(ctx, a); err != nil {
				return a, err
			}
		default:
			return a, err
		}
	}
}
