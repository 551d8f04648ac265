// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/ticket"
)

// Application is what somebody typed who wants to join.
type Application struct {
	Collective directory.CollectiveName
	Handle     directory.Handle
	Name       string // as others see it; empty: the handle
	Mail       string // empty with Anonymous
	Language   string
	Words      string // a line to the managers
	Answer     string // to the collective's question
	Anonymous  bool
	Invitation string // ticket of an invitation; empty: none
}

// Applied is what came of it. It is the same whether or not the address was
// known already: only the letter tells.
type Applied struct {
	Ticket string // of the page where the application is followed
	Code   string // on paper, for who is anonymous; shown once
	Prove  bool   // an address waits for proof; otherwise the collective is asked already
}

// Open are the collectives that can be joined, by title.
func (m *Room) Open(ctx context.Context) ([]directory.Collective, error) {
	var open []directory.Collective
	for c, err := range m.c.Directory.ListCollectives(ctx) {
		if err != nil {
			return nil, err
		}
		if joinable(c) {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, func(a, b directory.Collective) int {
		return cmp.Or(strings.Compare(fold(a.Title), fold(b.Title)), cmp.Compare(a.Name, b.Name))
	})
	return open, nil
}

func joinable(c directory.Collective) bool { return c.State == directory.Active && !c.Settings.Closed }

// TakesAnonymous reports whether somebody can join a collective without a name
// or address. A policy that cannot be read allows nothing.
func TakesAnonymous(c directory.Collective) bool {
	policy, err := consent.ParsePolicy(c.Policy, consent.JSON)
	return err == nil && policy.Anonymous
}

// Apply opens an application: one search of the directory, or two without an
// address, and a round trip to the store or two for what is beyond the usual, so
// that a flood costs little. The error
// is [Faults], [ErrClosed], [ErrTicket] for a bad invitation, or [ErrSlow].
//
// With an address that has an account already everything is done that is done
// with any other, the entry included; but its owner is told, and nobody can
// prove it once more. So neither the page nor its work tells who has an account.
func (m *Room) Apply(ctx context.Context, a Application, from netip.Addr) (Applied, error) {
	a = a.tidy()
	if faults := a.faults(); len(faults) > 0 {
		return Applied{}, faults
	}
	if !m.applying.lets(from, m.c.Now()) {
		return Applied{}, ErrSlow
	}
	in, invited, err := m.door(ctx, a)
	if err != nil {
		return Applied{}, err
	}
	found, err := m.c.Source.Taken(ctx, a.Handle, a.Mail)
	if err != nil {
		return Applied{}, err
	}
	if takenBy(found, a.Handle) {
		return Applied{}, Faults{{Field: "handle", Code: "taken"}}
	}
	shared := sharing(found, a.Mail, from)
	if invited.Mail != "" && owner(shared.others, a.Mail) != nil {
		// Who came by that letter owns the address, and may know it: they log
		// in, and the invitation is still good.
		return Applied{}, Faults{{Field: "mail", Code: "taken"}}
	}
	if err := m.makeRoom(ctx, a, in, invited, shared); err != nil {
		return Applied{}, err
	}
	return m.apply(ctx, a, in, invited, shared)
}

// door finds what somebody wants to join, and whether it lets them apply in
// this way. An invitation opens what is closed, and is an answer to the
// question; it is used later, when nothing else is in the way.
func (m *Room) door(ctx context.Context, a Application) (directory.Collective, directory.Invitation, error) {
	var invited directory.Invitation
	in, err := m.c.Directory.Collective(ctx, a.Collective)
	if err != nil {
		return in, invited, notThere(err)
	}
	if a.Invitation != "" {
		invited, err = m.Invited(ctx, a.Invitation)
	}
	switch {
	case err != nil:
		return in, invited, err
	case a.Invitation != "" && invited.Collective != in.Name:
		return in, invited, ErrTicket
	case invited.Mail != "" && !a.Anonymous && !strings.EqualFold(invited.Mail, a.Mail):
		return in, invited, Faults{{Field: "mail", Code: "wrong"}}
	case in.State != directory.Active, in.Settings.Closed && invited.ID == "":
		return in, invited, ErrClosed
	case a.Anonymous && !TakesAnonymous(in):
		return in, invited, ErrClosed
	case a.Anonymous && invited.Mail != "": // whoever sent it knows who they are
		return in, invited, ErrClosed
	case invited.ID == "" && !answered(in.Settings, a.Answer):
		return in, invited, Faults{{Field: "answer", Code: "wrong"}}
	}
	return in, invited, nil
}

// apply makes the application.
func (m *Room) apply(ctx context.Context, a Application, in directory.Collective, invited directory.Invitation, shared address) (Applied, error) {
	proven := invited.Mail != ""
	c, code, err := m.draft(a, in, invited, proven)
	if err != nil {
		return Applied{}, err
	}
	if invited.ID != "" {
		if err := m.use(ctx, invited, c.Person); err != nil {
			return Applied{}, err
		}
	}
	err = m.c.Directory.Register(ctx, c.about, c.Case)
	if errors.Is(err, directory.ErrExists) { // since the search, by somebody faster
		return Applied{}, Faults{{Field: "handle", Code: "taken"}}
	}
	if err == nil && invited.ID != "" {
		err = m.stillInvited(ctx, invited, c.ID)
	}
	if err != nil {
		return Applied{}, err
	}
	m.applied(ctx, c, shared)
	return Applied{Ticket: m.follow(c.about), Code: code, Prove: c.about.State == directory.PendingConfirmation}, nil
}

// draft writes down the person and the case.
func (m *Room) draft(a Application, in directory.Collective, invited directory.Invitation, proven bool) (c matter, code string, err error) {
	id, err := m.newID()
	if err != nil {
		return c, "", err
	}
	seed := make([]byte, 32)
	if _, err := io.ReadFull(m.c.Rand, seed); err != nil {
		return c, "", fmt.Errorf("membership: no randomness: %w", err)
	}
	now := m.now()
	c.Case = directory.Case{
		ID: directory.CaseID(id), Kind: directory.CaseRegister, Collective: in.Name, Words: a.Words,
		Person: directory.PersonID(id), By: directory.PersonID(id), Created: now, Expires: now.Add(lapse(in)),
	}
	if invited.ID != "" {
		c.Agreed = []directory.PersonID{invited.By} // the first voice
	}
	c.about = directory.Person{
		ID: c.Person, Handle: a.Handle, Name: a.Name, Anonymous: a.Anonymous, Language: a.Language,
		Primary: in.Name, State: directory.PendingApproval, Seed: seed, Created: now,
	}
	switch {
	case a.Anonymous:
		code, c.about.Code, err = ticket.NewPaper(m.c.Rand)
	case proven:
		c.about.Mail, c.about.Verified = a.Mail, []string{a.Mail}
	default:
		c.about.State, c.about.Pending = directory.PendingConfirmation, a.Mail
		c.Expires = now.Add(proveFor)
	}
	c.about.Expires = c.Expires
	return c, code, err
}

// use takes one use of an invitation before anything is made with it, so that
// of many who come at once no more get in than it says.
func (m *Room) use(ctx context.Context, i directory.Invitation, by directory.PersonID) error {
	err := m.c.Directory.UseInvitation(ctx, i.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return ErrTicket
	}
	if err != nil {
		return err
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.InvitationUsed, Person: by, Collective: i.Collective})
	return nil
}

