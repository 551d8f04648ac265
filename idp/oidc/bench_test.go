// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// The benchmarks measure the whole handler, from the router in, over a store
// that costs nothing: what is left is the protocol's own work.

// memory is the least store that can be.
type memory struct {
	store.Store
	mu      sync.Mutex
	values  map[string][]byte
	records map[string]store.Record
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.values[key]; ok {
		return v, nil
	}
	return nil, store.ErrNotFound
}

func (m *memory) Record(_ context.Context, key string) (store.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.records[key]; ok {
		return r, nil
	}
	return store.Record{}, store.ErrNotFound
}

func (m *memory) Advance(_ context.Context, key, from, to string) (store.Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[key]
	if !ok {
		return r, false, store.ErrNotFound
	}
	if r.State != from {
		return r, false, nil
	}
	m.records[key] = store.Record{Data: r.Data, State: to}
	return r, true, nil
}

func (m *memory) Write(_ context.Context, ops ...store.Op) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, op := range ops {
		switch op := op.(type) {
		case store.Put:
			m.values[op.Key] = op.Value
		case store.PutRecord:
			m.records[op.Key] = op.Record
		}
	}
	return nil
}

// benched is a world over such a store, with the session in it.
func benched(b *testing.B, alg string) *world {
	b.Helper()
	before := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	b.Cleanup(func() { slog.SetDefault(before) })
	w := newWorld(b)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.IDTokenAlg = alg })
	w.register("machine", machine)
	w.login()
	m := &memory{values: map[string][]byte{}, records: map[string]store.Record{}}
	key, _, _ := strings.Cut(strings.TrimPrefix(w.cookie, "clau_session="), ".")
	kept, err := w.store.Get(b.Context(), "session:"+key)
	w.must(err)
	m.values["session:"+key] = kept
	w.p.c.Store = m
	return w
}

func BenchmarkSignOn(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
		b.Run(alg, func(b *testing.B) {
			w := benched(b, alg)
			target := "/authorize?" + asked("shop").Encode()
			b.ReportAllocs()
			for b.Loop() {
				location, _ := url.Parse(w.browse(target).Header().Get("Location"))
				rec := w.post("/token", redemption("shop", location.Query().Get("code")), as("shop", secret))
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}

func BenchmarkRefresh(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256"} {
		b.Run(alg, func(b *testing.B) {
			w := benched(b, alg)
			token := w.signsOn("shop").text("refresh_token")
			b.ReportAllocs()
			for b.Loop() {
				rec := w.refreshes("shop", token)
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
				_, rest, _ := strings.Cut(rec.Body.String(), `"refresh_token":"`)
				token, _, _ = strings.Cut(rest, `"`)
			}
		})
	}
}

func BenchmarkClientCredentials(b *testing.B) {
	for _, format := range []string{"opaque", "jwt"} {
		b.Run(format, func(b *testing.B) {
			w := benched(b, "ES256")
			w.register("machine", machine, func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = format })
			b.ReportAllocs()
			for b.Loop() {
				if rec := w.post("/token", credentials4(), as("machine", secret)); rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}

func BenchmarkUserinfo(b *testing.B) {
	for _, format := range []string{"opaque", "jwt"} {
		b.Run(format, func(b *testing.B) {
			w := benched(b, "ES256")
			w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = format })
			token := w.signsOn("shop").text("access_token")
			b.ReportAllocs()
			for b.Loop() {
				if rec := w.userinfo(token); rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}

func BenchmarkIntrospection(b *testing.B) {
	w := benched(b, "ES256")
	token := w.signsOn("shop").text("access_token")
	b.ReportAllocs()
	for b.Loop() {
		if rec := w.post("/introspect", url.Values{"token": {token}}, as("shop", secret)); rec.Code != http.StatusOK {
			b.Fatal(rec.Code, rec.Body)
		}
	}
}

func BenchmarkDiscovery(b *testing.B) {
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks"} {
		b.Run(strings.TrimPrefix(path, "/.well-known"), func(b *testing.B) {
			w := benched(b, "ES256")
			b.ReportAllocs()
			for b.Loop() {
				if rec := w.browse(path); rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
		})
	}
}

// BenchmarkRouterOnly is what the router, the request and the recorder cost
// by themselves, to be taken off the others.
func BenchmarkRouterOnly(b *testing.B) {
	w := benched(b, "ES256")
	b.ReportAllocs()
	for b.Loop() {
		w.serve(httptest.NewRequest(http.MethodOptions, "/token", nil))
	}
}
