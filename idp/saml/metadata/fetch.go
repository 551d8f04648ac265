// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// FetcherConfig is what a [Fetcher] needs.
type FetcherConfig struct {
	// Client is the guarded outbound client. For aggregates its answers may be
	// as large as Max, and take their time.
	Client *http.Client

	Now      func() time.Time
	Max      int64 // bytes of a signed document; 0: 64 MiB
	Loopback bool  // see [Options]; also for sources
}

const (
	maxSigned   = 64 << 20
	maxUnsigned = 1 << 20 // a single entity, from an address that an admin typed

	// calm is how long a source that failed is not asked again. Who corrects it
	// and tries again waits no longer than that.
	calm = 20 * time.Second

	// failuresMax bounds what is remembered of failures.
	failuresMax = 1000
)

// Fetcher fetches metadata for registrations.
type Fetcher struct {
	c        FetcherConfig
	flights  singleflight.Group // one fetch for all who ask for the same at once
	failures *lru.Cache[string, failure]
}

type failure struct {
	cause error
	until time.Time
}

// Copy is the metadata of one entity as a source gave it, checked.
type Copy struct {
	Provider Provider
	Metadata []byte // EntityDescriptor alone, as it is kept
	Signed   bool   // by a pinned key. If not, an admin should hear that TLS alone vouches for it
}

// NewFetcher returns a fetcher.
func NewFetcher(c FetcherConfig) *Fetcher {
	c.Max = cmp.Or(c.Max, maxSigned)
	failures, err := lru.New[string, failure](failuresMax)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &Fetcher{c: c, failures: failures}
}

// Fetch gets the entity that the source means. Errors wrap a sentinel of this
// package, or are the [Faults] of the entity.
func (f *Fetcher) Fetch(ctx context.Context, s Source) (Copy, error) {
	key := s.id() + " " + s.EntityID
	answer := f.flights.DoChan(key, func() (any, error) {
		// It belongs to all who wait for it, so it outlives the one who began it.
		return f.calmly(context.WithoutCancel(ctx), key, s)
	})
	select {
	case result := <-answer:
		c, _ := result.Val.(Copy)
		return c, result.Err
	case <-ctx.Done():
		return Copy{}, fmt.Errorf("%w: %w", ErrSource, ctx.Err())
	}
}

// calmly does not ask again so soon what has just failed.
func (f *Fetcher) calmly(ctx context.Context, key string, s Source) (Copy, error) {
	if known, failed := f.failures.Get(key); failed && f.c.Now().Before(known.until) {
		return Copy{}, known.cause
	}
	c, err := f.fetch(ctx, s)
	if err != nil {
		f.failures.Add(key, failure{err, f.c.Now().Add(calm)})
	}
	return c, err
}

func (f *Fetcher) fetch(ctx context.Context, s Source) (Copy, error) {
	doc, err := f.document(ctx, s, seen{})
	if err != nil {
		return Copy{}, err
	}
	found := doc.choose(s.EntityID)
	return found.copies[s.EntityID], found.missing[s.EntityID]
}
