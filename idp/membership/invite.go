// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/ticket"
)

// What an invitation can be.
const (
	usesMax   = 500
	inviteFor = 365 * 24 * time.Hour // at most
)

// invites is how many letters one manager sends to addresses of their choice.
var invites = limit{"invite-letter", 50, time.Hour}

// Invite makes an invitation: for one address, which gets it by mail, or for a
// number of uses, for the managers to hand out. Of the latter it returns the
// path of the link, which is shown once and kept nowhere; of the former nothing,
// since whoever follows that link has proven the address. Where two must agree
// on accepting, an invitation is the first voice.
func (m *Room) Invite(ctx context.Context, by By, mail, words string, uses int, until time.Time) (path string, err error) {
	mail, words = strings.TrimSpace(mail), tidyText(words)
	if mail != "" {
		uses = 1
	}
	if faults := inviteFaults(mail, words, uses, until, m.c.Now()); len(faults) > 0 {
		return "", faults
	}
	h, err := m.chair(ctx, by)
	if err != nil {
		return "", err
	}
	if mail != "" {
		if err := m.count(ctx, invites, string(by.Person)); err != nil {
			return "", err
		}
	}
	i := directory.Invitation{Collective: h.in.Name, By: by.Person, Mail: mail, Words: words, Uses: uses, Expires: until}
	path, err = m.invite(ctx, h, i)
	if err != nil || mail == "" {
		return path, err
	}
	m.c.Letters.Write(ctx, letter.Letter{
		Kind: letter.Invited, To: directory.Person{Language: h.in.Language}, Address: mail, Collective: h.in.Name,
		Text: words, Path: path, Until: until,
	})
	return "", nil
}

func (m *Room) invite(ctx context.Context, h hearing, i directory.Invitation) (path string, err error) {
	i.ID, err = m.newID()
	if err != nil {
		return "", err
	}
	i.Created, i.Expires = m.now(), i.Expires.UTC().Truncate(time.Second)
	secret := m.c.Tickets.Issue(ticket.Invitation, directory.PersonID(i.ID), string(i.Collective), i.Expires)
	i.Digest = digest(secret)
	if err := m.c.Directory.AddInvitation(ctx, h.actor(), i); err != nil {
		return "", notThere(err)
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.InvitationMade, Actor: h.by.Person, Collective: i.Collective})
	return "/invitation?t=" + secret, nil
}

func inviteFaults(mail, words string, uses int, until, now time.Time) Faults {
	var f Faults
	switch {
	case len(mail) > mailMax:
		f.check("mail", "too-long")
	case mail != "" && !PlainAddress(mail):
		f.check("mail", "malformed")
	}
	f.check("words", textFault(words, wordsMax))
	if uses < 1 || uses > usesMax {
		f.check("uses", "malformed")
	}
	if !until.After(now) || until.After(now.Add(inviteFor)) {
		f.check("until", "malformed")
	}
	return f
}

// digest is what is kept of an invitation's secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Uninvite withdraws one of the collective's own, and its voice with it.
func (m *Room) Uninvite(ctx context.Context, by By, id string) error {
	h, err := m.chair(ctx, by)
	if err != nil {
		return err
	}
	i, err := m.c.Source.Invitation(ctx, id)
	if err != nil {
		return notThere(err)
	}
	if i.Collective != by.Collective {
		return ErrNotThere
	}
	if err := m.c.Directory.RemoveInvitation(ctx, h.actor(), by.Collective, id); err != nil {
		return notThere(err)
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.InvitationRemoved, Actor: by.Person, Collective: by.Collective})
	return m.silence(ctx, i)
}

// Invitations lists those that can still be used, without their digests.
func (m *Room) Invitations(ctx context.Context, by By) ([]directory.Invitation, error) {
	h, err := m.attend(ctx, by)
	if err != nil {
		return nil, err
	}
	var good []directory.Invitation
	for i, err := range m.c.Source.ListInvitations(ctx, directory.InvitationFilter{Collective: h.in.Name}) {
		if err != nil {
			return nil, err
		}
		i.Digest = ""
		if m.usable(i, h.in) {
			good = append(good, i)
		}
	}
	return good, nil
}

