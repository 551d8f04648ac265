// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

// tell runs one errand: whoever enters is described anew, by the same release
// that a sign-on would give, and whoever does not is logged out. Who never
// entered the forum is nobody to it.
func (p *Provider) tell(ctx context.Context, e errand) error {
	s, err := p.c.Directory.Service(ctx, e.Service)
	if err != nil {
		return gone(err)
	}
	if _, err := p.c.Directory.Consent(ctx, e.Person, e.Service); err != nil {
		return gone(err)
	}
	person, err := p.c.Directory.Person(ctx, e.Person)
	if err != nil {
		return gone(err)
	}
	f, err := p.opened(s)
	if errors.Is(err, errUnknownForum) {
		return nil
	}
	if err != nil {
		return err
	}
	forum, ok := p.api(f)
	if !ok {
		return nil
	}
	a, err := p.c.SignOns.Admit(ctx, person.ID, s.ID, person.Epoch, f.need())
	switch {
	case err == nil:
		facts := release.Facts{Person: a.Person, Standing: a.Standing, Service: a.Service, Terms: a.Terms}
		said := f.profile(a.Subject, release.Decide(f.need(), facts))
		return forum.sync(ctx, said, f.inForce(p.c.Now()))
	case errors.Is(err, signon.ErrStopped), errors.Is(err, signon.ErrClosed), errors.Is(err, signon.ErrWithdrawn):
		return p.shut(ctx, forum, s, person)
	}
	return err
}

// shut ends what somebody still has at a forum that they do not enter any more.
func (p *Provider) shut(ctx context.Context, forum api, s directory.Service, person directory.Person) error {
	subject, err := p.c.SignOns.SubjectOf(ctx, s, person)
	if err != nil || subject == "" { // without a seed nobody can tell who it was
		return err
	}
	return forum.logOut(ctx, subject)
}

// gone is nil for what is not there: there is nobody, or no forum, to be told.
func gone(err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	return err
}
