// SPDX-License-Identifier: AGPL-3.0-or-later

package signon_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// town is a directory of three people and two services, all in maps.
type town struct {
	mu       sync.Mutex
	people   map[directory.PersonID]directory.Person
	standing map[directory.PersonID]directory.Standing
	services map[directory.ServiceID]directory.Service
	password map[directory.PersonID]string
	must     map[directory.PersonID]bool
	consents map[string]directory.Consent // by person and service
	policy   []byte
	taken    map[string]bool // handles that are somebody else's
	asked    int             // how often a decision was read
}

func newTown() *town {
	seed := func(b byte) []byte { return []byte(strings.Repeat(string(rune(b)), 32)) }
	return &town{
		people: map[directory.PersonID]directory.Person{
			"1": {ID: "1", Handle: "anna", Name: "Anna Vila", Mail: "anna@example.coop", State: directory.Active, Seed: seed('a')},
			"2": {ID: "2", Handle: "bernat", Name: "Bernat Pi", State: directory.Active, Seed: seed('b')},
			"3": {ID: "3", Handle: "carla", Name: "Carla Roca", State: directory.Active, Seed: seed('c')},
		},
		standing: map[directory.PersonID]directory.Standing{
			"1": {Memberships: []directory.Membership{{Collective: "ateneu"}}},
		},
		services: map[directory.ServiceID]directory.Service{
			"nuvol": {ID: "nuvol", Name: "nuvol", Title: "Núvol", Collective: "ateneu", State: directory.Active, Access: directory.AccessCollective},
			"forum": {ID: "forum", Name: "forum", Title: "Fòrum", Collective: "ateneu", State: directory.Active, Access: directory.AccessPublic},
		},
		password: map[directory.PersonID]string{"1": "correct horse", "2": "correct horse", "3": "correct horse"},
		must:     map[directory.PersonID]bool{"3": true},
		consents: map[string]directory.Consent{},
		taken:    map[string]bool{},
	}
}

func (d *town) Person(_ context.Context, id directory.PersonID) (directory.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return found(d.people, id)
}

func (d *town) Standing(_ context.Context, id directory.PersonID) (directory.Standing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.standing[id], nil
}

func (d *town) Service(_ context.Context, id directory.ServiceID) (directory.Service, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return found(d.services, id)
}

func (d *town) Services(context.Context) ([]directory.Service, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.services)), nil
}

func (d *town) Collective(_ context.Context, name directory.CollectiveName) (directory.Collective, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return directory.Collective{Name: name, Title: "Ateneu Popular", Policy: d.policy,
		Settings: directory.Settings{Colour: "#7a1f3d"}, Logo: []byte("logo")}, nil
}

func (d *town) Consent(_ context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	return found(d.consents, string(person)+"/"+string(service))
}

func (d *town) PutConsent(_ context.Context, _ string, c directory.Consent) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken[c.Handle] {
		return directory.ErrExists
	}
	d.consents[string(c.Person)+"/"+string(c.Service)] = c
	return nil
}

func found[K comparable, V any](m map[K]V, key K) (V, error) {
	v, ok := m[key]
	if !ok {
		return v, directory.ErrNotFound
	}
	return v, nil
}

func (d *town) PersonByLogin(_ context.Context, name string) (directory.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if strings.EqualFold(name, string(p.Handle)) {
			return p, nil
		}
	}
	return directory.Person{}, directory.ErrNotFound
}

func (d *town) Authenticate(_ context.Context, id directory.PersonID, password string) (directory.PasswordAdvice, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.password[id] != password {
		return directory.PasswordAdvice{}, directory.ErrPassword
	}
	return directory.PasswordAdvice{MustChange: d.must[id]}, nil
}

func (d *town) AuthenticateNobody(context.Context, string) error { return directory.ErrPassword }

func (d *town) SetPassword(_ context.Context, _ directory.Actor, id directory.PersonID, password string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(password) < 10 {
		return directory.ErrWeakPassword
	}
	d.password[id], d.must[id] = password, false
	return nil
}

func (d *town) ChangePerson(_ context.Context, _ directory.Actor, id directory.PersonID, c directory.PersonChange) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.people[id]
	if c.State != nil {
		p.State = *c.State
	}
	if c.RaiseEpoch {
		p.Epoch++
	}
	d.people[id] = p
	return nil
}

// plainProtocol answers in JSON, and begins whatever request a test prepared.
type plainProtocol struct {
	w       *world
	request signon.Request
}