// Invited reads an invitation from its ticket, without using it: still good, and
// its manager still one.
func (m *Room) Invited(ctx context.Context, text string) (directory.Invitation, error) {
	var i directory.Invitation
	_, err := m.c.Tickets.Read(ticket.Invitation, text, func(id directory.PersonID) (string, error) {
		found, err := m.c.Source.Invitation(ctx, string(id))
		i = found
		return string(found.Collective), err
	})
	if errors.Is(err, ticket.ErrInvalid) || errors.Is(err, directory.ErrNotFound) {
		return directory.Invitation{}, ErrTicket
	}
	if err != nil {
		return directory.Invitation{}, err
	}
	if subtle.ConstantTimeCompare([]byte(i.Digest), []byte(digest(text))) != 1 {
		return directory.Invitation{}, ErrTicket
	}
	in, err := m.c.Source.Collective(ctx, i.Collective)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !m.usable(i, in) {
		err = ErrTicket
	}
	return i, err
}

// usable reports whether an invitation lets anybody in: nobody is vouched for
// by who is no manager any more.
func (m *Room) usable(i directory.Invitation, in directory.Collective) bool {
	manages := false
	for _, id := range in.Managers {
		manages = manages || id == i.By
	}
	return manages && in.State == directory.Active && i.Uses > 0 && m.c.Now().Before(i.Expires)
}

// Follow uses an invitation for somebody with an account: they join. One that
// was sent to an address is for whoever has proven that address.
func (m *Room) Follow(ctx context.Context, person directory.PersonID, text string) (Result, error) {
	i, err := m.Invited(ctx, text)
	if err != nil {
		return "", err
	}
	p, err := m.c.Source.Person(ctx, person)
	if err != nil {
		return "", notThere(err)
	}
	s, err := m.c.Source.Standing(ctx, person)
	switch {
	case err != nil:
		return "", err
	case !p.MayEnter(m.c.Now()):
		return "", ErrNotThere
	case i.Mail != "" && !owns(p, i.Mail):
		return "", ErrTicket
	case s.MemberOf(i.Collective):
		return "", ErrDone
	}
	in, err := m.c.Source.Collective(ctx, i.Collective)
	if err != nil {
		return "", notThere(err)
	}
	if p.Anonymous && !TakesAnonymous(in) {
		return "", ErrClosed
	}
	if err := m.use(ctx, i, person); err != nil {
		return "", err
	}
	return m.follows(ctx, i, in, p)
}

// follows lets somebody in, or asks for the second voice.
func (m *Room) follows(ctx context.Context, i directory.Invitation, in directory.Collective, p directory.Person) (Result, error) {
	if needed(directory.CaseJoin, in) > 1 {
		return m.firstVoice(ctx, i, in, p)
	}
	if err := m.takeIn(ctx, directory.As(i.By), in.Name, p); err != nil {
		return "", err
	}
	if err := m.dropWish(ctx, in.Name, p.ID); err != nil {
		return "", err
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.MemberAdded, Person: p.ID, Actor: i.By, Collective: in.Name, Reason: "invitation"})
	m.c.Letters.Write(ctx, letter.Letter{Kind: letter.Joined, To: p, Collective: in.Name})
	return Done, nil
}

// firstVoice opens the wish to join with the voice of who invited. A person
// cannot write somebody else's voice, so that it is Clau's own write; a wish
// that waits already gets the voice.
func (m *Room) firstVoice(ctx context.Context, i directory.Invitation, in directory.Collective, p directory.Person) (Result, error) {
	if err := m.dropWish(ctx, in.Name, p.ID); err != nil {
		return "", err
	}
	id, err := m.newID()
	if err != nil {
		return "", err
	}
	now := m.now()
	c := directory.Case{
		ID: directory.CaseID(id), Kind: directory.CaseJoin, Collective: in.Name, Person: p.ID, By: p.ID,
		Agreed: []directory.PersonID{i.By}, Created: now, Expires: now.Add(lapse(in)),
	}
	err = m.c.Directory.AddCase(ctx, directory.System(), c)
	if errors.Is(err, directory.ErrExists) {
		return "", ErrDone
	}
	if err != nil {
		return "", err
	}
	s, _ := next(c.Kind, nobody, wishes, subject)
	m.record(ctx, occasion{step: s, matter: matter{c, p}})
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.CaseAgreed, Person: p.ID, Actor: i.By, Collective: in.Name, Reason: string(c.Kind)})
	return Second, nil
}

// dropWish removes the wish to join that an invitation has overtaken.
func (m *Room) dropWish(ctx context.Context, name directory.CollectiveName, person directory.PersonID) error {
	wished := directory.CaseFilter{Collective: name, Person: person, Kind: directory.CaseJoin}
	for c, err := range m.c.Source.ListCases(ctx, wished) {
		if err != nil {
			return err
		}
		if err := m.c.Directory.RemoveCase(ctx, directory.System(), name, c.ID); err != nil {
			return err
		}
	}
	return nil
}
