// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// world is the room behind the real router and the real outbound client.
type world struct {
	t       *testing.T
	d       *memory
	room    *Room
	handler http.Handler
	now     time.Time
	logs    *strings.Builder
	events  *events
	token   string // of ateneu's registrar
}

func newWorld(t *testing.T, change ...func(*world)) *world {
	t.Helper()
	w := &world{
		t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), logs: new(strings.Builder), events: new(events),
		d: &memory{collectives: map[directory.CollectiveName]directory.Collective{}, services: map[directory.ServiceID]directory.Service{}},
	}
	w.token = w.registrar("ateneu", directory.Registrar{Expires: w.now.Add(24 * time.Hour), Limit: 3})
	issuer, err := url.Parse("https://id.example/key")
	w.must(err)
	w.room = &Room{
		Issuer: issuer, Directory: w.d, Source: w.d, Outbound: web.NewOutbound(web.OutboundConfig{Timeout: time.Second}),
		Limiter: web.Limiter{Store: counter{}}, Audit: w.events, Now: func() time.Time { return w.now }, Rand: rand.Reader,
	}
	for _, one := range change {
		one(w)
	}
	w.handler, err = web.NewRouter(web.Config{
		Issuer: issuer, Pages: pages(), Logger: slog.New(slog.NewTextHandler(w.logs, nil)), Now: w.room.Now, Rand: rand.Reader,
		Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, w.room)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

var pages = sync.OnceValue(func() *themes.Themes {
	t, err := themes.New(themes.Config{Language: "en"})
	if err != nil {
		panic(err)
	}
	return t
})

// registrar gives a collective one more initial access token.
func (w *world) registrar(in directory.CollectiveName, r directory.Registrar) string {
	w.t.Helper()
	if r.By == "" {
		r.By = "manager-of-" + directory.PersonID(in)
	}
	r, token, err := NewRegistrar(rand.Reader, in, r)
	w.must(err)
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	c := w.d.collectives[in]
	c.Name, c.State, c.Managers = in, directory.Active, []directory.PersonID{"manager-of-" + directory.PersonID(in)}
	c.Settings.Registrars = append(slices.Clone(c.Settings.Registrars), r)
	w.d.collectives[in] = c
	return token
}

// reply is what a door answered.
type reply struct {
	*httptest.ResponseRecorder
	said map[string]any
}

func (r reply) text(name string) string {
	s, _ := r.said[name].(string)
	return s
}

func (w *world) call(method, path, token, body string) reply {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "id.example"
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	out := reply{ResponseRecorder: rec}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &out.said); err != nil {
			w.t.Fatalf("%d, not JSON: %s", rec.Code, rec.Body)
		}
	}
	return out
}

