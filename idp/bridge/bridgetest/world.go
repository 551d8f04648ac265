// SPDX-License-Identifier: AGPL-3.0-or-later

package bridgetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Where things are, and what opens them.
const (
	Host     = "id.example"
	Issuer   = "https://" + Host
	Password = "correct horse"
)

// World is a Clau without doors, and the hosts around it.
type World struct {
	T        testing.TB
	Clock    *storetest.Clock
	Town     *Town
	Store    *storetest.Counter
	Broken   *storetest.Breaker
	Master   keys.Master
	Sessions *session.Manager
	Logout   *logout.Room
	Pipeline *signon.Pipeline
	Pages    *themes.Themes
	Logs     *Record  // all that is logged
	Audit    *Journal // all that is recorded

	mu    sync.Mutex
	hosts map[string]http.Handler
}

// drawn are the pages: read once, since nothing changes them and it takes long.
var drawn = sync.OnceValues(func() (*themes.Themes, error) { return themes.New(themes.Config{}) })

// Start returns a world for one test.
func Start(t testing.TB) *World {
	t.Helper()
	clock := storetest.NewClock(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	w := &World{T: t, Clock: clock, Town: newTown(), Logs: new(Record), Audit: new(Journal), hosts: map[string]http.Handler{}}
	file, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: clock.Now})
	w.Must(err)
	t.Cleanup(func() { _ = file.Close() })
	w.Broken = storetest.Broken(file)
	w.Store = storetest.Counting(w.Broken)
	w.Master, err = keys.NewMaster(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	w.Must(err)
	w.Pages, err = drawn()
	w.Must(err)
	w.Sessions = session.NewManager(session.Config{Store: w.Store, Now: clock.Now, Rand: rand.Reader, Secure: true})
	w.Logout = logout.New(logout.Config{Store: w.Store, Sessions: w.Sessions, Now: clock.Now, Rand: rand.Reader, Logger: w.Logger()})
	w.Pipeline = signon.New(signon.Config{
		Directory: w.Town, Store: w.Store, Sessions: w.Sessions, Pages: w.Pages, Dates: w.Pages, Audit: w.Audit,
		Logout: w.Logout, Notify: silence{}, Receipts: silence{},
		Password:   &login.Password{People: w.Town, Brake: &login.Brake{Store: w.Store}, Now: clock.Now},
		Pseudonyms: pseudonym.New(w.Master), Consents: w.Town, Decisions: w.Town,
		Now: clock.Now, Rand: rand.Reader,
	})
	return w
}

// Must fails the test if there is an error.
func (w *World) Must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Logger writes to [World.Logs], with every detail.
func (w *World) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.Logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Open puts doors into the house and opens it.
func (w *World) Open(doors ...web.Area) {
	w.T.Helper()
	for _, door := range doors {
		if protocol, ok := door.(signon.Protocol); ok {
			w.Pipeline.Speak(protocol)
		}
		if courier, ok := door.(logout.Courier); ok {
			w.Logout.Employ(courier)
		}
	}
	w.Host(Host, w.router(Issuer, doors))
}

// Listen opens the same doors at an address of this machine, for programs that
// are no handlers.
func (w *World) Listen(doors func(issuer string) []web.Area) (issuer string) {
	w.T.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String()
	open := doors(issuer)
	for _, door := range open {
		if protocol, ok := door.(signon.Protocol); ok {
			w.Pipeline.Speak(protocol)
		}
	}
	server.Config.Handler = w.router(issuer, open)
	server.Start()
	w.T.Cleanup(server.Close)
	return issuer
}

func (w *World) router(issuer string, doors []web.Area) http.Handler {
	w.T.Helper()
	u, err := url.Parse(issuer)
	w.Must(err)
	handler, err := web.NewRouter(web.Config{
		Issuer: u, Pages: w.Pages, Logger: w.Logger(), Now: w.Clock.Now, Rand: rand.Reader,
		Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, append(doors, w.Pipeline)...)
	w.Must(err)
	return handler
}

// Host lets a handler answer under a name.
func (w *World) Host(name string, h http.Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[name] = h
}

// Client is a program's way to the hosts: it follows nothing and keeps nothing.
func (w *World) Client() *http.Client {
	return &http.Client{
		Transport:     w,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RoundTrip implements [http.RoundTripper].
func (w *World) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	host := w.hosts[r.URL.Host]
	w.mu.Unlock()
	if host == nil {
		return nil, fmt.Errorf("no host %s", r.URL.Host)
	}
	arrived := r.Clone(r.Context())
	arrived.Host, arrived.RemoteAddr, arrived.RequestURI = r.URL.Host, "198.51.100.7:1234", r.URL.RequestURI()
	arrived.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if arrived.Body == nil {
		arrived.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	host.ServeHTTP(rec, arrived)
	answer := rec.Result()
	answer.Request = r
	return answer, nil
}

// Record keeps the lines that are written to it.
type Record struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements [io.Writer].
func (r *Record) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(line)
}

// String is all of it.
func (r *Record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// Journal is an audit log in memory.
type Journal struct{ Record }

// Write implements [audit.Log].
func (j *Journal) Write(_ context.Context, e audit.Event) {
	line, _ := json.Marshal(e) // strings and times
	_, _ = j.Record.Write(append(line, '\n'))
}

type silence struct{}

func (silence) PasswordChanged(context.Context, directory.Person) {}

func (silence) Receipt(context.Context, consent.Input, directory.Consent, string) (string, error) {
	return "receipt", nil
}
