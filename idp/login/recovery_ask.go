// SPDX-License-Identifier: AGPL-3.0-or-later

package login

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
)

// asked is somebody who forgot their password, by the name they typed.
type asked struct {
	name      string
	reference string
}

// askedFrom is how often one network may ask, and askedFor how many letters one
// person gets: nobody's mailbox is filled through us.
func askedFrom() web.Limit { return web.Limit{Name: "recover-network", Max: 20, Window: time.Hour} }
func askedFor() web.Limit  { return web.Limit{Name: "recover-person", Max: 3, Window: time.Hour} }

// Ask takes the name of somebody who forgot their password. It looks nobody up:
// who measures the answer learns nothing of who exists, since all that could
// differ is done afterwards, by [Recovery.Run]. [ErrSlow] is about the network
// that asks, or about everybody.
func (r *Recovery) Ask(ctx context.Context, name string, from netip.Addr) error {
	err := r.limiter.Take(ctx, askedFrom(), network(from))
	if web.ProblemOf(err).Code == "too-many" {
		return ErrSlow
	}
	if err != nil {
		return err
	}
	name, ok := named(name)
	if !ok {
		return nil
	}
	select {
	case r.asked <- asked{name, web.Reference(ctx)}:
		return nil
	default:
		return ErrSlow
	}
}

// writingMax is how long one letter may take before the next has its turn.
const writingMax = 15 * time.Second

// Run writes to who asked, until ctx ends. Who asked and got no letter asks again.
func (r *Recovery) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-r.asked:
			r.answer(ctx, a)
		}
	}
}

func (r *Recovery) answer(ctx context.Context, a asked) {
	ctx, cancel := context.WithTimeout(ctx, writingMax)
	defer cancel()
	err := r.write(ctx, a)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		r.c.Logger.Warn("no letter to set a password", "reference", a.reference, "cause", err)
	}
}

// write sends the link to the person's own address, whatever was typed.
func (r *Recovery) write(ctx context.Context, a asked) error {
	person, err := r.c.People.PersonByLogin(ctx, a.name)
	if err != nil || person.Mail == "" || !mayRecover(person) {
		return err
	}
	if err := r.limiter.Take(ctx, askedFor(), string(person.ID)); err != nil {
		return err
	}
	until := r.c.Now().Add(ResetLife)
	link := r.c.Tickets.Issue(ticket.Reset, person.ID, ResetBound(person), until)
	r.c.Letters.Write(ctx, letter.Letter{
		Kind: letter.Reset, To: person, Collective: person.Primary, Path: ResetPath + link, Until: until,
	})
	r.c.Audit.Write(ctx, audit.Event{Kind: audit.ResetSent, Person: person.ID, Reference: a.reference})
	return nil
}
