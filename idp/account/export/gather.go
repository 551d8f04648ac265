// SPDX-License-Identifier: AGPL-3.0-or-later

package export

import (
	"context"
	"errors"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// eventsMax is how much of what happened is in one file.
const eventsMax = 10_000

// gather reads everything, before a byte is written: a directory that is down
// is then an answer, and not half a file.
func (m *Maker) gather(ctx context.Context, id directory.PersonID) (Document, error) {
	p, err := m.Source.Person(ctx, id)
	if err != nil {
		return Document{}, err
	}
	d := Document{Format: Format, Version: Version, Made: m.Now().UTC(), Issuer: m.Issuer, Profile: profileOf(p)}
	for _, read := range []func(context.Context, directory.Person, *Document) error{
		m.standing, m.requests, m.services, m.sessions, m.activity,
	} {
		if err := read(ctx, p, &d); err != nil {
			return Document{}, err
		}
	}
	return d, nil
}

func profileOf(p directory.Person) Profile {
	return Profile{
		ID: p.ID, Handle: p.Handle, State: p.State, Anonymous: p.Anonymous,
		Name: p.Name, GivenName: p.GivenName, FamilyName: p.FamilyName,
		Mail: p.Mail, Verified: p.Verified, Pending: p.Pending, Language: p.Language, Primary: p.Primary,
		Created: p.Created.UTC(), Expires: moment(p.Expires), ValidatedAt: moment(p.ValidatedAt),
		Reason: p.Reason, Until: moment(p.Until), PaperCode: p.Code != "",
	}
}

func (m *Maker) standing(ctx context.Context, p directory.Person, d *Document) error {
	s, err := m.Directory.Standing(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, one := range s.Memberships {
		c, err := m.Directory.Collective(ctx, one.Collective)
		if err != nil {
			return err
		}
		d.Memberships = append(d.Memberships, Membership{Collective: one.Collective, Title: c.Title, Manager: one.Manager})
	}
	for _, one := range s.Access {
		title, err := m.titleOf(ctx, one.Service)
		if err != nil {
			return err
		}
		d.Access = append(d.Access, Access{Collective: one.Collective, Service: one.Service, Title: title, Role: one.Role})
	}
	return nil
}

// titleOf is a service's title; of one that is gone there is none.
func (m *Maker) titleOf(ctx context.Context, id directory.ServiceID) (string, error) {
	s, err := m.Directory.Service(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return "", nil
	}
	return s.Title, err
}

func (m *Maker) requests(ctx context.Context, p directory.Person, d *Document) error {
	cases, err := m.Cases.Asked(ctx, p.ID)
	for _, c := range cases {
		r := Request{Kind: c.Kind, Collective: c.Collective, Words: c.Words, Created: c.Created.UTC(), Expires: moment(c.Expires)}
		for _, line := range c.Dialogue {
			r.Dialogue = append(r.Dialogue, Line{Mine: line.By == "", At: line.At.UTC(), Text: line.Text})
		}
		d.Requests = append(d.Requests, r)
	}
	return err
}

func (m *Maker) services(ctx context.Context, p directory.Person, d *Document) error {
	for c, err := range m.Consents.ListConsents(ctx, p.ID) {
		if err != nil {
			return err
		}
		one, err := m.service(ctx, p, c)
		if err != nil {
			return err
		}
		d.Services = append(d.Services, one)
	}
	return nil
}

func (m *Maker) service(ctx context.Context, p directory.Person, c directory.Consent) (Service, error) {
	out := Service{
		ID: c.Service, State: c.State, Through: c.Collective, Appearance: c.Appearance,
		Pseudonym: c.Pseudonym, Handle: c.Handle, Alias: c.Alias,
		Allowed: c.Allowed, Declined: c.Declined, Groups: c.Groups,
		Decided: c.Decided.UTC(), Expires: moment(c.Expires), LastUsed: moment(c.LastUsed),
	}
	for _, jws := range c.Receipts {
		r := Receipt{JWS: jws}
		if says, err := consent.ReadReceipt(jws); err == nil {
			r.Says = &says
		}
		out.Receipts = append(out.Receipts, r)
	}
	s, err := m.Directory.Service(ctx, c.Service)
	if errors.Is(err, directory.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Title = s.Title
	out.Subject, err = m.Subjects.SubjectOf(ctx, s, p)
	return out, err
}

func (m *Maker) sessions(ctx context.Context, p directory.Person, d *Document) error {
	all, err := m.Sessions.Of(ctx, p.ID)
	for _, s := range all {
		if s.Epoch < p.Epoch {
			continue // void already
		}
		d.Sessions = append(d.Sessions, Session{
			Begun: s.Created.UTC(), Proven: s.AuthTime.UTC(), LastUsed: s.Seen.UTC(), Methods: s.AMR,
		})
	}
	return err
}

func (m *Maker) activity(ctx context.Context, p directory.Person, d *Document) error {
	events, err := m.Activity.OfPerson(ctx, p.ID, time.Time{}, eventsMax)
	for _, e := range events {
		d.Activity = append(d.Activity, Event{
			At: e.At.UTC(), Kind: string(e.Kind), By: ByWhom(e), Service: e.Service, Collective: e.Collective,
			Reason: e.Reason, Reference: e.Reference,
		})
	}
	return err
}

// ByWhom says who did something, to whom it happened: of a manager no more than
// that it was one. Who failed to log in nobody knows.
func ByWhom(e audit.Event) string {
	switch {
	case e.Kind == audit.LoginFailed:
		return "unknown"
	case e.Actor == audit.System:
		return "clau"
	case e.Actor == audit.Command:
		return "operator"
	case e.Actor == "" || e.Actor == e.Person:
		return "you"
	}
	return "manager"
}
