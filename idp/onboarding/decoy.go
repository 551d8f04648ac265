// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/ticket"
)

// Programs that fill in what nobody sees are answered like everybody, and
// nothing was done: who writes them learns nothing to do better. The answer
// hangs on a decoy, a ticket that looks like any other and opens nothing.

// decoysMax is how many decoys a process remembers twice over. A flood of them
// forgets the older ones, which read then as any request that is gone.
const decoysMax = 500

// decoy is what was typed into an application that is none.
type decoy struct {
	application membership.Application
	at          time.Time
}

// decoys remembers them by their tickets. They are kept in the process and
// nowhere else: there is nothing in them that must survive it. It drops the
// older of two generations when the younger is full. The zero value is empty.
type decoys struct {
	mu         sync.Mutex
	young, old map[string]decoy
}

func (d *decoys) keep(text string, one decoy) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.young == nil || len(d.young) >= decoysMax {
		d.old, d.young = d.young, map[string]decoy{}
	}
	d.young[text] = one
}

func (d *decoys) get(text string) (decoy, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one, is := d.young[text]; is {
		return one, true
	}
	one, is := d.old[text]
	return one, is
}

// feign is what comes of an application that is none.
func (a *Room) feign(s *sheet) (membership.Applied, error) {
	text, err := a.feignedTicket()
	if err != nil {
		return membership.Applied{}, err
	}
	a.decoys.keep(text, decoy{s.application(), a.Now()})
	if !s.anonymous {
		return membership.Applied{Ticket: text, Prove: true}, nil
	}
	code, _, err := ticket.NewPaper(a.Rand)
	return membership.Applied{Ticket: text, Code: code}, err
}

// feignedTicket is one of nobody, under a key that nobody keeps.
func (a *Room) feignedTicket() (string, error) {
	var key [32]byte
	if _, err := io.ReadFull(a.Rand, key[:]); err != nil {
		return "", fmt.Errorf("onboarding: no randomness: %w", err)
	}
	id, err := uuid.NewRandomFromReader(a.Rand)
	if err != nil {
		return "", fmt.Errorf("onboarding: no randomness: %w", err)
	}
	desk := ticket.Desk{Key: key[:], Now: a.Now}
	return desk.Issue(ticket.Application, directory.PersonID(id.String()), "", a.Now().Add(retention.Ticket)), nil
}

// isDecoy costs nothing: no directory and no store is asked.
func (a *Room) isDecoy(text string) bool {
	_, is := a.decoys.get(text)
	return is
}

// application reads what a ticket opens: also a decoy, which looks the same.
func (a *Room) application(ctx context.Context, text string) (membership.Applicant, error) {
	one, is := a.decoys.get(text)
	if !is {
		return a.Memberships.Application(ctx, text)
	}
	if !a.Now().Before(one.at.Add(retention.Unproven)) {
		return membership.Applicant{}, membership.ErrTicket
	}
	c, err := a.collective(ctx, one.application.Collective)
	return one.applicant(c), err
}

func (d decoy) applicant(c directory.Collective) membership.Applicant {
	app := d.application
	of := membership.Applicant{
		Collective: c,
		Person:     directory.Person{State: directory.PendingConfirmation, Handle: app.Handle, Pending: app.Mail},
		Case:       directory.Case{Created: d.at, Expires: d.at.Add(retention.Unproven)},
	}
	if app.Anonymous {
		of.Person.State = directory.PendingApproval
		of.Case.Expires = d.at.AddDate(0, 0, lapses(c))
	}
	return of
}
