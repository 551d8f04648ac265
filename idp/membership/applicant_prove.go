// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/ticket"
)

// How often something that can be guessed, or makes a letter, is let through.
var (
	codeTries = limit{"join-code", 10, proveFor}      // for one application
	againFor  = limit{"join-again", 3, time.Hour}     // letters for one application
	againTo   = limit{"join-again-to", 12, time.Hour} // and to one address, whoever applied with it
)

// limit is how often something may happen in a while, on all nodes together.
type limit struct {
	name   string
	max    int64
	window time.Duration
}

// count counts once: one round trip to the store. What is counted is hashed;
// it may be an address.
func (m *Room) count(ctx context.Context, l limit, what string) error {
	sum := sha256.Sum256([]byte(strings.ToLower(what)))
	n, err := m.c.Store.Count(ctx, l.name+":"+base64.RawURLEncoding.EncodeToString(sum[:18]), l.window)
	if err != nil {
		return err
	}
	if n > l.max {
		return ErrSlow
	}
	return nil
}

// Unproven says whose address a ticket would prove, without proving it: programs
// that look after mail follow links.
func (m *Room) Unproven(ctx context.Context, text string) (directory.Person, error) {
	return m.toProve(ctx, text)
}

// toProve reads a ticket that proves an address, or has proven it.
func (m *Room) toProve(ctx context.Context, text string) (directory.Person, error) {
	p, _, err := m.holder(ctx, ticket.ProveAddress, text, func(p directory.Person) string {
		if p.State == directory.PendingConfirmation {
			return p.Pending
		}
		return p.Mail
	})
	return p, err
}

// Prove proves the address of a ticket, and returns the ticket of the
// application. A ticket that proved it before leads there again.
func (m *Room) Prove(ctx context.Context, text string) (string, error) {
	p, err := m.toProve(ctx, text)
	if err != nil {
		return "", err
	}
	return m.provenBy(ctx, p)
}

// provenBy proves the address, and returns the ticket that whoever could read
// its mail follows the application by from now on.
func (m *Room) provenBy(ctx context.Context, p directory.Person) (string, error) {
	if err := m.prove(ctx, p); err != nil {
		return "", err
	}
	if p.State == directory.PendingConfirmation {
		p.Mail = p.Pending
	}
	return m.follow(p), nil
}

// ProveByCode is the same by the code of the letter, typed on the page of the
// application. Tries are counted: [ErrSlow]. The ticket that it had is good no
// longer: who typed the address may not be who could read the letter.
func (m *Room) ProveByCode(ctx context.Context, application, code string) (string, error) {
	p, _, err := m.applicant(ctx, application)
	if err != nil {
		return "", err
	}
	if p.State != directory.PendingConfirmation {
		return application, nil // proven already
	}
	if err := m.count(ctx, codeTries, string(p.ID)); err != nil {
		return "", err
	}
	if !m.c.Tickets.CheckCode(ticket.ProveAddress, p.ID, p.Pending, p.Expires, code) {
		return "", ErrTicket
	}
	return m.provenBy(ctx, p)
}

// prove makes the address the person's, and the application one that waits. Of
// many at once one does it; the others find it done.
func (m *Room) prove(ctx context.Context, p directory.Person) error {
	if p.State != directory.PendingConfirmation {
		return nil
	}
	err := m.c.Directory.ProveAddress(ctx, p.ID, p.Pending)
	if errors.Is(err, directory.ErrConflict) {
		return m.provenMeanwhile(ctx, p)
	}
	if errors.Is(err, directory.ErrExists) || errors.Is(err, directory.ErrNotFound) {
		return ErrTicket
	}
	if err != nil {
		return err
	}
	return m.proven(ctx, p)
}

func (m *Room) provenMeanwhile(ctx context.Context, p directory.Person) error {
	now, err := m.c.Source.Person(ctx, p.ID)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !owns(now, p.Pending) {
		return ErrTicket
	}
	return err
}

// proven gives the case the time that the collective has to decide. If that
// fails it has what was left for the proof: proven it is all the same.
func (m *Room) proven(ctx context.Context, p directory.Person) error {
	before := stageOf(directory.Case{Kind: directory.CaseRegister}, p)
	c, err := m.read(ctx, p.Primary, directory.CaseID(p.ID))
	if err != nil {
		return err
	}
	in, err := m.c.Directory.Collective(ctx, p.Primary)
	if err == nil {
		c.Expires = m.now().Add(lapse(in))
		err = m.expire(ctx, c, "")
	}
	if err != nil {
		m.c.Logger.WarnContext(ctx, "an application has less time than it should", "error", err)
	}
	m.arrived(ctx, c, before, proves)
	return nil
}

// SendAgain writes the letter of the address again, at most a few times an
// hour. It looks for an owner of the address whether or not there is one.
func (m *Room) SendAgain(ctx context.Context, application string) error {
	p, _, err := m.applicant(ctx, application)
	if err != nil {
		return err
	}
	if p.State != directory.PendingConfirmation {
		return ErrDone
	}
	if err := m.count(ctx, againFor, string(p.ID)); err != nil {
		return err
	}
	if err := m.count(ctx, againTo, p.Pending); err != nil {
		return err
	}
	found, err := m.c.Source.Taken(ctx, "", p.Pending)
	if err != nil {
		return err
	}
	m.writeToAddress(ctx, matter{directory.Case{Collective: p.Primary}, p}, address{others: keepOwner(found, p.Pending)})
	return nil
}

// keepOwner leaves out the other applications: what is sent again is counted in
// the store.
func keepOwner(found []directory.Person, address string) []directory.Person {
	if p := owner(found, address); p != nil {
		return []directory.Person{*p}
	}
	return nil
}

// Return finds an application by handle and paper code, and returns its ticket.
// A wrong code and an unknown handle are the same [ErrTicket], at the same cost.
// Nobody guesses eighty bits: tries are slowed down for the network that makes
// them, and not counted for the handle, whose owner they would keep out.
func (m *Room) Return(ctx context.Context, handle, code string, from netip.Addr) (string, error) {
	if !m.returning.lets(from, m.c.Now()) {
		return "", ErrSlow
	}
	h := Application{Handle: directory.Handle(handle)}.tidy().Handle
	found, err := m.c.Source.Taken(ctx, h, "")
	if err != nil {
		return "", err
	}
	digest := ticket.PaperDigest(code)
	for _, p := range found {
		if digest != "" && p.Handle == h && subtle.ConstantTimeCompare([]byte(p.Code), []byte(digest)) == 1 {
			return m.follow(p), nil
		}
	}
	return "", ErrTicket
}
