// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// Run delivers what is queued until ctx ends. Every node may run it.
func (l *Room) Run(ctx context.Context) {
	tick := time.NewTicker(firstPause / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.lastCount(ctx)
			return
		case <-tick.C:
			if err := l.Sweep(ctx); err != nil && ctx.Err() == nil {
				l.c.Logger.Warn("logout queue not swept", "cause", err)
			}
		}
	}
}

// lastCount writes down what this node counted before it goes.
func (l *Room) lastCount(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := l.count(ctx); err != nil {
		l.c.Logger.Warn("logout counts not kept", "cause", err)
	}
}

// Sweep makes one attempt at every queued delivery that is due, services beside
// each other, and takes up the promises of nodes that died. A service that is
// deaf costs one attempt, whatever it is to be told.
func (l *Room) Sweep(ctx context.Context) error {
	services, err := l.due(ctx)
	if err != nil {
		return err
	}
	sweeping, within := errgroup.WithContext(ctx)
	sweeping.SetLimit(l.c.AtOnce)
	for _, buckets := range services {
		sweeping.Go(func() error { return l.sweepService(within, buckets) })
	}
	if err := sweeping.Wait(); err != nil {
		return err
	}
	return l.count(ctx)
}

// due are the buckets whose time has come, by service and in order.
func (l *Room) due(ctx context.Context) (map[directory.ServiceID][]place, error) {
	all, err := l.places(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.due, b.due) })
	now := l.c.Now().Unix()
	services := map[directory.ServiceID][]place{}
	for _, at := range all {
		if at.due <= now {
			services[at.service] = append(services[at.service], at)
		}
	}
	return services, nil
}

func (l *Room) sweepService(ctx context.Context, buckets []place) error {
	for _, at := range buckets {
		old := l.c.Now().Unix()-at.due > int64(giveUp.Seconds())
		if !old && l.lanes.deaf(at.service, l.c.Now()) {
			return nil // what is due waits where it is, unread
		}
		names, err := l.c.Store.Members(ctx, at.key())
		if err != nil {
			return err
		}
		switch {
		case len(names) == 0:
			err = l.unlist(ctx, at)
		case at.service == promises:
			err = l.each(ctx, names, func(ctx context.Context, name string) error { return l.keepPromise(ctx, at, name) })
		default:
			err = l.drain(ctx, at, names)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unlist forgets an empty bucket, but not while a node whose clock is behind may
// still be filling it.
func (l *Room) unlist(ctx context.Context, at place) error {
	if l.c.Now().Unix()-at.due < 60 {
		return nil
	}
	return l.c.Store.Write(ctx, store.Leave{Key: bucketsKey, Member: at.name()})
}

// drain tries one delivery of a bucket, and the others if the service hears.
func (l *Room) drain(ctx context.Context, at place, names []string) error {
	again := func(ctx context.Context, name string) error { return l.retry(ctx, at, name) }
	if err := again(ctx, names[0]); err != nil {
		return err
	}
	return l.each(ctx, names[1:], again)
}

func (l *Room) each(ctx context.Context, names []string, do func(context.Context, string) error) error {
	working, within := errgroup.WithContext(ctx)
	working.SetLimit(l.c.OfService)
	for _, name := range names {
		working.Go(func() error { return do(within, name) })
	}
	return working.Wait()
}

func (l *Room) retry(ctx context.Context, at place, name string) error {
	tooOld := l.c.Now().Unix()-at.due > int64(giveUp.Seconds())
	if !tooOld && l.lanes.deaf(at.service, l.c.Now()) {
		return nil
	}
	raw, err := l.c.Store.Get(ctx, deliveryKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return l.c.Store.Write(ctx, at.leave(name)...)
	}
	if err != nil {
		return err
	}
	var d delivery
	if err := json.Unmarshal(raw, &d); err != nil {
		return l.c.Store.Write(ctx, append(at.leave(name), store.Delete{Key: deliveryKey(name)})...)
	}
	if d.Due != at.due { // it was moved, and left behind here
		return l.c.Store.Write(ctx, at.leave(name)...)
	}
	won, err := l.claim(ctx, name)
	if err != nil || !won {
		return err // another node is at it
	}
	return l.again(ctx, name, d)
}

func (l *Room) again(ctx context.Context, name string, d delivery) error {
	status := Retrying
	if l.c.Now().Sub(d.Ended) <= giveUp+longest {
		attempt, cancel := context.WithTimeout(ctx, claimFor/2)
		defer cancel()
		status = l.attempt(attempt, d.Participant, d.Tries+1)
	}
	switch {
	case status != Retrying:
	case l.c.Now().Sub(d.Ended) >= giveUp:
		status = Failed
		l.ledger.gaveUp(d.Participant.Service, l.c.Now(), d.Tries+1)
	default:
		pause := min(firstPause<<min(d.Tries, 12), longest)
		before := d.place()
		d.Tries++
		return l.c.Store.Write(ctx, append(l.put(name, &d, pause), before.leave(name)...)...)
	}
	l.c.Logger.Info("logout delivery over", "service", d.Participant.Service, "status", status, "tries", d.Tries+1)
	return l.c.Store.Write(ctx, over(name, d, status)...)
}