type reply struct {
	Subject string            `json:"subject"`
	SID     string            `json:"sid"`
	Person  string            `json:"person"`
	Release map[string]string `json:"release"`
	Refused signon.Reason     `json:"refused"`
	Reply   string            `json:"reply"`
}

func (c *plainProtocol) Protocol() string { return "test" }

func (c *plainProtocol) Answer(w http.ResponseWriter, r *http.Request, result signon.Result) error {
	if err := c.w.store.Write(r.Context(), result.Writes...); err != nil {
		return err
	}
	released := map[string]string{}
	for a, v := range result.Release {
		switch v := v.(type) {
		case string:
			released[string(a)] = v
		case []string:
			released[string(a)] = strings.Join(v, " ")
		}
	}
	return web.WriteJSON(w, http.StatusOK, reply{
		Subject: result.Subject, SID: result.SID, Person: string(result.Person.Handle),
		Release: released, Reply: string(result.Request.Reply),
	})
}

func (c *plainProtocol) Refuse(w http.ResponseWriter, _ *http.Request, req signon.Request, reason signon.Reason) error {
	return web.WriteJSON(w, http.StatusOK, reply{Refused: reason, Reply: string(req.Reply)})
}

func (c *plainProtocol) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /begin", Needs: web.Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		return c.w.pipeline.Begin(w, r, c.request)
	}}}
}

type notes struct{ changed []directory.PersonID }

func (n *notes) PasswordChanged(_ context.Context, p directory.Person) {
	n.changed = append(n.changed, p.ID)
}

type silence struct{}

func (silence) Write(context.Context, audit.Event) {}

// world is a Clau that speaks one plain protocol.
type world struct {
	t        *testing.T
	clock    *storetest.Clock
	town     *town
	store    *storetest.Counter
	broken   *storetest.Breaker
	sessions *session.Manager
	pipeline *signon.Pipeline
	protocol *plainProtocol
	notes    *notes
	pages    *themes.Themes
	server   *httptest.Server
}

// drawn are the pages: read once, since nothing changes them and it takes long.
var drawn = sync.OnceValues(func() (*themes.Themes, error) { return themes.New(themes.Config{}) })

func start(t *testing.T) *world {
	clock := storetest.NewClock(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	w := &world{t: t, clock: clock, town: newTown(), notes: &notes{}}
	file, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: clock.Now})
	w.must(err)
	t.Cleanup(func() { _ = file.Close() })
	w.broken = storetest.Broken(file)
	w.store = storetest.Counting(w.broken)
	pages, err := drawn()
	w.must(err)
	w.pages = pages
	log := slog.New(slog.DiscardHandler)
	w.sessions = session.NewManager(session.Config{Store: w.store, Now: clock.Now, Rand: rand.Reader})
	w.pipeline = signon.New(signon.Config{
		Directory: w.town, Store: w.store, Sessions: w.sessions, Pages: pages, Dates: pages, Audit: silence{}, Notify: w.notes,
		Logout:     logout.New(logout.Config{Store: w.store, Sessions: w.sessions, Now: clock.Now, Rand: rand.Reader, Logger: log}),
		Password:   &login.Password{People: w.town, Brake: &login.Brake{Store: w.store}, Now: clock.Now},
		Pseudonyms: names{}, Consents: w.town, Decisions: w.town, Receipts: receipts{}, AliasOf: "alias.example",
		Now: clock.Now, Rand: rand.Reader,
	})
	w.protocol = &plainProtocol{w: w, request: signon.Request{
		Protocol: "test", Service: "nuvol", Reply: []byte("state"),
	}}
	w.pipeline.Speak(w.protocol)
	w.server = httptest.NewUnstartedServer(nil)
	issuer := &url.URL{Scheme: "http", Host: w.server.Listener.Addr().String()}
	router, err := web.NewRouter(web.Config{Issuer: issuer, Pages: pages, Logger: log, Now: time.Now, Rand: rand.Reader}, w.pipeline, w.protocol)
	w.must(err)
	w.server.Config.Handler = router
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// browser is a person's browser. It follows redirects and keeps cookies.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{w, &http.Client{Jar: jar, Timeout: 10 * time.Second}}
}

// page is what a browser shows: where it is, what it says, its form.
type page struct {
	b      *browser
	status int
	path   string
	action string
	fields url.Values
	body   string
	reply  *reply // when it is not a page but the service's answer
}

func (b *browser) begin() *page { return b.get("/begin") }

