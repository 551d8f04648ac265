// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/storetest"
	"strings"
)

// memory is the least store that can be: what is left is the protocol's own work.
type memory struct {
	store.Store
	mu     sync.Mutex
	values map[string][]byte
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.values[key]; ok {
		return v, nil
	}
	return nil, store.ErrNotFound
}

func (m *memory) Take(ctx context.Context, key string) ([]byte, error) {
	v, err := m.Get(ctx, key)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
	return v, err
}

func (m *memory) Swap(_ context.Context, key string, _, value []byte, _ time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = value
	return nil
}

func (m *memory) Count(context.Context, string, time.Duration) (int64, error) { return 1, nil }

func (m *memory) Members(context.Context, string) ([]string, error) { return nil, nil }

func (m *memory) PutNew(context.Context, string, []byte, time.Duration) error { return nil }

func (m *memory) Write(_ context.Context, ops ...store.Op) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, op := range ops {
		switch op := op.(type) {
		case store.Put:
			m.values[op.Key] = op.Value
		case store.Delete:
			delete(m.values, op.Key)
		}
	}
	return nil
}

func (m *memory) WriteNew(ctx context.Context, key string, _ []byte, _ time.Duration, ops ...store.Op) error {
	if _, err := m.Get(ctx, key); !errors.Is(err, store.ErrNotFound) {
		return store.ErrExists
	}
	return m.Write(ctx, ops...)
}

// BenchmarkRSA2048 is what the others are measured by: one signature.
func BenchmarkRSA2048(b *testing.B) {
	key := pairNamed("clau").key
	sum := sha256.Sum256([]byte("message"))
	for b.Loop() {
		if _, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignOn is a sign-on over a session, from the router in: a request of
// each kind, and an answer with both signatures.
func BenchmarkSignOn(b *testing.B) {
	seals := pairNamed("nuvol-seals")
	for name, c := range map[string]struct {
		settings directory.SAMLSettings
		look     func(*look)
	}{
		"both signed":     {look: func(*look) {}},
		"response signed": {directory.SAMLSettings{Sign: "response"}, func(*look) {}},
		"both, encrypted": {look: func(l *look) { l.encryption = keyDescriptor("encryption", seals) }},
	} {
		c.settings.Attributes = []string{"name", "email", "preferred_username", "groups"}
		for way, signed := range map[string]bool{"plain request": false, "signed request": true} {
			b.Run(name+"/"+way, func(b *testing.B) { benchSignOn(b, c.settings, c.look, signed) })
		}
	}
}

func benchSignOn(b *testing.B, settings directory.SAMLSettings, change func(*look), signed bool) {
	w := &world{t: b, clock: storetest.NewClock(noon), town: newTown(), audit: &audit.Memory{}, logs: &strings.Builder{}, certs: pairNamed("clau")}
	w.open(&memory{values: map[string][]byte{}})
	nuvol := w.provider("nuvol", settings, change)
	anna := w.browser()
	anna.asks(nuvol).through("anna.vila").granted()
	query := redirected(nuvol.asks().xml(), "relay")
	if signed {
		query = nuvol.signedQuery(query)
	}
	r := httptest.NewRequest(http.MethodGet, ssoAddress+"?"+query, nil)
	for _, c := range anna.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	b.ReportAllocs()
	for b.Loop() {
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			b.Fatalf("%d: %s", rec.Code, rec.Body)
		}
	}
}
