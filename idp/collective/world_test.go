// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/collective"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/themes"
)

// house is the room alone, over a real directory, whose rules refuse what the
// room should have refused. People come in without a password.
type house struct {
	t       *testing.T
	address string
	people  map[string]directory.Person // by handle
	audit   *audit.Memory
	kept    *stubborn
	letters *postbox
	room    *collective.Room
	clock   *idptest.Clock
}

// postbox keeps letters instead of writing them.
type postbox struct {
	mu   sync.Mutex
	sent []letter.Letter
}

// drawn are the pages: read once, since nothing changes them and it takes long.
var drawn = sync.OnceValues(func() (*themes.Themes, error) { return themes.New(themes.Config{}) })

func (p *postbox) Write(_ context.Context, l letter.Letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, l)
}

// to are the kinds of letters that somebody got, in order.
func (p *postbox) to(handle string) []letter.Kind {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kinds []letter.Kind
	for _, l := range p.sent {
		if string(l.To.Handle) == handle {
			kinds = append(kinds, l.Kind)
		}
	}
	return kinds
}

// stubborn is the directory, which can be made to fail on writes.
type stubborn struct {
	directory.Backend
	fault error
	reads atomic.Int64 // of many people, or of who belongs to a collective
}

func (s *stubborn) PeopleByID(ctx context.Context, ids []directory.PersonID) ([]directory.Person, error) {
	s.reads.Add(1)
	return s.Backend.PeopleByID(ctx, ids)
}

func (s *stubborn) MemberIDs(ctx context.Context, name directory.CollectiveName) ([]directory.PersonID, error) {
	s.reads.Add(1)
	return s.Backend.MemberIDs(ctx, name)
}

func (s *stubborn) Person(ctx context.Context, id directory.PersonID) (directory.Person, error) {
	s.reads.Add(1)
	return s.Backend.Person(ctx, id)
}

func (s *stubborn) ChangeCollective(ctx context.Context, by directory.Actor, name directory.CollectiveName, change directory.CollectiveChange) error {
	if s.fault != nil {
		return s.fault
	}
	return s.Backend.ChangeCollective(ctx, by, name, change)
}

// town is a cache in which nothing is cached.
type town struct{ *stubborn }

func (d town) Services(ctx context.Context) ([]directory.Service, error) {
	var all []directory.Service
	for s, err := range d.ListServices(ctx, directory.ServiceFilter{}) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// build opens the house, with the sample federation and three services in it.
func build(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, audit: &audit.Memory{}, kept: &stubborn{Backend: openDirectory(t)}, letters: &postbox{}, clock: &idptest.Clock{}}
	h.people = idptest.Populate(t, h.kept)
	for _, s := range []directory.Service{
		service("forum", "Fòrum", directory.AccessPublic),
		service("nuvol", "Núvol", directory.AccessCollective, idptest.Horta),
		service("arxiu", "Arxiu", directory.AccessCollective),
	} {
		h.must(h.kept.AddService(context.Background(), directory.System(), s))
	}
	h.serve()
	return h
}

func service(name, title string, access directory.AccessPolicy, guests ...directory.CollectiveName) directory.Service {
	s, _ := idptest.Client(name, "https://"+name+".exemple.coop/cb")
	s.Title, s.Access, s.Guests, s.URL = title, access, guests, "https://"+name+".exemple.coop/"
	return s
}

