// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"log/slog"
	"time"
)

// CacheConfig configures a [Cache].
type CacheConfig struct {
	Now    func() time.Time // nil: time.Now
	TTL    time.Duration    // life of what is cached; zero, or more than a minute: a minute
	Size   int              // people, and so on, kept at most; zero: 10,000
	Logger *slog.Logger     // nil: discarded

	// Heard is told of every change that the watch reports, after the cache has
	// forgotten what became stale. It must not block. It may be nil.
	Heard func(Change)
}

// maxTTL bounds what a watch that does not notice its own end can cost: a
// person who was suspended elsewhere may enter that long.
const maxTTL = time.Minute

// Cache is a [Backend] that answers from memory what it was asked a moment
// ago: people, standings, collectives, services and consents. Everything else,
// logins and passwords above all, goes to the directory each time.
//
// What is cached becomes stale by a write through the Cache, at once; by a
// write of anybody else as soon as [Cache.Run] hears of it; and by its age. A
// read that was under way when its subject changed is never kept. That
// something does not exist is not cached, save for a consent: most sign-ons ask
// for nothing, and would read each time that nothing was decided.
//
// Answers are shared between callers: their slices and pointers are read-only.
type Cache struct {
	Backend
	logger *slog.Logger
	heard  func(Change)

	people      *shelf[PersonID, Person]
	standings   *shelf[PersonID, Standing]
	collectives *shelf[CollectiveName, Collective]
	byID        *shelf[ServiceID, Service]
	byName      *shelf[ServiceName, Service]
	byClient    *shelf[ClientID, Service]
	byEntity    *shelf[string, Service]
	services    *shelf[everything, []Service]
	consents    *shelf[decision, decided]
}

var _ Backend = (*Cache)(nil)

// everything is the only key of a shelf that holds one list.
type everything string

// NewCache returns a Cache over b.
func NewCache(b Backend, config CacheConfig) *Cache {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.TTL <= 0 || config.TTL > maxTTL {
		config.TTL = maxTTL
	}
	if config.Size <= 0 {
		config.Size = 10_000
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Heard == nil {
		config.Heard = func(Change) {}
	}
	return &Cache{
		Backend:     b,
		logger:      config.Logger,
		heard:       config.Heard,
		people:      newShelf(config, b.Person),
		standings:   newShelf(config, b.Standing),
		collectives: newShelf(config, b.Collective),
		byID:        newShelf(config, b.Service),
		byName:      newShelf(config, b.ServiceByName),
		byClient:    newShelf(config, b.ServiceByClientID),
		byEntity:    newShelf(config, b.ServiceByEntityID),
		services: newShelf(config, func(ctx context.Context, _ everything) ([]Service, error) {
			return listed(ctx, b)
		}),
		consents: newShelf(config, func(ctx context.Context, key decision) (decided, error) {
			return decidedOn(ctx, b, key)
		}),
	}
}

func listed(ctx context.Context, b Backend) ([]Service, error) {
	var list []Service
	for s, err := range b.ListServices(ctx, ServiceFilter{}) {
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// Person is [People].Person.
func (c *Cache) Person(ctx context.Context, id PersonID) (Person, error) {
	return c.people.get(ctx, id)
}

// Standing is [People].Standing.
func (c *Cache) Standing(ctx context.Context, id PersonID) (Standing, error) {
	return c.standings.get(ctx, id)
}

// Collective is [Collectives].Collective.
func (c *Cache) Collective(ctx context.Context, name CollectiveName) (Collective, error) {
	return c.collectives.get(ctx, name)
}

// Service is [Services].Service.
func (c *Cache) Service(ctx context.Context, id ServiceID) (Service, error) {
	return c.byID.get(ctx, id)
}

// ServiceByName is [Services].ServiceByName.
func (c *Cache) ServiceByName(ctx context.Context, name ServiceName) (Service, error) {
	return c.byName.get(ctx, name)
}

// ServiceByClientID is [Services].ServiceByClientID.
func (c *Cache) ServiceByClientID(ctx context.Context, id ClientID) (Service, error) {
	return c.byClient.get(ctx, id)
}

// ServiceByEntityID is [Services].ServiceByEntityID.
func (c *Cache) ServiceByEntityID(ctx context.Context, id string) (Service, error) {
	return c.byEntity.get(ctx, id)
}

// Services is the whole list of services, for the portal.
func (c *Cache) Services(ctx context.Context) ([]Service, error) {
	return c.services.get(ctx, "")
}
