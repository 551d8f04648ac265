// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

const (
	issuer     = "https://id.example"
	ourself    = issuer + "/saml/metadata"
	ssoAddress = issuer + "/saml/sso"
	password   = "correct horse"
)

// noon is when the stories begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a provider behind the real router, with the real pipeline, sessions,
// log-out and store, over a directory of maps.
type world struct {
	t        testing.TB
	clock    *storetest.Clock
	town     *town
	store    *storetest.Counter
	broken   *storetest.Breaker
	sessions *session.Manager
	pipeline *signon.Pipeline
	audit    *audit.Memory
	logs     *strings.Builder
	certs    *pair // what Clau signs with
	p        *Provider
	handler  http.Handler
	asked    int // requests made, for their IDs
}

func start(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, clock: storetest.NewClock(noon), town: newTown(), audit: &audit.Memory{}, logs: &strings.Builder{}, certs: pairNamed("clau")}
	file, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state"), Now: w.clock.Now})
	w.must(err)
	t.Cleanup(func() { _ = file.Close() })
	w.open(file, change...)
	return w
}

// open wires the world over a store.
func (w *world) open(s store.Store, change ...func(*Config)) {
	w.broken = storetest.Broken(s)
	w.store = storetest.Counting(w.broken)
	pages, logger, quiet := drawn(), slog.New(slog.NewTextHandler(w.logs, nil)), slog.New(slog.DiscardHandler)
	w.sessions = session.NewManager(session.Config{Store: w.store, Now: w.clock.Now, Rand: rand.Reader, Secure: true})
	room := logout.New(logout.Config{Store: w.store, Sessions: w.sessions, Now: w.clock.Now, Rand: rand.Reader, Logger: quiet})
	w.pipeline = signon.New(signon.Config{
		Directory: w.town, Store: w.store, Sessions: w.sessions, Pages: pages, Dates: pages, Audit: w.audit, Notify: nobody{},
		Logout:     room,
		Password:   &login.Password{People: w.town, Brake: &login.Brake{Store: w.store}, Now: w.clock.Now},
		Pseudonyms: pseudonym.New(master{}), Consents: w.town, Decisions: w.town, Receipts: nobody{}, AliasOf: "alias.example",
		Now: w.clock.Now, Rand: rand.Reader,
	})
	c := Config{
		Issuer: issuer, Directory: w.town, Book: metadata.NewBook(metadata.BookConfig{Now: w.clock.Now}), SignOns: w.pipeline,
		Sessions: w.sessions, Room: room, Store: w.store, Certificates: w.certs, Audit: w.audit, Pages: pages,
		Outbound: http.DefaultClient, Now: w.clock.Now, Rand: rand.Reader,
	}
	for _, one := range change {
		one(&c)
	}
	var err error
	w.p, err = New(c)
	w.must(err)
	w.pipeline.Speak(w.p)
	at, err := url.Parse(c.Issuer)
	w.must(err)
	w.handler, err = web.NewRouter(web.Config{
		Issuer: at, Pages: pages, Logger: logger, Now: time.Now, Rand: rand.Reader, Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, w.pipeline, w.p)
	w.must(err)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// drawn are the pages, read once: nothing changes them and it takes long.
var drawn = sync.OnceValue(func() *themes.Themes {
	t, err := themes.New(themes.Config{Language: "en"})
	if err != nil {
		panic(err)
	}
	return t
})

// nobody stands where nothing is to happen.
type nobody struct{}

func (nobody) PasswordChanged(context.Context, directory.Person) {}
func (nobody) Receipt(context.Context, consent.Input, directory.Consent, string) (string, error) {
	return "receipt", nil
}

// master is a master secret that everybody knows.
type master struct{}

func (master) Derive(purpose string, n int) []byte {
	return []byte(strings.Repeat(purpose+".", n)[:n])
}

// pair is a key in a self-signed certificate. As [Certificates] it is the only one.
type pair struct {
	key *rsa.PrivateKey
	der []byte
}

func (p *pair) Signing(directory.KeyID) (keys.Certificate, error) { return p.certificate(), nil }
func (p *pair) Published() []keys.Certificate                     { return []keys.Certificate{p.certificate()} }
func (p *pair) certificate() keys.Certificate {
	return keys.Certificate{ID: "one", DER: p.der, Signer: p.key}
}

// pairs are made once for all tests: RSA keys are slow to make.
var pairs = struct {
	sync.Mutex
	made map[string]*pair
}{made: map[string]*pair{}}

func pairNamed(name string) *pair {
	pairs.Lock()
	defer pairs.Unlock()
	if pairs.made[name] == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		pairs.made[name] = certified(key, noon)
	}
	return pairs.made[name]
}

// certified wraps a key for the year around a day.
func certified(key *rsa.PrivateKey, around time.Time) *pair {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(around.Unix()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: around.AddDate(0, -6, 0), NotAfter: around.AddDate(0, 6, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return &pair{key, der}
}

// person changes one of the town's people.
func (w *world) person(id directory.PersonID, change func(*directory.Person)) {
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	p := w.town.people[id]
	change(&p)
	w.town.people[id] = p
}

// nextID is an ID that no request had.
func (w *world) nextID() string {
	w.asked++
	return fmt.Sprintf("_request-%d", w.asked)
}
