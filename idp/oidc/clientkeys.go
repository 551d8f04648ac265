// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"commonscloud.coop/clau/idp/directory"
)

// How long keys of clients are kept, and how often they are asked for. An
// assertion can be sent by anybody: it must not make us ask whenever it likes.
const (
	keysFresh   = time.Hour       // used without asking again
	keysStale   = 24 * time.Hour  // used while the client's server is away
	keysAgain   = 5 * time.Minute // between two looks for a key that was not there
	keysRetry   = time.Minute     // after a look that failed
	keysWait    = 5 * time.Second // for an answer: the client waits meanwhile
	keysMax     = 64 << 10        // bytes of an answer
	keysClients = 4096            // whose keys are remembered
	keysHeld    = 16 << 20        // bytes of all of them
)

// clientKeys are the keys that clients publish at addresses of their own
// (jwks_uri, RFC 7591 section 2).
type clientKeys struct {
	outbound *http.Client // guarded
	now      func() time.Time
	known    *lru.Cache[directory.ClientID, published]
	flights  singleflight.Group
}

// published is what a client published, as it was last seen. It is replaced and
// never changed.
type published struct {
	uri     string
	set     []byte // nil: never seen
	fetched time.Time
	tried   time.Time // also in vain
}

func newClientKeys(outbound *http.Client, now func() time.Time) *clientKeys {
	known, err := lru.New[directory.ClientID, published](keysClients)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &clientKeys{outbound: outbound, now: now, known: known}
}

// of returns a client's keys, without asking for them as long as they are fresh.
func (k *clientKeys) of(ctx context.Context, id directory.ClientID, uri string) ([]byte, error) {
	seen, now := k.seen(id, uri), k.now()
	if seen.set != nil && now.Sub(seen.fetched) < keysFresh {
		return seen.set, nil
	}
	if now.Sub(seen.tried) >= keysRetry {
		seen = k.fetch(ctx, id, seen)
	}
	if seen.set == nil || now.Sub(seen.fetched) >= keysStale {
		return nil, errNoKeys
	}
	return seen.set, nil
}

var errNoKeys = errors.New("oidc: the client's keys cannot be had")

// anew asks for keys that are fresh all the same, and says whether it could.
func (k *clientKeys) anew(ctx context.Context, id directory.ClientID, uri string) ([]byte, bool) {
	seen, now := k.seen(id, uri), k.now()
	if now.Sub(seen.tried) < keysAgain {
		return nil, false
	}
	seen = k.fetch(ctx, id, seen)
	return seen.set, seen.fetched.Equal(seen.tried)
}

// seen forgets what was published elsewhere: the registration has changed.
func (k *clientKeys) seen(id directory.ClientID, uri string) published {
	seen, ok := k.known.Get(id)
	if !ok || seen.uri != uri {
		return published{uri: uri}
	}
	return seen
}

// fetch asks once for all who wait for the same keys, and remembers what came of
// it. Whoever asked first and hangs up does not spoil it for the others.
func (k *clientKeys) fetch(ctx context.Context, id directory.ClientID, before published) published {
	after, _, _ := k.flights.Do(string(id)+" "+before.uri, func() (any, error) {
		if seen := k.seen(id, before.uri); seen.tried.After(before.tried) {
			return seen, nil // somebody was faster
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysWait)
		defer cancel()
		after := before
		after.tried = k.now()
		if set, err := k.get(ctx, before.uri); err == nil {
			after.set, after.fetched = set, after.tried
		}
		k.keep(id, after)
		return after, nil
	})
	return after.(published)
}

// keep remembers what was published, and forgets what was not asked for longest
// where all of it is too much.
func (k *clientKeys) keep(id directory.ClientID, seen published) {
	k.known.Add(id, seen)
	held := 0
	for _, one := range k.known.Values() {
		held += len(one.set)
	}
	for held > keysHeld {
		_, oldest, ok := k.known.RemoveOldest()
		if !ok {
			return
		}
		held -= len(oldest.set)
	}
}

func (k *clientKeys) get(ctx context.Context, uri string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, fmt.Errorf("oidc: keys: %w", err)
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := k.outbound.Do(r)
	if err != nil {
		return nil, fmt.Errorf("oidc: keys: %w", err)
	}
	defer answer.Body.Close()
	set, err := io.ReadAll(io.LimitReader(answer.Body, keysMax+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("oidc: keys: %w", err)
	case answer.StatusCode != http.StatusOK || len(set) > keysMax:
		return nil, errNoKeys
	}
	var shape struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(set, &shape); err != nil || shape.Keys == nil {
		return nil, errNoKeys
	}
	return set, nil
}