// metadata is that of a good web application, changed by pairs; nil takes a
// member out.
func metadata(pairs ...any) string {
	m := map[string]any{"client_name": "Núvol de l'ateneu", "redirect_uris": []string{"https://nuvol.example/cb"}}
	for i := 0; i < len(pairs); i += 2 {
		if m[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
			delete(m, pairs[i].(string))
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func (w *world) registers(pairs ...any) reply {
	w.t.Helper()
	r := w.call("POST", "/key/register", w.token, metadata(pairs...))
	if r.Code != http.StatusCreated {
		w.t.Fatalf("registering: %d %s", r.Code, r.Body)
	}
	return r
}

func pathOf(r reply) string {
	return strings.TrimPrefix(r.text("registration_client_uri"), "https://id.example")
}

func (w *world) manages(method string, r reply, body string) reply {
	w.t.Helper()
	return w.call(method, pathOf(r), r.text("registration_access_token"), body)
}

// puts replaces a registration, with its id in the document.
func (w *world) puts(r reply, pairs ...any) reply {
	w.t.Helper()
	return w.manages("PUT", r, metadata(append([]any{"client_id", r.text("client_id")}, pairs...)...))
}

func (w *world) service(r reply) directory.Service {
	w.t.Helper()
	s, err := w.d.ServiceByClientID(context.Background(), directory.ClientID(r.text("client_id")))
	w.must(err)
	return s
}

func (w *world) wants(r reply, status int, code string) {
	w.t.Helper()
	if r.Code != status || r.text("error") != code {
		w.t.Errorf("answered %d %s, want %d %s", r.Code, r.Body, status, code)
	}
}

type counter struct{}

func (counter) Count(context.Context, string, time.Duration) (int64, error) { return 1, nil }

type events struct {
	mu  sync.Mutex
	all []audit.Event
}

func (e *events) Write(_ context.Context, one audit.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, one)
}

// memory is the least directory that can be.
type memory struct {
	mu          sync.Mutex
	version     int
	collectives map[directory.CollectiveName]directory.Collective
	services    map[directory.ServiceID]directory.Service
	down        error
}

func (d *memory) Collective(_ context.Context, name directory.CollectiveName) (directory.Collective, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.collectives[name]
	if d.down == nil && !ok {
		return c, directory.ErrNotFound
	}
	return c, d.down
}

func (d *memory) find(fits func(directory.Service) bool) (directory.Service, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.services {
		if fits(s) {
			return s, d.down
		}
	}
	if d.down != nil {
		return directory.Service{}, d.down
	}
	return directory.Service{}, directory.ErrNotFound
}

func (d *memory) ServiceByClientID(_ context.Context, id directory.ClientID) (directory.Service, error) {
	return d.find(func(s directory.Service) bool { return s.OIDC != nil && s.OIDC.ID == id })
}

func (d *memory) ServiceByName(_ context.Context, name directory.ServiceName) (directory.Service, error) {
	return d.find(func(s directory.Service) bool { return s.Name == name })
}

func (d *memory) ListServices(_ context.Context, f directory.ServiceFilter) iter.Seq2[directory.Service, error] {
	return func(yield func(directory.Service, error) bool) {
		d.mu.Lock()
		var all []directory.Service
		for _, s := range d.services {
			if s.Collective == f.Collective {
				all = append(all, s)
			}
		}
		down := d.down
		d.mu.Unlock()
		if down != nil {
			yield(directory.Service{}, down)
			return
		}
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (d *memory) AddService(_ context.Context, _ directory.Actor, s directory.Service) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, other := range d.services {
		if other.Name == s.Name {
			return directory.ErrExists
		}
	}
	return d.keep(s)
}

func (d *memory) keep(s directory.Service) error {
	d.version++
	s.Version = strconv.Itoa(d.version)
	d.services[s.ID] = s
	return d.down
}

func (d *memory) ReplaceService(_ context.Context, _ directory.Actor, s directory.Service) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.services[s.ID].Version != s.Version {
		return directory.ErrConflict
	}
	return d.keep(s)
}

func (d *memory) RemoveService(_ context.Context, _ directory.Actor, id directory.ServiceID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.services, id)
	return d.down
}

// site is a service's own server, with TLS, and a client that trusts it.
type site struct {
	*httptest.Server
	asked atomic.Int64
	mu    sync.Mutex
	pages map[string]string
}

func newSite(t *testing.T, w *world) *site {
	s := &site{pages: map[string]string{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		page, ok := s.pages[r.URL.Path]
		s.mu.Unlock()
		switch {
		case !ok:
			http.NotFound(w, r)
		case strings.HasPrefix(page, "to "):
			http.Redirect(w, r, page[3:], http.StatusFound)
		default:
			_, _ = io.WriteString(w, page)
		}
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	w.room.Outbound = web.NewOutbound(web.OutboundConfig{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: roots, Timeout: 3 * time.Second, Redirects: 2,
	})
	return s
}

func (s *site) has(path, page string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = page
	return s.URL + path
}

func drawn(t *testing.T, side int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
