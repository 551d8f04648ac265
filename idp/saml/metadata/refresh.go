// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// Services is what a [Refresher] needs of the directory.
type Services interface {
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
	ListServices(ctx context.Context, filter directory.ServiceFilter) iter.Seq2[directory.Service, error]
	ReplaceService(ctx context.Context, by directory.Actor, s directory.Service) error
}

// RefresherConfig is what a [Refresher] needs.
type RefresherConfig struct {
	Services Services
	Fetcher  *Fetcher
	Store    store.Store
	Audit    audit.Log
	Now      func() time.Time
	Rand     io.Reader
	Logger   *slog.Logger
	Every    time.Duration // how often it looks what is due; 0: 10 minutes
}

// Refresher fetches again, when it is time, the metadata of services that were
// registered by an address. Every node runs one; of each source one node gets the
// document at a time.
type Refresher struct{ c RefresherConfig }

// NewRefresher returns a refresher that does nothing before [Refresher.Run].
func NewRefresher(c RefresherConfig) *Refresher {
	c.Every = cmp.Or(c.Every, 10*time.Minute)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Refresher{c: c}
}

// Run refreshes until ctx ends.
func (r *Refresher) Run(ctx context.Context) {
	ticker := time.NewTicker(r.c.Every)
	defer ticker.Stop()
	for {
		r.Round(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Round looks once at every source and refreshes those that are due.
func (r *Refresher) Round(ctx context.Context) {
	sources, err := r.sources(ctx)
	if err != nil {
		r.c.Logger.Warn("metadata of services is not refreshed: they cannot be listed", "cause", err)
		return
	}
	for _, s := range sources {
		err := r.refresh(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.c.Logger.Warn("metadata was not refreshed; the last good copy stays",
				"source", s.source.URL, "services", s.names(), "cause", err)
		}
	}
}

// shared is a source with the services that come from it.
type shared struct {
	source   Source
	services []directory.Service
}

func (s shared) names() []directory.ServiceName {
	var names []directory.ServiceName
	for _, service := range s.services {
		names = append(names, service.Name)
	}
	return names
}

func (s shared) entities() []string {
	var ids []string
	for _, service := range s.services {
		ids = append(ids, service.SAML.EntityID)
	}
	return ids
}

// sources are all of them, in a stable order, each once.
func (r *Refresher) sources(ctx context.Context) ([]shared, error) {
	byID := map[string]int{}
	var all []shared
	for s, err := range r.c.Services.ListServices(ctx, directory.ServiceFilter{}) {
		if err != nil {
			return nil, err
		}
		if s.SAML == nil {
			continue
		}
		source, fetched := SourceOf(*s.SAML)
		if !fetched {
			continue
		}
		id := source.id()
		if _, known := byID[id]; !known {
			byID[id] = len(all)
			all = append(all, shared{source: source})
		}
		all[byID[id]].services = append(all[byID[id]].services, s)
	}
	slices.SortFunc(all, func(a, b shared) int { return cmp.Compare(a.source.id(), b.source.id()) })
	return all, nil
}

// refresh gets a source's document if it is due and nobody else is at it. After a
// failure the claim stays until its time is over: that is when it is tried again.
func (r *Refresher) refresh(ctx context.Context, s shared) error {
	known, err := r.known(ctx, s.source)
	if err != nil {
		return err
	}
	if r.c.Now().Before(known.Due) {
		return nil
	}
	err = r.c.Store.PutNew(ctx, claimKey(s.source), []byte{1}, retryAfter)
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	next, err := r.renew(ctx, s, known)
	if err != nil {
		return err
	}
	return r.remember(ctx, s.source, next)
}

// renew gets the document and hands each service its part.
func (r *Refresher) renew(ctx context.Context, s shared, known knowledge) (knowledge, error) {
	last := known.Seen
	if r.c.Now().Sub(known.Got) >= wholeEvery {
		last = seen{}
	}
	doc, err := r.c.Fetcher.document(ctx, s.source, last)
	if errors.Is(err, errUnchanged) {
		known.Due = r.due(known.Cache, time.Time{})
		return known, nil
	}
	if err != nil {
		return knowledge{}, err
	}
	found := doc.choose(s.entities()...)
	if doc.aggregate && found.entities*10 < known.Entities*7 {
		r.c.Logger.Error("an aggregate lost more than three in ten of its entities; nothing is taken from it",
			"source", s.source.URL, "before", known.Entities, "now", found.entities)
		return knowledge{}, ErrShrunk
	}
	for _, service := range s.services {
		err = errors.Join(err, r.apply(ctx, service, found))
	}
	due := r.due(doc.cache, doc.validUntil)
	return knowledge{Seen: doc.seen, Entities: found.entities, Cache: doc.cache, Due: due, Got: doc.at}, err
}
