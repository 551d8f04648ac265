// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
)

const (
	ateneu directory.CollectiveName = "ateneu"
	horta  directory.CollectiveName = "horta"
)

// federation is two collectives on the embedded directory, so that its access
// rules have their say: the Ateneu, managed by Anna and Bernat, and the Horta,
// managed by Dolors.
type federation struct {
	*testing.T
	clock    *storetest.Clock
	dir      directory.Backend
	store    store.Store
	sessions *session.Manager
	logout   *logout.Room
	services *ear
	mails    *mailbag
	audit    *audit.Memory
	room     *membership.Room
	names    int
	forgot   []directory.PersonID

	anna, bernat, dolors directory.PersonID
}

func newFederation(t *testing.T) *federation {
	t.Helper()
	f := &federation{
		T: t, clock: storetest.NewClock(time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)),
		services: &ear{}, mails: &mailbag{}, audit: &audit.Memory{},
	}
	f.open()
	f.room = f.node(f.dir)
	for _, name := range []directory.CollectiveName{ateneu, horta} {
		f.must(f.dir.AddCollective(t.Context(), directory.System(), directory.Collective{
			ID: uuid.NewString(), Name: name, Title: "Title of " + string(name), State: directory.Active,
			Language: "ca", Mail: "hola@" + string(name) + ".example", Created: f.clock.Now(),
		}))
	}
	f.anna, f.bernat = f.managerOf("anna", ateneu), f.managerOf("bernat", ateneu)
	f.dolors = f.managerOf("dolors", horta)
	return f
}

func (f *federation) open() {
	const base = "dc=clau,dc=test"
	folder, logger := f.TempDir(), slog.New(slog.DiscardHandler)
	server, err := embedded.Open(embedded.Config{
		Path: filepath.Join(folder, "directory.db"), Base: base, Now: f.clock.Now, Rand: rand.Reader,
		Logger: logger, Argon2: embedded.Argon2{Memory: 64, Time: 1, Threads: 1},
	})
	f.must(err)
	backend, err := ldapbackend.Open(ldapbackend.Config{Dial: server.Dial, Base: base, Now: f.clock.Now, Rand: rand.Reader, Logger: logger})
	f.must(err)
	state, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, "state.db"), Now: f.clock.Now})
	f.must(err)
	f.Cleanup(func() { _ = errors.Join(backend.Close(), state.Close(), server.Close()) })
	f.dir, f.store = backend, state
	f.sessions = session.NewManager(session.Config{Store: state, Now: f.clock.Now, Rand: rand.Reader})
	f.logout = logout.New(logout.Config{Store: state, Sessions: f.sessions, Now: f.clock.Now, Rand: rand.Reader, Logger: logger})
	f.logout.Employ(f.services)
}

// node is a room over a backend, as each node of Clau has one.
func (f *federation) node(source directory.Backend) *membership.Room {
	return membership.New(membership.Config{
		Directory: directory.NewCache(source, directory.CacheConfig{Now: f.clock.Now}), Source: source, Store: f.store,
		Tickets: &ticket.Desk{Key: []byte("a key of thirty-two bytes or more"), Store: f.store, Now: f.clock.Now},
		Letters: f.mails, Logout: f.logout, Audit: f.audit, Now: f.clock.Now, Rand: rand.Reader,
		Logger: slog.New(slog.DiscardHandler),
		Forget: func(_ context.Context, id directory.PersonID) error {
			f.forgot = append(f.forgot, id)
			return nil
		},
	})
}

func (f *federation) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// done wants that what was decided happened at once.
func (f *federation) done(result membership.Result, err error) {
	f.Helper()
	if err != nil || result != membership.Done {
		f.Fatal(result, err)
	}
}

// is wants an error, or none.
func (f *federation) is(got, want error) {
	f.Helper()
	if !errors.Is(got, want) {
		f.Errorf("%v, want %v", got, want)
	}
}

// somebody makes a member, whose primary collective the first one is, with a
// handle of their own.
func (f *federation) somebody(called string, in ...directory.CollectiveName) directory.PersonID {
	f.Helper()
	f.names++
	handle := fmt.Sprintf("%s%d", called, f.names)
	mail := handle + "@exemple.coop"
	p := directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle(handle), State: directory.Active, Name: "Name of " + handle,
		Mail: mail, Verified: []string{mail}, Language: "ca", Seed: make([]byte, 32), Created: f.clock.Now(), Epoch: 1,
	}
	if len(in) > 0 {
		p.Primary = in[0]
	}
	f.must(f.dir.AddPerson(f.Context(), directory.System(), p))
	for _, name := range in {
		f.must(f.dir.AddMember(f.Context(), directory.System(), name, p.ID))
	}
	return p.ID
}

