// SPDX-License-Identifier: AGPL-3.0-or-later

package session_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
)

// browser is a person's browser: it keeps cookies, and shows them to Clau.
type browser struct {
	t       *testing.T
	m       *session.Manager
	cookies map[string]*http.Cookie
}

func (b *browser) request() *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return r
}

func (b *browser) receive(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
}

func (b *browser) login(id directory.PersonID, at time.Time, before session.Session) session.Session {
	b.t.Helper()
	w := httptest.NewRecorder()
	s, err := b.m.Start(w, b.request(), session.Proof{Person: directory.Person{ID: id}, At: at, ACR: session.ACRPassword}, before)
	if err != nil {
		b.t.Fatal(err)
	}
	b.receive(w)
	return s
}

type world struct {
	clock   *storetest.Clock
	manager *session.Manager
	store   *storetest.Counter
}

func start(t *testing.T, secure bool) *world {
	clock := storetest.NewClock(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	w := &world{clock: clock}
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w.store = storetest.Counting(s)
	w.manager = session.NewManager(session.Config{Store: w.store, Now: clock.Now, Rand: rand.Reader, Secure: secure})
	return w
}

func (w *world) browser(t *testing.T) *browser {
	return &browser{t, w.manager, map[string]*http.Cookie{}}
}

func TestASessionOpensToItsBrowserOnly(t *testing.T) {
	w := start(t, true)
	anna, stranger := w.browser(t), w.browser(t)
	s := anna.login("anna", w.clock.Now(), session.Session{})
	got, err := w.manager.Read(anna.request())
	if err != nil || got.Key != s.Key || got.Person != "anna" || !got.AuthTime.Equal(w.clock.Now()) {
		t.Fatalf("own browser: %+v, %v", got, err)
	}
	if _, err := w.manager.Read(stranger.request()); !errors.Is(err, session.ErrNone) {
		t.Fatalf("no cookie: %v", err)
	}
	// The name of a session, which logs and stores know, opens nothing.
	forged := *anna.cookies["__Host-clau_session"]
	forged.Value = s.Key + "." + strings.Repeat("A", 43)
	stranger.cookies[forged.Name] = &forged
	if _, err := w.manager.Read(stranger.request()); !errors.Is(err, session.ErrNone) {
		t.Fatalf("right name, wrong secret: %v", err)
	}
}

func TestCookiesAreHostBoundAndOutOfReach(t *testing.T) {
	for name, secure := range map[string]bool{"__Host-clau_session": true, "clau_session": false} {
		w := start(t, secure)
		anna := w.browser(t)
		anna.login("anna", w.clock.Now(), session.Session{})
		c := anna.cookies[name]
		if c == nil {
			t.Fatalf("no cookie %s among %v", name, anna.cookies)
		}
		if c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// A cookie planted by a sibling host stands beside the real one.
func TestTwoCookiesOfOneNameAreNotBelieved(t *testing.T) {
	w := start(t, false)
	anna := w.browser(t)
	anna.login("anna", w.clock.Now(), session.Session{})
	r := anna.request()
	r.AddCookie(&http.Cookie{Name: "clau_session", Value: "planted"})
	if _, err := w.manager.Read(r); !errors.Is(err, session.ErrNone) {
		t.Fatalf("got %v", err)
	}
}

func TestProvingItAgainKeepsTheSessionAndChangesTheSecret(t *testing.T) {
	w := start(t, true)
	anna, thief := w.browser(t), w.browser(t)
	first := anna.login("anna", w.clock.Now(), session.Session{})
	for name, c := range anna.cookies {
		thief.cookies[name] = c
	}
	w.clock.Advance(time.Hour)
	second := anna.login("anna", w.clock.Now(), first)
	if second.Key != first.Key {
		t.Error("services and tokens hang on a session that is gone")
	}
	if _, err := w.manager.Read(thief.request()); !errors.Is(err, session.ErrNone) {
		t.Errorf("the old secret still opens: %v", err)
	}
	if got, _ := w.manager.Read(anna.request()); !got.AuthTime.Equal(w.clock.Now()) {
		t.Errorf("auth_time %v, want %v", got.AuthTime, w.clock.Now())
	}
	if other := anna.login("bernat", w.clock.Now(), second); other.Key == second.Key {
		t.Error("another person went on with Anna's session")
	}
}

func TestASessionEndsWhenIdleAndWhenOld(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		w := start(t, true)
		anna := w.browser(t)
		anna.login("anna", w.clock.Now(), session.Session{})
		w.clock.Advance(9 * time.Hour)
		if _, err := w.manager.Read(anna.request()); !errors.Is(err, session.ErrNone) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("old", func(t *testing.T) {
		w := start(t, true)
		anna := w.browser(t)
		s := anna.login("anna", w.clock.Now(), session.Session{})
		for hours := 0; hours < 7*24-4; hours += 4 { // in use all the time
			w.clock.Advance(4 * time.Hour)
			got, err := w.manager.Read(anna.request())
			if err != nil {
				t.Fatalf("after %d h: %v", hours+4, err)
			}
			if err := w.store.Write(t.Context(), w.manager.Touch(got)...); err != nil {
				t.Fatal(err)
			}
			s = got
		}
		w.clock.Set(s.Created.Add(7*24*time.Hour + time.Minute))
		if _, err := w.manager.Read(anna.request()); !errors.Is(err, session.ErrNone) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestReadingAsksTheStoreOnce(t *testing.T) {
	w := start(t, true)
	anna := w.browser(t)
	s := anna.login("anna", w.clock.Now(), session.Session{})
	w.store.Reset()
	if _, err := w.manager.Read(anna.request()); err != nil {
		t.Fatal(err)
	}
	if n := w.store.Trips(); n != 1 {
		t.Errorf("%d round trips", n)
	}
	if ops := w.manager.Touch(s); len(ops) != 0 {
		t.Errorf("a use within minutes writes %d ops", len(ops))
	}
}

// A sign-on reads the session, and writes of its use when it answers.
func TestWhatIsWrittenLateRevivesNothing(t *testing.T) {
	t.Run("a session that ended meanwhile", func(t *testing.T) {
		w := start(t, true)
		anna := w.browser(t)
		anna.login("anna", w.clock.Now(), session.Session{})
		w.clock.Advance(time.Hour)
		read, err := w.manager.Read(anna.request())
		if err != nil {
			t.Fatal(err)
		}
		for _, ops := range [][]store.Op{w.manager.End(read), w.manager.Touch(read)} {
			if len(ops) == 0 {
				t.Fatal("nothing is written")
			}
			if err := w.store.Write(t.Context(), ops...); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.manager.Read(anna.request()); !errors.Is(err, session.ErrNone) {
			t.Errorf("after its end: %v", err)
		}
	})
	t.Run("a secret that was changed meanwhile", func(t *testing.T) {
		w := start(t, true)
		anna, thief := w.browser(t), w.browser(t)
		first := anna.login("anna", w.clock.Now(), session.Session{})
		for name, c := range anna.cookies {
			thief.cookies[name] = c
		}
		w.clock.Advance(time.Hour)
		late := w.manager.Touch(first)
		anna.login("anna", w.clock.Now(), first)
		if err := w.store.Write(t.Context(), late...); err != nil {
			t.Fatal(err)
		}
		if _, err := w.manager.Read(thief.request()); !errors.Is(err, session.ErrNone) {
			t.Errorf("the old secret: %v", err)
		}
		if _, err := w.manager.Read(anna.request()); err != nil {
			t.Errorf("the new secret: %v", err)
		}
	})
}

func TestAPersonsSessionsAreListedNewestFirst(t *testing.T) {
	w := start(t, true)
	first := w.browser(t).login("anna", w.clock.Now(), session.Session{})
	w.browser(t).login("bernat", w.clock.Now(), session.Session{})
	w.clock.Advance(time.Minute)
	second := w.browser(t).login("anna", w.clock.Now(), session.Session{})
	got, err := w.manager.Of(t.Context(), "anna")
	if err != nil || len(got) != 2 || got[0].Key != second.Key || got[1].Key != first.Key {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := w.store.Write(t.Context(), w.manager.End(second)...); err != nil {
		t.Fatal(err)
	}
	if got, _ := w.manager.Of(t.Context(), "anna"); len(got) != 1 || got[0].Key != first.Key {
		t.Fatalf("after the end: %+v", got)
	}
}

func TestForgettingTakesTheCookieFromTheBrowser(t *testing.T) {
	w := start(t, true)
	anna := w.browser(t)
	anna.login("anna", w.clock.Now(), session.Session{})
	rec := httptest.NewRecorder()
	w.manager.Forget(rec)
	anna.receive(rec)
	if len(anna.cookies) != 0 {
		t.Errorf("kept %v", anna.cookies)
	}
}

func TestABrowserKeepsItsName(t *testing.T) {
	w := start(t, true)
	b := w.browser(t)
	if _, ok := w.manager.Browser(b.request()); ok {
		t.Fatal("a new browser has a name")
	}
	rec := httptest.NewRecorder()
	name, err := w.manager.NameBrowser(rec, b.request())
	if err != nil {
		t.Fatal(err)
	}
	b.receive(rec)
	again, err := w.manager.NameBrowser(httptest.NewRecorder(), b.request())
	if err != nil || again != name {
		t.Fatalf("named %q, then %q, %v", name, again, err)
	}
	if got, ok := w.manager.Browser(b.request()); !ok || got != name {
		t.Fatalf("known as %q, %v", got, ok)
	}
}
