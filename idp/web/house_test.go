// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/themes"
)

// plainPages writes what a page holds, so that tests read it.
type plainPages struct{}

func (plainPages) Match(...string) string { return "ca" }

func (plainPages) Render(w io.Writer, f themes.Frame, p themes.Page) error {
	e, ok := p.(themes.Error)
	if !ok {
		return fmt.Errorf("no template for %T", p)
	}
	_, err := fmt.Fprintf(w, "<p id=error-code>%s</p> %s %s %d", e.Code, e.Detail, f.Reference, e.Status)
	return err
}

// brokenPages can draw nothing.
type brokenPages struct{ plainPages }

func (brokenPages) Render(io.Writer, themes.Frame, themes.Page) error {
	return fmt.Errorf("template: broken")
}

// routes is an area made of a literal.
type routes []Route

func (rs routes) Routes() []Route { return rs }

// lines is a log that tests read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// last returns the last event.
func (l *lines) last(t *testing.T) map[string]any {
	t.Helper()
	all := strings.Split(strings.TrimSpace(l.String()), "\n")
	var event map[string]any
	err := json.Unmarshal([]byte(all[len(all)-1]), &event)
	if err != nil {
		t.Fatalf("log line %q: %v", all[len(all)-1], err)
	}
	return event
}

// door is a router with what tests want to see of it.
type door struct {
	http.Handler
	log *lines
}

func config(log io.Writer) Config {
	issuer := &url.URL{Scheme: "https", Host: "id.example.coop"}
	return Config{
		Issuer:         issuer,
		Pages:          plainPages{},
		Logger:         slog.New(slog.NewJSONHandler(log, nil)),
		Now:            time.Now,
		Rand:           rand.Reader,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Limits:         Limits{PerSecond: 1e6, Burst: 1e6},
	}
}

func newDoor(t *testing.T, change func(*Config), rs ...Route) door {
	t.Helper()
	log := &lines{}
	c := config(log)
	if change != nil {
		change(&c)
	}
	handler, err := NewRouter(c, routes(rs))
	if err != nil {
		t.Fatalf("NewRouter: %v", err)
	}
	return door{Handler: handler, log: log}
}

// ask sends a request to the issuer's host from a public address.
func (d door) ask(r *http.Request) *httptest.ResponseRecorder {
	if r.Host == "example.com" {
		r.Host = "id.example.coop"
	}
	if r.RemoteAddr == "192.0.2.1:1234" {
		r.RemoteAddr = "198.51.100.7:4711"
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func (d door) get(path string) *httptest.ResponseRecorder {
	return d.ask(httptest.NewRequest("GET", path, nil))
}

func (d door) post(path, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.ask(r)
}

func hello(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "hello")
	return err
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