func (b *browser) get(path string) *page {
	b.w.t.Helper()
	res, err := b.client.Get(b.w.server.URL + path)
	b.w.must(err)
	return b.read(res)
}

func (b *browser) post(path string, form url.Values) *page {
	b.w.t.Helper()
	res, err := b.client.PostForm(b.w.server.URL+path, form)
	b.w.must(err)
	return b.read(res)
}

func (b *browser) read(res *http.Response) *page {
	b.w.t.Helper()
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	b.w.must(err)
	p := &page{b: b, status: res.StatusCode, path: res.Request.URL.Path, body: string(raw), fields: url.Values{}}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		p.reply = &reply{}
		b.w.must(json.Unmarshal(raw, p.reply))
		return p
	}
	doc, err := html.Parse(strings.NewReader(p.body))
	b.w.must(err)
	for n := range doc.Descendants() {
		p.take(n)
	}
	return p
}

// take collects the page's first posting form.
func (p *page) take(n *html.Node) {
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
	}
	switch {
	case n.Data == "form" && strings.EqualFold(attr["method"], "post") && p.action == "":
		p.action = attr["action"]
	case n.Data == "input" && attr["type"] == "hidden":
		p.fields.Set(attr["name"], attr["value"])
	}
}

// submit fills in the form and sends it: pairs of name and value.
func (p *page) submit(pairs ...string) *page {
	p.b.w.t.Helper()
	if p.action == "" {
		p.b.w.t.Fatalf("no form at %s (%d): %.300s", p.path, p.status, p.body)
	}
	form := url.Values{}
	for name := range p.fields {
		form.Set(name, p.fields.Get(name))
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return p.b.post(p.action, form)
}

func (p *page) login(name string) *page {
	p.b.w.t.Helper()
	return p.submit("username", name, "password", "correct horse")
}

func (p *page) at(path string) *page {
	p.b.w.t.Helper()
	if p.path != path || p.reply != nil {
		p.b.w.t.Fatalf("at %s (%d, reply %+v), want %s: %.200s", p.path, p.status, p.reply, path, p.body)
	}
	return p
}

func (p *page) answered(handle string) *page {
	p.b.w.t.Helper()
	if p.reply == nil || p.reply.Person != handle {
		p.b.w.t.Fatalf("at %s (%d): reply %+v, want %s; %.200s", p.path, p.status, p.reply, handle, p.body)
	}
	return p
}

// turnedAway reads why the service is not open, and goes back to it.
func (p *page) turnedAway(reason string) *page {
	p.b.w.t.Helper()
	p.at("/login/closed")
	if words := p.b.w.pages.Text("ca", "closed."+reason); !strings.Contains(p.body, html.EscapeString(words)) {
		p.b.w.t.Fatalf("not told %q: %s", words, p.body)
	}
	back := regexp.MustCompile(`/login/cancel\?signon=[^"]+`).FindString(p.body)
	return p.b.get(back).refused(signon.AccessDenied)
}

func (p *page) refused(reason signon.Reason) *page {
	p.b.w.t.Helper()
	if p.reply == nil || p.reply.Refused != reason {
		p.b.w.t.Fatalf("at %s (%d): reply %+v, want refusal %s", p.path, p.status, p.reply, reason)
	}
	return p
}

// names are pseudonyms that a reader of a failed test understands.
type names struct{}

func (names) SubjectOf(s directory.Service, p directory.Person, identity int) string {
	if len(p.Seed) == 0 {
		return ""
	}
	return fmt.Sprint(s.ID, "-knows-", p.ID, strings.Repeat("-anew", identity))
}

func (names) Handle(sector string, seed []byte, _, try int, lang string) string {
	return fmt.Sprintf("roure%s-%c-%d", lang, seed[0], try)
}

func (names) Display(handle, _ string) string { return strings.ToUpper(handle) }

func (names) Alias(sector string, seed []byte, _ int, domain string) string {
	return fmt.Sprintf("%c.%s@%s", seed[0], strings.ReplaceAll(sector, ":", "-"), domain)
}

// receipts are unsigned, and say what is in force.
type receipts struct{}

func (receipts) Receipt(_ context.Context, _ consent.Input, c directory.Consent, lang string) (string, error) {
	return fmt.Sprint(lang, " ", c.Appearance, " ", c.Allowed), nil
}

func (names) SessionID(key string, s directory.Service) string { return key + "-at-" + string(s.ID) }
