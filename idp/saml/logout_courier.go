// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"errors"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/saml/metadata"
)

// logoutLife is how long a LogoutRequest of ours is good.
const logoutLife = 5 * time.Minute

// Deliver implements [logout.Courier]: behind the scenes where the service takes
// SOAP, and otherwise through the browser.
func (p *Provider) Deliver(ctx context.Context, to logout.Participant) error {
	there, err := p.departing(ctx, to)
	if err != nil {
		return err
	}
	if _, ok := there.metadata.Logout(metadata.BindingSOAP); ok {
		return p.tellBySOAP(ctx, there, to)
	}
	if _, ok := frontDoor(there, ""); ok {
		return logout.ErrBrowser
	}
	return logout.ErrUnsupported
}

// Lead implements [logout.Escort]. The request is called as the relay is, so
// that its answer can be known again.
func (p *Provider) Lead(ctx context.Context, to logout.Participant, relay string) (logout.Visit, error) {
	there, err := p.departing(ctx, to)
	if err != nil {
		return logout.Visit{}, err
	}
	door, ok := frontDoor(there, "")
	if !ok {
		return logout.Visit{}, logout.ErrUnsupported
	}
	root, err := p.logoutRequest(requestPrefix+relay, door.Location, to)
	if err != nil {
		return logout.Visit{}, err
	}
	return p.visit(there, outgoing{door.Binding, door.Location, samlRequest, relay, root})
}

// departing is a service that is to be told, also where it was stopped: it may
// hold sessions still. One that is gone, or has become another, has no ear.
func (p *Provider) departing(ctx context.Context, to logout.Participant) (party, error) {
	s, err := p.c.Directory.Service(ctx, to.Service)
	if errors.Is(err, directory.ErrNotFound) {
		return party{}, logout.ErrUnsupported
	}
	if err != nil {
		return party{}, err
	}
	there, err := p.partyOf(s)
	switch {
	case errors.Is(err, metadata.ErrExpired):
		return party{}, err // a fresh copy may come
	case err != nil:
		return party{}, logout.ErrUnsupported
	}
	return there, nil
}

// logoutRequest says the name to the letter as the service was told it: services
// find their sessions by it.
func (p *Provider) logoutRequest(id, destination string, to logout.Participant) (*etree.Element, error) {
	name, err := rememberedName(to.Name, to.Detail)
	if err != nil {
		return nil, err
	}
	now := instant(p.c.Now())
	until := now.Add(logoutLife)
	request := &crewjam.LogoutRequest{
		ID: id, Version: "2.0", IssueInstant: now, NotOnOrAfter: &until, Destination: destination,
		Issuer: p.issuer(), NameID: name.typed(), SessionIndex: &crewjam.SessionIndex{Value: to.SID},
	}
	return request.Element(), nil
}
