// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"commonscloud.coop/clau/idp/directory"
)

// Config says how a [Ring] lives. Directory, Sealer, Now and Rand are required;
// zero durations and sizes take what is said beside them.
type Config struct {
	Directory directory.Keys
	Sealer    *Sealer
	Now       func() time.Time
	Rand      io.Reader
	Logger    *slog.Logger // nil: silent

	Archive     []string      // algorithms whose public keys stay for ever; see [Ring.Archive]
	Algorithms  []string      // empty: all of [Algorithms]
	RSABits     int           // 2048, and never less: each further step doubles or triples the cost of a login
	RotateEvery time.Duration // 90 days: how long a key signs
	Publish     time.Duration // 24 hours: how long a key is shown before it is used
	Overlap     time.Duration // 30 days: how long the longest-lived token lives
}

func (c Config) withDefaults() Config {
	const day = 24 * time.Hour
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = Algorithms()
	}
	c.RSABits = max(c.RSABits, rsaMin)
	c.RotateEvery = cmp.Or(c.RotateEvery, 90*day)
	c.Publish = cmp.Or(c.Publish, day)
	c.Overlap = cmp.Or(c.Overlap, 30*day)
	return c
}

// rereadEvery is how long a node may not know what another did to the keys.
const rereadEvery = time.Minute

// Ring signs and verifies tokens with the keys of the federation. It is used
// by many goroutines at once, after [Ring.Load].
type Ring struct {
	c       Config
	state   atomic.Pointer[state]
	refresh chan struct{}
	tending sync.Mutex // one at a time reads the directory and adopts what it holds
}

// state is what the directory held when it was last read.
type state struct {
	byID map[directory.KeyID]*key
	keys []*key // in the order of publication
	past []jose.JSONWebKey
	jwks []byte
	etag string
}

// NewRing returns an empty ring, which neither signs nor verifies anything.
func NewRing(c Config) *Ring {
	r := &Ring{c: c.withDefaults(), refresh: make(chan struct{}, 1)}
	r.state.Store(&state{jwks: []byte(`{"keys":[]}`), etag: `"empty"`})
	return r
}

// Load reads the keys, and makes the first of each algorithm if there is none.
func (r *Ring) Load(ctx context.Context) error { return r.maintain(ctx) }

// Run keeps the ring up to date until ctx ends: it reads the keys every minute
// and after [Ring.Refresh], rotates them when it is time, and removes those
// that nothing depends on any more. While the directory is down the ring goes
// on with the keys it has.
func (r *Ring) Run(ctx context.Context) {
	ticker := time.NewTicker(rereadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-r.refresh:
		}
		if err := r.maintain(ctx); err != nil && ctx.Err() == nil {
			r.c.Logger.Error("signing keys not refreshed", "error", err)
		}
	}
}

// Refresh makes Run read the keys soon. It never waits.
func (r *Ring) Refresh() {
	select {
	case r.refresh <- struct{}{}:
	default:
	}
}

// adopt makes what the directory holds the state of the ring. Keys that are
// open already stay so.
func (r *Ring) adopt(stored []directory.Key) error {
	old, now := r.state.Load(), r.c.Now()
	next := &state{byID: map[directory.KeyID]*key{}}
	for _, s := range stored {
		if s.State == directory.Expired {
			k, err := r.past(s)
			if err != nil {
				return err
			}
			next.past = append(next.past, k)
		}
		if s.State != directory.Active || expired(s, now) {
			continue
		}
		k, err := r.reuse(old.byID[s.ID], s)
		if err != nil {
			return err
		}
		next.byID[s.ID] = k
		next.keys = append(next.keys, k)
	}
	slices.SortFunc(next.keys, r.publicationOrder)
	if err := next.render(); err != nil {
		return err
	}
	r.state.Store(next)
	return nil
}

// reuse opens a key unless it is open and has not changed.
func (r *Ring) reuse(open *key, stored directory.Key) (*key, error) {
	if open == nil || open.Algorithm != stored.Algorithm || string(open.Sealed) != string(stored.Sealed) {
		return r.open(stored)
	}
	if open.Retires.Equal(stored.Retires) && open.Expires.Equal(stored.Expires) && open.Activates.Equal(stored.Activates) {
		return open, nil
	}
	return &key{Key: stored, private: open.private}, nil
}

// publicationOrder sorts by algorithm, and the key that signs or will sign
// first: some services take the first key that fits and look at no name.
func (r *Ring) publicationOrder(a, b *key) int {
	return cmp.Or(
		cmp.Compare(slices.Index(r.c.Algorithms, a.Algorithm), slices.Index(r.c.Algorithms, b.Algorithm)),
		preferred(a.Key, b.Key),
	)
}

// preferred sorts the younger key first. Of two that begin at the same moment
// every node prefers the same.
func preferred(a, b directory.Key) int {
	return cmp.Or(b.Activates.Compare(a.Activates), cmp.Compare(a.ID, b.ID))
}

func (s *state) render() error {
	set := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, len(s.keys))}
	for i, k := range s.keys {
		set.Keys[i] = k.jwk()
	}
	body, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("keys: writing the JWKS: %w", err)
	}
	sum := sha256.Sum256(body)
	s.jwks, s.etag = body, `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`
	return nil
}

// JWKS returns the published keys as a JWK Set (RFC 7517 section 5) and an
// entity tag for it. The body is shared: nobody writes into it.
func (r *Ring) JWKS() (body []byte, etag string) {
	s := r.state.Load()
	return s.jwks, s.etag
}
