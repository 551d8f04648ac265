// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

// master and firstKeys are made once, since RSA keys take long to make.
var master = sync.OnceValue(func() keys.Master {
	m, err := keys.NewMaster(rand.Reader)
	if err != nil {
		panic(err)
	}
	return m
})

var firstKeys = sync.OnceValue(func() []directory.Key {
	d := &keyDirectory{}
	ring, err := newRing(d, new(clock).Now)
	if err != nil {
		panic(err)
	}
	if err := ring.Load(context.Background()); err != nil {
		panic(err)
	}
	return d.keys
})

func newRing(d directory.Keys, now func() time.Time) (*keys.Ring, error) {
	sealer, err := keys.NewSealer(master(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return keys.NewRing(keys.Config{Directory: d, Sealer: sealer, Now: now, Rand: rand.Reader}), nil
}

func ringAt(t testing.TB, now func() time.Time) *keys.Ring {
	t.Helper()
	ring, err := newRing(&keyDirectory{keys: slices.Clone(firstKeys())}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ring
}

// keyDirectory keeps signing keys in memory.
type keyDirectory struct {
	mu   sync.Mutex
	keys []directory.Key
}

func (d *keyDirectory) ListKeys(context.Context) ([]directory.Key, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.keys), nil
}

func (d *keyDirectory) AddKey(_ context.Context, k directory.Key) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys = append(d.keys, k)
	return nil
}

func (d *keyDirectory) ReplaceKey(_ context.Context, k directory.Key) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.keys, func(one directory.Key) bool { return one.ID == k.ID })
	if i < 0 {
		return directory.ErrNotFound
	}
	d.keys[i] = k
	return nil
}

func (d *keyDirectory) RemoveKey(_ context.Context, id directory.KeyID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys = slices.DeleteFunc(d.keys, func(one directory.Key) bool { return one.ID == id })
	return nil
}

// peek reads a token's claims without verifying anything.
func (w *world) peek(token string) got {
	w.t.Helper()
	return w.part(token, 1)
}

func (w *world) part(token string, i int) got {
	w.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	w.must(err)
	var g got
	w.must(json.Unmarshal(raw, &g))
	return g
}

// unsigned is the token with alg none.
func unsigned(token string) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	return header + "." + strings.Split(token, ".")[1] + "."
}
