// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/ticket"
)

// Programs that fill in what nobody sees, or faster than anybody can, are
// answered like everybody, and nothing was done: who writes them learns nothing
// to do better. The answer hangs on a decoy, a ticket of our own that holds what
// was typed and names no person; the two kinds are for the two ways of joining.
const (
	decoyNamed     ticket.Purpose = "decoy"
	decoyAnonymous ticket.Purpose = "decoy-anonymous"
)

// decoyLife is how long an application waits for its address to be proven.
const decoyLife = 48 * time.Hour

// decoyMax bounds what a decoy holds, so that it fits in an address.
const decoyMax = 200

func (a *Room) decoys() *ticket.Desk {
	key := sha256.Sum256(append([]byte("clau decoy\x00"), a.FormKey...))
	return &ticket.Desk{Key: key[:], Now: a.Now}
}

// feign is what comes of an application that is none.
func (a *Room) feign(s *sheet) membership.Applied {
	app := s.application()
	typed := strings.Join([]string{string(app.Collective), string(app.Handle), app.Mail}, "\x00")
	held := directory.PersonID(base64.RawURLEncoding.EncodeToString([]byte(typed[:min(len(typed), decoyMax)])))
	until := a.Now().Add(decoyLife)
	if !s.anonymous {
		return membership.Applied{Ticket: a.decoys().Issue(decoyNamed, held, "", until), Prove: true}
	}
	t := a.decoys().Issue(decoyAnonymous, held, "", until)
	return membership.Applied{Ticket: t, Code: feignedCode(t)}
}

// feignedCode looks like one for paper, and opens nothing.
func feignedCode(of string) string {
	sum := sha256.Sum256([]byte(of))
	code, _, err := ticket.NewPaper(strings.NewReader(string(sum[:])))
	if err != nil {
		return ""
	}
	return code
}

// isDecoy costs nothing: no directory and no store is asked.
func (a *Room) isDecoy(text string) bool {
	_, _, is := a.readDecoy(text)
	return is
}

func (a *Room) readDecoy(text string) (ticket.Ticket, directory.State, bool) {
	for purpose, state := range map[ticket.Purpose]directory.State{
		decoyNamed: directory.PendingConfirmation, decoyAnonymous: directory.PendingApproval,
	} {
		t, err := a.decoys().Read(purpose, text, func(directory.PersonID) (string, error) { return "", nil })
		if err == nil {
			return t, state, true
		}
	}
	return ticket.Ticket{}, "", false
}

// application reads what a ticket opens: also a decoy, which looks the same.
func (a *Room) application(ctx context.Context, text string) (membership.Applicant, error) {
	t, state, is := a.readDecoy(text)
	if !is {
		return a.Memberships.Application(ctx, text)
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(t.Person))
	if err != nil {
		return membership.Applicant{}, membership.ErrTicket
	}
	typed := strings.Split(string(raw)+"\x00\x00", "\x00")
	c, err := a.collective(ctx, directory.CollectiveName(typed[0]))
	of := membership.Applicant{
		Collective: c,
		Person:     directory.Person{State: state, Handle: directory.Handle(typed[1]), Pending: typed[2]},
		Case:       directory.Case{Created: t.Expires.Add(-decoyLife), Expires: t.Expires},
	}
	if state == directory.PendingApproval {
		of.Case.Expires = of.Case.Created.AddDate(0, 0, lapses(c))
	}
	return of, err
}