func openDirectory(t *testing.T) directory.Backend {
	t.Helper()
	server, err := embedded.Open(embedded.Config{
		Path: filepath.Join(t.TempDir(), "directory.db"), Base: "dc=clau,dc=test", Now: time.Now, Rand: rand.Reader,
		Logger: slog.New(slog.DiscardHandler), Argon2: embedded.Argon2{Memory: 64, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	backend, err := ldapbackend.Open(ldapbackend.Config{
		Dial: server.Dial, Base: "dc=clau,dc=test", Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	return backend
}

// serve mounts the room behind the guard of sign-ons.
func (h *house) serve() {
	state, err := bolt.Open(bolt.Config{Path: filepath.Join(h.t.TempDir(), "state.db"), Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	h.must(err)
	h.t.Cleanup(func() { state.Close() })
	pages, err := drawn()
	h.must(err)
	sessions := session.NewManager(session.Config{Store: state, Now: time.Now, Rand: rand.Reader})
	cache := directory.NewCache(h.kept, directory.CacheConfig{})
	pipeline := signon.New(signon.Config{
		Directory: cache, Store: state, Sessions: sessions, Pages: pages, Audit: h.audit, Now: time.Now, Rand: rand.Reader,
	})
	pipeline.Speak(home{})
	server := httptest.NewUnstartedServer(nil)
	h.address = "http://" + server.Listener.Addr().String()
	issuer, err := url.Parse(h.address)
	h.must(err)
	book := activity.New(activity.Config{Next: h.audit, Store: state, Now: h.clock.Now, Logger: slog.New(slog.DiscardHandler)})
	h.room = &collective.Room{
		Issuer: issuer, Directory: town{h.kept}, Source: h.kept, Pages: pages, Audit: book, FormKey: []byte("key of forms"), Now: h.clock.Now,
		Activity: book, Memberships: h.memberships(cache, state, sessions, book),
	}
	server.Config.Handler, err = web.NewRouter(web.Config{
		Issuer: issuer, Guards: map[web.Permission]web.Guard{web.Person: pipeline.Guard, web.Manager: pipeline.GuardManager, web.Keeper: pipeline.GuardKeeper}, Pages: pages,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Rand: rand.Reader,
	}, pipeline, h.room, porch{h, sessions})
	h.must(err)
	server.Start()
	h.t.Cleanup(server.Close)
}

// memberships is the real room, which writes no letters.
func (h *house) memberships(cache directory.Backend, state store.Store, sessions *session.Manager, book audit.Log) *membership.Room {
	quiet := slog.New(slog.DiscardHandler)
	return membership.New(membership.Config{
		Directory: cache, Source: h.kept, Store: state, Letters: h.letters, Audit: book,
		Tickets: &ticket.Desk{Key: []byte("key of tickets"), Store: state, Now: h.clock.Now},
		Logout:  logout.New(logout.Config{Store: state, Sessions: sessions, Now: h.clock.Now, Rand: rand.Reader, Logger: quiet}),
		Now:     h.clock.Now, Rand: rand.Reader, Logger: quiet,
		Forget: func(context.Context, directory.PersonID) error { return nil },
	})
}

// home is the protocol of sign-ons to pages of our own, of which none ends here.
type home struct{}

func (home) Protocol() string { return signon.Home }
func (home) Answer(http.ResponseWriter, *http.Request, signon.Result) error {
	return nil
}
func (home) Refuse(http.ResponseWriter, *http.Request, signon.Request, signon.Reason) error {
	return nil
}

// porch lets anybody in as anybody.
type porch struct {
	h        *house
	sessions *session.Manager
}

func (p porch) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /in/{handle}", Needs: web.Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		proof := session.Proof{Person: p.h.people[r.PathValue("handle")], At: time.Now(), ACR: session.ACRPassword}
		_, err := p.sessions.Start(w, r, proof, session.Session{})
		return err
	}}}
}

// page is where the policy of a collective is written.
func (h *house) page(of directory.CollectiveName) string {
	return h.address + "/collectives/" + string(of) + "/policy"
}

// enters sits somebody before a browser, with a session.
func (h *house) enters(handle string) *visitor {
	v := &visitor{Plain: idptest.NewBrowser(h.t), h: h}
	v.Person = idptest.Sits(h.t, v.Plain)
	v.Plain.Open(h.address + "/in/" + handle)
	return v
}

// visitor is somebody with a form before them.
type visitor struct {
	*idptest.Plain
	idptest.Person
	h *house
}

// Press presses a button or follows a link.
func (v *visitor) Press(what string) {
	v.h.t.Helper()
	v.Person.Press(what)
}

// goes opens a page of a collective.
func (v *visitor) goes(of directory.CollectiveName, below string) {
	v.h.t.Helper()
	v.Plain.Open(v.h.address + "/collectives/" + string(of) + below)
	if v.Status != http.StatusOK {
		v.h.t.Fatalf("%s of %s is answered with %d:\n%s", below, of, v.Status, v.Plain.Text())
	}
}

// at opens the page of a collective.
func (v *visitor) at(of directory.CollectiveName) {
	v.h.t.Helper()
	v.Plain.Open(v.h.page(of))
	if v.Status != http.StatusOK {
		v.h.t.Fatalf("the page of %s is answered with %d", of, v.Status)
	}
}

// form is what the page would send, and where to.
func (v *visitor) form() (values url.Values, action string) {
	v.h.t.Helper()
	for _, f := range v.Forms() {
		if values := v.Values(f); values.Has("version") {
			i := slices.IndexFunc(f.Attr, func(a html.Attribute) bool { return a.Key == "action" })
			return values, v.Resolve(f.Attr[i].Val)
		}
	}
	v.h.t.Fatalf("no form at %s:\n%s", v.Plain.Address(), v.Plain.Text())
	return nil, ""
}

// field is what stands in a field of the form.
func (v *visitor) field(name string) string {
	v.h.t.Helper()
	values, _ := v.form()
	return values.Get(name)
}

// presses sends the form as it stands, but for what is typed over. A name that
// begins with "-" is of a box that is unticked.
func (v *visitor) presses(do string, over map[string]string) {
	v.h.t.Helper()
	values, action := v.form()
	for name, value := range over {
		if off, ok := strings.CutPrefix(name, "-"); ok {
			values.Del(off)
			continue
		}
		values.Set(name, value)
	}
	values.Set("do", do)
	v.posts(action, values)
}

func (v *visitor) posts(to string, values url.Values) {
	v.h.t.Helper()
	r, err := http.NewRequest(http.MethodPost, to, strings.NewReader(values.Encode()))
	v.h.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	v.Send(r)
}

// follows goes where the first link of the page leads that begins so.
func (v *visitor) follows(path string) {
	v.h.t.Helper()
	_, rest, found := strings.Cut(v.Body, `href="`+path)
	end, _, _ := strings.Cut(rest, `"`)
	if !found {
		v.h.t.Fatalf("no link to %s at %s", path, v.Plain.Address())
	}
	v.Plain.Open(v.h.address + path + end)
}

// hidden are the fields that mark a form of the page as drawn for the visitor.
func (v *visitor) hidden() url.Values {
	v.h.t.Helper()
	for _, f := range v.Forms() {
		if values := v.Values(f); values.Has("token") {
			return url.Values{"token": values["token"]}
		}
	}
	v.h.t.Fatalf("no form at %s:\n%s", v.Plain.Address(), v.Plain.Text())
	return nil
}

// policy is what the directory holds of a collective.
func (h *house) policy(of directory.CollectiveName) consent.Policy {
	h.t.Helper()
	c, err := h.kept.Collective(context.Background(), of)
	h.must(err)
	p, err := consent.ParsePolicy(c.Policy, consent.JSON)
	h.must(err)
	return p
}

// write puts a policy into the directory, past the page.
func (h *house) write(of directory.CollectiveName, text string) {
	h.t.Helper()
	raw := []byte(text)
	h.must(h.kept.Backend.ChangeCollective(context.Background(), directory.System(), of, directory.CollectiveChange{Policy: &raw}))
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}
