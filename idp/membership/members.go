// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/ticket"
)

// resetFor is how long a link is good that a manager sends: longer than one
// that somebody asks for at the login, since they need not wait for it.
const resetFor = 24 * time.Hour

// resets is how many of these letters one person gets.
var resets = limit{"member-reset", 3, time.Hour}

// Suspend shuts an account: sessions and tokens end at once. Only the managers
// of the person's primary collective can, and not of somebody who manages any
// collective, or administers a service of one that they do not manage
// ([ErrExceeds]). until may be zero.
func (m *Room) Suspend(ctx context.Context, by By, id directory.PersonID, reason string, until time.Time) (Result, error) {
	reason, err := said(reason)
	if err != nil {
		return "", err
	}
	if !until.IsZero() && !until.After(m.c.Now()) {
		return "", Faults{{Field: "until", Code: "malformed"}}
	}
	h, err := m.suspendable(ctx, by, id)
	if err != nil {
		return "", err
	}
	if needed(directory.CaseSuspend, h.in) > 1 {
		return m.propose(ctx, h, directory.Case{Kind: directory.CaseSuspend, Person: id, Reason: reason, Until: until})
	}
	return Done, m.suspend(ctx, h, reason, until)
}

func (m *Room) suspendable(ctx context.Context, by By, id directory.PersonID) (hearing, error) {
	h, err := m.hear(ctx, by, id)
	if err == nil {
		err = m.touchable(ctx, h)
	}
	if err == nil && !h.who.MayEnter(m.c.Now()) {
		err = ErrDone
	}
	return h, err
}

// suspend writes it as the manager: the directory lets them, and nobody else,
// take an account of their collective's from active to suspended.
func (m *Room) suspend(ctx context.Context, h hearing, reason string, until time.Time) error {
	change := directory.PersonChange{State: new(directory.Suspended), Reason: &reason, Until: &until, RaiseEpoch: true}
	if err := m.c.Directory.ChangePerson(ctx, h.actor(), h.who.ID, change); err != nil {
		return notThere(err)
	}
	m.endAll(ctx, h.who.ID)
	m.tell(ctx, h, audit.PersonSuspended, letter.Letter{Kind: letter.Suspended, Text: reason, Until: until})
	return nil
}

// Restore ends a suspension. Somebody whose primary collective took them out
// while they were suspended can be restored by any collective that they are in.
func (m *Room) Restore(ctx context.Context, by By, id directory.PersonID) error {
	h, err := m.hear(ctx, by, id)
	switch {
	case err != nil:
		return err
	case h.self():
		return ErrSelf
	case !h.ours() && h.who.Primary != "":
		return ErrExceeds
	case h.who.State != directory.Suspended:
		return ErrDone
	}
	actor := h.actor()
	if !h.ours() {
		actor = directory.System() // the directory knows of no primary collective that could
	}
	change := directory.PersonChange{State: new(directory.Active), Reason: new(""), Until: new(time.Time)}
	if err := m.c.Directory.ChangePerson(ctx, actor, id, change); err != nil {
		return notThere(err)
	}
	m.tell(ctx, h, audit.PersonRestored, letter.Letter{Kind: letter.Restored})
	return nil
}

// Expel takes a member out, with a reason that they are told. Whoever is then in
// no collective keeps the account for [NoCollectiveDays] days more. A manager
// is dismissed first ([ErrExceeds]); oneself leaves ([ErrSelf]).
func (m *Room) Expel(ctx context.Context, by By, id directory.PersonID, reason string) (Result, error) {
	reason, err := said(reason)
	if err != nil {
		return "", err
	}
	h, err := m.expellable(ctx, by, id)
	if err != nil {
		return "", err
	}
	if needed(directory.CaseExpel, h.in) > 1 {
		return m.propose(ctx, h, directory.Case{Kind: directory.CaseExpel, Person: id, Reason: reason})
	}
	return Done, m.expel(ctx, h, reason)
}

func (m *Room) expellable(ctx context.Context, by By, id directory.PersonID) (hearing, error) {
	h, err := m.hear(ctx, by, id)
	switch {
	case err != nil:
		return h, err
	case h.self():
		return h, ErrSelf
	case h.manages():
		return h, ErrExceeds
	}
	return h, nil
}

func (m *Room) expel(ctx context.Context, h hearing, reason string) error {
	end, err := m.takeOut(ctx, h.actor(), h.in.Name, h.who, h.whose)
	if err != nil {
		return err
	}
	m.tell(ctx, h, audit.MemberRemoved, letter.Letter{Kind: letter.Removed, Text: reason})
	m.unvouched(ctx, h.who, h.in.Name, end)
	return nil
}

// SendReset writes a member a link to set a new password; who sends it never
// sees it. Somebody who was accepted and set none yet gets that letter again.
// It is for members whose primary collective this is, and who hold no right
// that the manager does not ([ErrExceeds]); oneself has a page for it.
func (m *Room) SendReset(ctx context.Context, by By, id directory.PersonID) error {
	h, err := m.hear(ctx, by, id)
	switch {
	case err != nil:
		return err
	case h.self():
		return ErrSelf
	case !h.ours():
		return ErrExceeds
	}
	above, err := m.exceeds(ctx, h)
	switch {
	case err != nil:
		return err
	case above:
		return ErrExceeds
	case h.who.State != directory.Active && h.who.State != directory.Suspended:
		return ErrDone // an account that is shut for good needs no password
	case h.who.Mail == "":
		return ErrNoAddress
	}
	if err := m.count(ctx, resets, string(id)); err != nil {
		return err
	}
	m.tell(ctx, h, audit.ResetSent, m.wayBack(h.who))
	return nil
}

// wayBack is the letter by which somebody sets a password: the first one, or
// another.
func (m *Room) wayBack(p directory.Person) letter.Letter {
	if stageOfAccount(p) == accepted && p.ValidatedBy != "" {
		path, until := m.firstPassword(p)
		return letter.Letter{Kind: letter.Accepted, Path: path, Until: until}
	}
	until := m.now().Add(resetFor)
	path := login.ResetPath + m.c.Tickets.Issue(ticket.Reset, p.ID, login.ResetBound(p), until)
	return letter.Letter{Kind: letter.Reset, Path: path, Until: until}
}

// tell keeps the event, and writes the letter to whom it concerns.
func (m *Room) tell(ctx context.Context, h hearing, kind audit.Kind, l letter.Letter) {
	e := audit.Event{Kind: kind, Person: h.who.ID, Collective: h.in.Name}
	if !h.self() {
		e.Actor = h.by.Person
	}
	m.c.Audit.Write(ctx, e)
	l.To, l.Collective = h.who, h.in.Name
	m.c.Letters.Write(ctx, l)
}

// endAll ends what somebody has open. The epoch has voided it already: what
// cannot be deleted now is of no use to anybody, and runs out.
func (m *Room) endAll(ctx context.Context, id directory.PersonID) {
	if _, err := m.c.Logout.EndPerson(ctx, id); err != nil {
		m.c.Logger.WarnContext(ctx, "sessions left to run out", "person", id, "error", err)
	}
}
