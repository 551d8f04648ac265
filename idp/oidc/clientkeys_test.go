// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// publisher is a client's own server of keys.
type publisher struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Pointer[string]
	status atomic.Int64
}

func newPublisher(t *testing.T, answer string) *publisher {
	p := &publisher{}
	p.says(http.StatusOK, answer)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		w.WriteHeader(int(p.status.Load()))
		_, _ = w.Write([]byte(*p.answer.Load()))
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) says(status int, answer string) {
	p.status.Store(int64(status))
	p.answer.Store(&answer)
}

// outward reaches the publisher, which is on this machine.
func outward(c *Config) {
	c.Outbound = web.NewOutbound(web.OutboundConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 3 * time.Second})
}

type keyPair struct {
	private *ecdsa.PrivateKey
	set     string
}

func newKeyPair(t *testing.T) keyPair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return keyPair{key, fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"%s","y":"%s"}]}`, b64(public[1:33]), b64(public[33:]))}
}

// proves shows an assertion signed with the key, and returns the status.
func (w *world) proves(k keyPair) int {
	w.t.Helper()
	signed := signedBy(w.t, k.private, map[string]any{
		"iss": "keyed", "sub": "keyed", "aud": "https://id.example", "jti": rand.Text(), "exp": w.clock.Now().Add(time.Minute).Unix(),
	})
	return w.post("/token", with(credentials4(), "client_assertion", signed, "client_assertion_type", assertionType)).Code
}

func (w *world) registerKeyed(uri string) directory.Service {
	return w.register("keyed", machine, func(c *directory.OIDCClient) {
		c.Secrets, c.Metadata.AuthMethod, c.Metadata.JWKSURI = nil, "private_key_jwt", uri
	})
}

// A key is asked for once an hour, a new one is found when it is used, and
// whoever sends nonsense makes us ask no more than every five minutes.
func TestKeysThatAClientPublishes(t *testing.T) {
	first, second, stranger := newKeyPair(t), newKeyPair(t), newKeyPair(t)
	server := newPublisher(t, first.set)
	w := newWorld(t, outward)
	w.registerKeyed(server.URL + "/jwks")
	step := func(name string, pair keyPair, status int, asked int64) {
		t.Helper()
		if got := w.proves(pair); got != status {
			t.Errorf("%s: answered %d", name, got)
		}
		if got := server.asked.Load(); got != asked {
			t.Errorf("%s: asked %d times, not %d", name, got, asked)
		}
	}
	step("the first time", first, 200, 1)
	step("once more", first, 200, 1)
	for range 20 {
		step("a stranger at once", stranger, 401, 1)
	}
	w.clock.Advance(6 * time.Minute)
	server.says(200, second.set)
	step("the old key is remembered", first, 200, 1)
	step("a new key", second, 200, 2)
	step("the old key is gone", first, 401, 2)
	for range 20 {
		step("a stranger", stranger, 401, 2)
	}
	w.clock.Advance(61 * time.Minute)
	step("after an hour", second, 200, 3)
	server.says(500, "")
	w.clock.Advance(2 * time.Hour)
	step("its server is away", second, 200, 4)
	step("and not asked at once again", second, 200, 4)
	w.clock.Advance(25 * time.Hour)
	step("for more than a day", second, 401, 5)
	step("and is left alone for a minute", second, 401, 5)
	server.says(200, second.set)
	w.clock.Advance(time.Minute)
	step("it is back", second, 200, 6)
}

func TestKeysThatAreNone(t *testing.T) {
	pair := newKeyPair(t)
	for name, answer := range map[string]string{
		"empty": "", "a page": "<html>", "no set": `{"jwks":[]}`, "null": "null", "a list": "[]",
		"too large":  strings.Replace(pair.set, `{"keys"`, `{"x":"`+strings.Repeat("x", keysMax)+`","keys"`, 1),
		"symmetric":  `{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"k"}]}`,
		"for others": strings.Replace(pair.set, `"kid":"k"`, `"kid":"k","use":"enc"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			server := newPublisher(t, answer)
			w := newWorld(t, outward)
			w.registerKeyed(server.URL)
			if got := w.proves(pair); got != 401 {
				t.Errorf("answered %d", got)
			}
		})
	}
}

// Where the keys are is the service's word, and must not lead inside.
func TestKeysAreNotFetchedFromInside(t *testing.T) {
	pair := newKeyPair(t)
	server := newPublisher(t, pair.set)
	w := newWorld(t, func(c *Config) { c.Outbound = web.NewOutbound(web.OutboundConfig{Timeout: time.Second}) })
	w.registerKeyed(server.URL)
	if got := w.proves(pair); got != 401 || server.asked.Load() != 0 {
		t.Errorf("answered %d, asked %d times", got, server.asked.Load())
	}
}

// With another address, what was published at the one before is worth nothing.
func TestAnotherAddressOfKeys(t *testing.T) {
	before, after := newKeyPair(t), newKeyPair(t)
	one, two := newPublisher(t, before.set), newPublisher(t, after.set)
	w := newWorld(t, outward)
	w.registerKeyed(one.URL)
	if w.proves(before) != 200 {
		t.Fatal("not accepted")
	}
	w.registerKeyed(two.URL)
	if w.proves(before) != 401 || w.proves(after) != 200 {
		t.Error("the keys of the address before count")
	}
}

// Many who ask at once are one request.
func TestKeysAreAskedForOnce(t *testing.T) {
	pair := newKeyPair(t)
	server := newPublisher(t, pair.set)
	w := newWorld(t, outward)
	w.registerKeyed(server.URL)
	w.all(40, func() {
		if got := w.proves(pair); got != 200 {
			t.Errorf("answered %d", got)
		}
	})
	if got := server.asked.Load(); got != 1 {
		t.Errorf("asked %d times", got)
	}
}

// Many clients that publish much do not fill the memory.
func TestKeysOfManyClients(t *testing.T) {
	k := newClientKeys(nil, time.Now)
	set := make([]byte, keysMax)
	for i := range keysClients {
		k.keep(directory.ClientID(strconv.Itoa(i)), published{set: set})
	}
	held := 0
	for _, one := range k.known.Values() {
		held += len(one.set)
	}
	last := directory.ClientID(strconv.Itoa(keysClients - 1))
	if _, there := k.known.Get(last); !there || held == 0 || held > keysHeld {
		t.Errorf("%d bytes are held; the last: %v", held, there)
	}
}
