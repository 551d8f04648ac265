// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"errors"
	"slices"
	"sync"

	"commonscloud.coop/clau/idp/directory"
)

// tell makes the first attempt at all participants, all services at once and
// each within its lane, and queues what failed.
func (l *Room) tell(ctx context.Context, ends []ending) []Outcome {
	// A person who closes the page must not keep the services from being told.
	ctx = context.WithoutCancel(ctx)
	outcomes := make([][]Outcome, len(ends))
	services := map[directory.ServiceID][]*Outcome{}
	for i, e := range ends {
		outcomes[i] = make([]Outcome, len(e.told))
		for j, p := range e.told {
			outcomes[i][j] = Outcome{p, Retrying}
			services[p.Service] = append(services[p.Service], &outcomes[i][j])
		}
	}
	if len(services) == 0 {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, l.c.FirstAttempt)
	defer cancel()
	var all sync.WaitGroup
	for service, waiting := range services {
		all.Go(func() { l.tellService(within, service, waiting) })
	}
	all.Wait()
	l.settle(ctx, ends, outcomes)
	return slices.Concat(outcomes...)
}

// tellService tells one service all that it is to be told. What it is not told,
// for want of time or of an answer to the first, stays as it is.
func (l *Room) tellService(ctx context.Context, service directory.ServiceID, waiting []*Outcome) {
	jobs := make(chan *Outcome)
	var workers sync.WaitGroup
	for range min(l.c.OfService, len(waiting)) {
		workers.Go(func() {
			for o := range jobs {
				o.Status = l.attempt(ctx, o.Participant, 1)
			}
		})
	}
	for _, o := range waiting {
		if ctx.Err() != nil || l.lanes.deaf(service, l.c.Now()) {
			break
		}
		jobs <- o
	}
	close(jobs)
	workers.Wait()
}

// attempt tells one service once, if its lane lets it.
func (l *Room) attempt(ctx context.Context, p Participant, try int) Status {
	courier, ok := l.couriers[p.Protocol]
	if !ok {
		return Unsupported
	}
	leave, ok := l.lanes.enter(ctx, p.Service, l.c.Now())
	if !ok {
		return Retrying
	}
	err := courier.Deliver(ctx, p)
	status := statusOf(err)
	leave(l.c.Now(), status != Retrying)
	l.ledger.note(p.Service, l.c.Now(), status, try, err)
	if status == Retrying {
		l.c.Logger.Warn("logout not delivered", "service", p.Service, "cause", err)
	}
	return status
}

func statusOf(err error) Status {
	switch {
	case err == nil:
		return Done
	case errors.Is(err, ErrUnsupported):
		return Unsupported
	case errors.Is(err, ErrBrowser):
		return Browser
	}
	return Retrying
}
