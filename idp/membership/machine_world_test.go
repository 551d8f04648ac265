// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/ticket"
)

// The three collectives of every story, and who manages them.
const (
	ateneu = directory.CollectiveName("ateneu")
	forn   = directory.CollectiveName("forn")
	horta  = directory.CollectiveName("horta")
)

var homeNetwork = netip.MustParseAddr("192.0.2.7")

// town is a house of memberships with its people, on a directory that is given.
type town struct {
	t       testing.TB
	dir     directory.Backend
	ledger  *ledger // nil on another directory
	shelf   *shelf
	audit   *book
	letters *postbox
	room    *Room
	clock   *hourglass
}

type hourglass struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hourglass) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hourglass) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// book keeps the events.
type book struct {
	mu   sync.Mutex
	kept []audit.Event
}

func (b *book) Write(_ context.Context, e audit.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, e)
}

// postbox keeps the letters.
type postbox struct {
	mu   sync.Mutex
	sent []letter.Letter
}

func (p *postbox) Write(_ context.Context, l letter.Letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, l)
}

func (p *postbox) all() []letter.Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

// last is the newest letter of a kind.
func (p *postbox) last(t testing.TB, kind letter.Kind) letter.Letter {
	t.Helper()
	all := p.all()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Kind == kind {
			return all[i]
		}
	}
	t.Fatalf("no letter %q", kind)
	return letter.Letter{}
}

func (p *postbox) count(kind letter.Kind) int {
	n := 0
	for _, l := range p.all() {
		if l.Kind == kind {
			n++
		}
	}
	return n
}

// ticketIn is the ticket in the path of a letter.
func ticketIn(t testing.TB, l letter.Letter) string {
	t.Helper()
	u, err := url.Parse(l.Path)
	if err != nil || u.Query().Get("t") == "" {
		t.Fatalf("no ticket in the path of %q", l.Kind)
	}
	return u.Query().Get("t")
}

// dice are random bytes that are the same in every run.
type dice struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

func (d *dice) Read(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.src.Read(b)
}

var _ io.Reader = (*dice)(nil)

func newTown(t testing.TB) *town {
	l := newLedger()
	w := townOn(t, l)
	w.ledger = l
	l.reads, l.writes = 0, 0
	return w
}

// townOn builds three collectives: two managers in ateneu, two in forn, one in
// horta, each a member of their own.
func townOn(t testing.TB, dir directory.Backend) *town {
	clock := &hourglass{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	w := &town{t: t, dir: dir, audit: &book{}, letters: &postbox{}, clock: clock, shelf: newShelf(clock.Now)}
	sessions := session.NewManager(session.Config{Store: w.shelf, Now: clock.Now, Rand: &dice{src: rand.NewChaCha8([32]byte{2})}})
	w.room = New(Config{
		Directory: dir, Source: dir, Store: w.shelf, Letters: w.letters, Audit: w.audit,
		Tickets: &ticket.Desk{Key: []byte("of a test"), Store: w.shelf, Now: clock.Now},
		Now:     clock.Now, Rand: &dice{src: rand.NewChaCha8([32]byte{1})}, Logger: slog.New(slog.DiscardHandler),
		Logout: logout.New(logout.Config{Store: w.shelf, Sessions: sessions, Now: clock.Now, Logger: slog.New(slog.DiscardHandler)}),
		Forget: func(context.Context, directory.PersonID) error { return nil },
	})
	for name, managers := range founders() {
		w.must(dir.AddCollective(w.ctx(), directory.System(), directory.Collective{
			ID: "id-of-" + string(name), Name: name, State: directory.Active, Title: strings.ToUpper(string(name)), Created: clock.Now(),
		}))
		for _, handle := range managers {
			w.settle(handle, name)
			w.must(dir.AddManager(w.ctx(), directory.System(), name, directory.PersonID(handle)))
		}
	}
	return w
}

func founders() map[directory.CollectiveName][]string {
	return map[directory.CollectiveName][]string{ateneu: {"anna", "biel"}, forn: {"carla", "dani"}, horta: {"emma"}}
}

func (w *town) ctx() context.Context { return w.t.Context() }

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// settle makes somebody who has been a member for long; the id is the handle.
func (w *town) settle(handle string, in directory.CollectiveName) directory.PersonID {
	w.t.Helper()
	id, mail := directory.PersonID(handle), handle+"@example.coop"
	w.must(w.dir.AddPerson(w.ctx(), directory.System(), directory.Person{
		ID: id, Handle: directory.Handle(handle), Name: strings.ToTitle(handle[:1]) + handle[1:], State: directory.Active,
		Mail: mail, Verified: []string{mail}, Primary: in, Epoch: 1, Created: w.clock.Now(), Seed: make([]byte, 32),
	}))
	w.must(w.dir.AddMember(w.ctx(), directory.System(), in, id))
	return id
}

func manages(handle string, name directory.CollectiveName) By {
	return By{Person: directory.PersonID(handle), Collective: name}
}

// together makes a collective decide by two.
func (w *town) together(name directory.CollectiveName, matters ...directory.Matter) {
	w.t.Helper()
	c, err := w.dir.Collective(w.ctx(), name)
	w.must(err)
	c.Settings.Together = matters
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), name, directory.CollectiveChange{Settings: &c.Settings}))
}

// marta is the application of somebody with an address.
func marta(to directory.CollectiveName) Application {
	return Application{Collective: to, Handle: "marta", Name: "Marta Puig", Mail: "marta@example.coop", Language: "ca", Words: "Hola!"}
}

// applied is marta's application, with the address proven.
func (w *town) applied(a Application) (ticketOf string, id directory.CaseID) {
	w.t.Helper()
	_, err := w.room.Apply(w.ctx(), a, homeNetwork)
	w.must(err)
	l := w.letters.last(w.t, letter.ProveAddress)
	to, err := w.room.Prove(w.ctx(), ticketIn(w.t, l))
	w.must(err)
	return to, directory.CaseID(l.To.ID)
}

func (w *town) events(kind audit.Kind) []audit.Event {
	var found []audit.Event
	for _, e := range w.audit.kept {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// is fails unless an error is the one that is wanted; nil is none.
func is(t testing.TB, got, want error) {
	t.Helper()
	if want == nil && got != nil || want != nil && !sameError(got, want) {
		t.Fatalf("error %v, want %v", got, want)
	}
}

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }
