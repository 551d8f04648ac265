// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// shelf is a directory that holds keys in memory.
type shelf struct {
	mu   sync.Mutex
	keys map[directory.KeyID]directory.Key
	down error
	// listed, when set, is called after each list was taken and before it is returned.
	listed func()
}

func newShelf() *shelf { return &shelf{keys: map[directory.KeyID]directory.Key{}} }

func (s *shelf) ListKeys(context.Context) ([]directory.Key, error) {
	s.mu.Lock()
	keys, down, listed := slices.Collect(maps.Values(s.keys)), s.down, s.listed
	s.mu.Unlock()
	if listed != nil {
		listed()
	}
	return keys, down
}

func (s *shelf) AddKey(_ context.Context, k directory.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.keys[k.ID]; ok {
		return directory.ErrExists
	}
	s.keys[k.ID] = k
	return s.down
}

func (s *shelf) ReplaceKey(_ context.Context, k directory.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.keys[k.ID]; !ok {
		return directory.ErrNotFound
	}
	s.keys[k.ID] = k
	return s.down
}

func (s *shelf) RemoveKey(_ context.Context, id directory.KeyID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.keys[id]; !ok {
		return directory.ErrNotFound
	}
	delete(s.keys, id)
	return s.down
}

func (s *shelf) setDown(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

func (s *shelf) change(f func(*directory.Key)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, k := range s.keys {
		f(&k)
		s.keys[id] = k
	}
}

// clock is a time that only tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}

func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

func testMaster(t testing.TB) Master {
	t.Helper()
	m, err := NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testSealer(t testing.TB, m Master) *Sealer {
	t.Helper()
	s, err := NewSealer(m, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fastAlgorithms spare the seconds that RSA keys take to make.
var fastAlgorithms = []string{ES256, EdDSA}

// loaded returns a ring with keys.
func loaded(t testing.TB, c Config) *Ring {
	t.Helper()
	if c.Directory == nil {
		c.Directory = newShelf()
	}
	if c.Sealer == nil {
		c.Sealer = testSealer(t, testMaster(t))
	}
	if c.Now == nil {
		c.Now = new(clock).now
	}
	c.Rand = rand.Reader
	r := NewRing(c)
	if err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

const testIssuer = "https://clau.example"

// claims of a token that lives for life from now on.
func testClaims(now time.Time, life time.Duration) map[string]any {
	return map[string]any{
		"iss": testIssuer, "sub": "ada", "aud": "cloud", "iat": now.Unix(), "exp": now.Add(life).Unix(),
	}
}

func sign(t testing.TB, r *Ring, alg, typ string, claims any) string {
	t.Helper()
	token, err := r.Sign(alg, typ, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func expectJWT() Expect { return Expect{Typ: []string{"JWT"}, Issuer: testIssuer} }

type publishedKey struct{ Kid, Alg, Kty, Use, Crv, D, N, X, Y string }

func published(t testing.TB, r *Ring) []publishedKey {
	t.Helper()
	body, _ := r.JWKS()
	var set struct{ Keys []publishedKey }
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	return set.Keys
}

func kids(t testing.TB, r *Ring, alg string) []string {
	t.Helper()
	var ids []string
	for _, k := range published(t, r) {
		if k.Alg == alg {
			ids = append(ids, k.Kid)
		}
	}
	return ids
}

// kidOf returns the key that signs now.
func kidOf(t testing.TB, r *Ring, alg string) string {
	t.Helper()
	k, ok := r.signing(alg)
	if !ok {
		t.Fatalf("no key for %s", alg)
	}
	return cmp.Or(string(k.ID), "none")
}
