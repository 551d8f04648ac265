// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"

	"commonscloud.coop/clau/idp/signon"
)

const (
	// assertionLife is how long a browser takes to carry an assertion.
	assertionLife = 5 * time.Minute

	// headStart is for services whose clocks are behind.
	headStart = time.Minute
)

// grant is a sign-on that is answered by an assertion.
type grant struct {
	class  string // of authentication context
	result signon.Result
}

// assertion writes it (saml-profiles-2.0-os section 4.1.4.2): one subject, one
// audience, one statement of how and when the person proved who they are, and
// what was released. It never says from where they came.
func (p *Provider) assertion(from party, to reply, g grant, at time.Time) (*etree.Element, error) {
	id, err := p.random()
	if err != nil {
		return nil, err
	}
	name, err := rememberedName(g.result.Name, g.result.Detail)
	if err != nil {
		return nil, err
	}
	el := etree.NewElement("saml:Assertion")
	el.CreateAttr("xmlns:saml", nsAssertion)
	el.CreateAttr("ID", id)
	el.CreateAttr("Version", "2.0")
	el.CreateAttr("IssueInstant", crewjam.RelaxedTime(at).String())
	el.AddChild(p.issuer().Element())
	el.AddChild(subject(name, to, at).Element())
	el.AddChild(conditions(from, at).Element())
	el.AddChild(p.authentication(g, at).Element())
	if statement := statementOf(p.attributesOf(from, to, g.result)); statement != nil {
		el.AddChild(statement)
	}
	return el, nil
}

func (p *Provider) issuer() *crewjam.Issuer { return &crewjam.Issuer{Value: p.EntityID()} }

func subject(name nameID, to reply, at time.Time) *crewjam.Subject {
	return &crewjam.Subject{
		NameID: name.typed(),
		SubjectConfirmations: []crewjam.SubjectConfirmation{{
			Method: bearer,
			SubjectConfirmationData: &crewjam.SubjectConfirmationData{
				NotOnOrAfter: at.Add(assertionLife), Recipient: to.ACS, InResponseTo: to.InResponseTo,
			},
		}},
	}
}

func conditions(from party, at time.Time) *crewjam.Conditions {
	return &crewjam.Conditions{
		NotBefore: at.Add(-headStart), NotOnOrAfter: at.Add(assertionLife),
		AudienceRestrictions: []crewjam.AudienceRestriction{{Audience: crewjam.Audience{Value: from.entityID()}}},
	}
}

// authentication is the AuthnStatement. The session's index is of this service
// alone, so that two cannot compare them.
func (p *Provider) authentication(g grant, at time.Time) *crewjam.AuthnStatement {
	s := g.result.Session
	proven := coarse(s.AuthTime, time.Minute)
	if g.result.Request.Fresh { // whoever asks for a fresh proof compares its time with that of their request
		proven = coarse(s.AuthTime, time.Second)
	}
	ends := sessionEnd(s.Created.Add(p.c.Sessions.Absolute()), at)
	return &crewjam.AuthnStatement{
		AuthnInstant: proven, SessionIndex: g.result.SID, SessionNotOnOrAfter: &ends,
		AuthnContext: crewjam.AuthnContext{AuthnContextClassRef: &crewjam.AuthnContextClassRef{Value: g.class}},
	}
}

// coarse is a time of the session as services are told it. All of them are told
// of the same one: to the millisecond it would be a name that they could compare.
// It is never later than the true one.
func coarse(t time.Time, to time.Duration) time.Time { return t.UTC().Truncate(to) }

// sessionEnd is when the session is over at the latest, and never over already: in
// its last hour it is said a little late, to services which would refuse it otherwise.
func sessionEnd(end, now time.Time) time.Time {
	if said := coarse(end, time.Hour); said.After(now.Add(assertionLife)) {
		return said
	}
	return coarse(end, time.Hour).Add(time.Hour)
}

// instant is a time as messages say it: UTC, no finer than a millisecond
// (saml-core-2.0-os section 1.3.3).
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