func (f *federation) managerOf(called string, in ...directory.CollectiveName) directory.PersonID {
	f.Helper()
	id := f.somebody(called, in...)
	f.must(f.dir.AddManager(f.Context(), directory.System(), in[0], id))
	return id
}

// service makes one that only access groups open.
func (f *federation) service(name directory.ServiceName, of directory.CollectiveName, admins ...directory.PersonID) directory.Service {
	f.Helper()
	s := directory.Service{
		ID: directory.ServiceID(uuid.NewString()), Name: name, Collective: of, State: directory.Active, Managers: admins,
		Access: directory.AccessGroup, Title: "Service " + string(name), Created: f.clock.Now(),
	}
	f.must(f.dir.AddService(f.Context(), directory.System(), s))
	return s
}

func (f *federation) settle(name directory.CollectiveName, settings directory.Settings) {
	f.Helper()
	f.must(f.dir.ChangeCollective(f.Context(), directory.System(), name, directory.CollectiveChange{Settings: &settings}))
}

func (f *federation) person(id directory.PersonID) directory.Person {
	f.Helper()
	p, err := f.dir.Person(f.Context(), id)
	f.must(err)
	return p
}

func (f *federation) standing(id directory.PersonID) directory.Standing {
	f.Helper()
	s, err := f.dir.Standing(f.Context(), id)
	f.must(err)
	return s
}

func (f *federation) managers(of directory.CollectiveName) []directory.PersonID {
	f.Helper()
	c, err := f.dir.Collective(f.Context(), of)
	f.must(err)
	return c.Managers
}

func (f *federation) cases(of directory.CollectiveName) []directory.Case {
	f.Helper()
	var all []directory.Case
	for c, err := range f.dir.ListCases(f.Context(), directory.CaseFilter{Collective: of}) {
		f.must(err)
		all = append(all, c)
	}
	return all
}

// signedOn begins a session of a person that was used at a service, with a
// grant that outlives it.
func (f *federation) signedOn(id directory.PersonID, at directory.ServiceID) session.Session {
	f.Helper()
	proof := session.Proof{Person: f.person(id), At: f.clock.Now()}
	s, err := f.sessions.Start(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), proof, session.Session{})
	f.must(err)
	ops := f.logout.Enter(s, logout.Participant{Protocol: "test", Service: at, Subject: "sub", SID: "sid-" + s.Key})
	key := "grant:" + s.Key
	ops = append(ops, store.Put{Key: key, Value: []byte(id), TTL: time.Hour}, f.logout.HoldFor(id, at, key, time.Hour))
	f.must(f.store.Write(f.Context(), ops...))
	return s
}

// over reports whether nothing of a session, or of what was granted in it, is left.
func (f *federation) over(s session.Session) bool {
	f.Helper()
	_, session := f.store.Get(f.Context(), "session:"+s.Key)
	return errors.Is(session, store.ErrNotFound) && f.grantOver(s)
}

func (f *federation) grantOver(s session.Session) bool {
	_, grant := f.store.Get(f.Context(), "grant:"+s.Key)
	return errors.Is(grant, store.ErrNotFound)
}

func manager(id directory.PersonID, of directory.CollectiveName) membership.By {
	return membership.By{Person: id, Collective: of}
}

// events are those of a kind about somebody.
func (f *federation) events(kind audit.Kind, about directory.PersonID) []audit.Event {
	var found []audit.Event
	for _, e := range f.audit.Events() {
		if e.Kind == kind && e.Person == about {
			found = append(found, e)
		}
	}
	return found
}

// ear is where services listen.
type ear struct {
	mu    sync.Mutex
	heard []directory.ServiceID
}

func (e *ear) Protocol() string { return "test" }

func (e *ear) Deliver(_ context.Context, p logout.Participant) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, p.Service)
	return nil
}

func (e *ear) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}

// mailbag keeps letters.
type mailbag struct {
	mu   sync.Mutex
	kept []letter.Letter
}

func (b *mailbag) Write(_ context.Context, l letter.Letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, l)
}

func (b *mailbag) all() []letter.Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]letter.Letter(nil), b.kept...)
}

// of are the letters of a kind to somebody.
func (b *mailbag) of(kind letter.Kind, to directory.PersonID) []letter.Letter {
	var found []letter.Letter
	for _, l := range b.all() {
		if l.Kind == kind && l.To.ID == to {
			found = append(found, l)
		}
	}
	return found
}

// ticketOf is the secret in the link of a letter.
func ticketOf(t *testing.T, path string) string {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || u.Query().Get("t") == "" {
		t.Fatalf("no ticket in %q", path)
	}
	return u.Query().Get("t")
}