// applied records an application.
func (m *Room) applied(ctx context.Context, c matter, shared address) {
	if c.about.State == directory.PendingApproval {
		m.arrived(ctx, c, nobody, appliesKnown)
		return
	}
	s, _ := next(c.Kind, nobody, applies, subject)
	s.letter = "" // which one is for the address to say
	m.record(ctx, occasion{step: s, matter: c})
	m.writeToAddress(ctx, c, shared)
}

// arrived records a step by which an application comes to wait for the
// managers, and lets those in at once for whom the voice of who invited them is
// enough. What goes wrong with that is not the applicant's to know: the managers
// find the application, and the voice with it.
func (m *Room) arrived(ctx context.Context, c matter, from stage, did act) {
	s, _ := next(c.Kind, from, did, subject)
	wakes := s.wakes
	s.wakes = false
	m.record(ctx, occasion{step: s, matter: c})
	result := Second
	if len(c.Agreed) > 0 {
		var err error
		if result, err = m.settle(ctx, c); err != nil {
			m.c.Logger.WarnContext(ctx, "an invitation did not let somebody in", "error", err)
		}
	}
	if wakes && result != Done {
		m.wake(ctx, c.Collective)
	}
}

func takenBy(found []directory.Person, h directory.Handle) bool {
	return slices.ContainsFunc(found, func(p directory.Person) bool { return p.Handle == h })
}
