// SPDX-License-Identifier: AGPL-3.0-or-later

package farewell_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

const issuer = "https://id.example"

// guide speaks a protocol whose services are told through the browser: by a
// redirect, a form or a frame, as their names say. It also concludes, by going
// back to who asked.
type guide struct {
	room  *farewell.Room
	mu    sync.Mutex
	gone  map[directory.ServiceID]error
	ended []logout.Departure
}

func (*guide) Protocol() string { return "led" }

func (*guide) Deliver(context.Context, logout.Participant) error { return logout.ErrBrowser }

func (g *guide) Lead(_ context.Context, p logout.Participant, relay string) (logout.Visit, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := "https://" + string(p.Service) + ".example/bye"
	switch {
	case g.gone[p.Service] != nil:
		return logout.Visit{}, g.gone[p.Service]
	case strings.HasPrefix(string(p.Service), "form"):
		return logout.Visit{URL: at, Form: map[string]string{"RelayState": relay, "SAMLRequest": "PHg+"}}, nil
	case strings.HasPrefix(string(p.Service), "frame"):
		return logout.Visit{URL: at + "?sid=" + p.SID, Frame: true}, nil
	}
	return logout.Visit{URL: at + "?RelayState=" + relay}, nil
}

func (g *guide) Conclude(w http.ResponseWriter, r *http.Request, d logout.Departure) error {
	g.mu.Lock()
	g.ended = append(g.ended, d)
	g.mu.Unlock()
	if string(d.Reply) == "show" {
		return g.room.Show(w, r, d, "")
	}
	to, err := web.Vet(string(d.Reply), []string{string(d.Reply)})
	if err != nil {
		return err
	}
	return web.RedirectAway(w, r, to)
}

type services struct{}

func (services) Service(_ context.Context, id directory.ServiceID) (directory.Service, error) {
	if id == "gone" {
		return directory.Service{}, directory.ErrNotFound
	}
	return directory.Service{ID: id, Title: "The " + string(id)}, nil
}

// world is the room behind the real router, and two doors for tests: one that
// begins a departure, one that services' answers come to.
type world struct {
	t       *testing.T
	clock   *storetest.Clock
	guide   *guide
	room    *farewell.Room
	logout  *logout.Room
	handler http.Handler
	begun   logout.Departure
	before  []logout.Outcome
}

func (w *world) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /begin", Needs: web.Anyone, Handle: func(rw http.ResponseWriter, r *http.Request) error {
			return w.room.Begin(rw, r, w.begun, w.before)
		}},
		{Pattern: "GET /back", Needs: web.Anyone, Handle: func(rw http.ResponseWriter, r *http.Request) error {
			q := r.URL.Query()
			return w.room.Back(rw, r, q.Get("relay"), directory.ServiceID(q.Get("from")), logout.Status(q.Get("came")))
		}},
		{Pattern: "GET /stay", Needs: web.Anyone, Handle: func(rw http.ResponseWriter, r *http.Request) error {
			return w.room.Stay(rw, r, r.URL.Query().Get("relay"))
		}},
	}
}

func start(t *testing.T, waiting ...directory.ServiceID) *world {
	w := &world{t: t, clock: storetest.NewClock(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)), guide: &guide{gone: map[directory.ServiceID]error{}}}
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: w.clock.Now})
	w.must(err)
	t.Cleanup(func() { _ = s.Close() })
	sessions := session.NewManager(session.Config{Store: s, Now: w.clock.Now, Rand: rand.Reader, Secure: true})
	quiet := slog.New(slog.DiscardHandler)
	w.logout = logout.New(logout.Config{Store: s, Sessions: sessions, Now: w.clock.Now, Rand: rand.Reader, Logger: quiet})
	w.logout.Employ(w.guide)
	w.room = farewell.New(farewell.Config{Logout: w.logout, Browsers: sessions, Directory: services{}, Pages: pages()})
	w.room.Employ(w.guide)
	w.guide.room = w.room
	at, err := url.Parse(issuer)
	w.must(err)
	w.handler, err = web.NewRouter(web.Config{
		Issuer: at, Pages: pages(), Logger: quiet, Now: time.Now, Rand: rand.Reader, Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, w.room, w)
	w.must(err)
	w.begun = logout.Departure{Protocol: "led", Reply: []byte("https://asked.example/done?x=1")}
	for _, id := range waiting {
		w.before = append(w.before, logout.Outcome{Participant: logout.Participant{Protocol: "led", Service: id, SID: "s-" + string(id)}, Status: logout.Browser})
	}
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

// browser follows no redirect by itself, so that tests see each step.
type browser struct {
	w   *world
	jar http.CookieJar
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{w, jar}
}

func (b *browser) do(method, target string, form url.Values) *http.Response {
	b.w.t.Helper()
	at, err := url.Parse(issuer)
	b.w.must(err)
	if at, err = at.Parse(target); err != nil || at.Host != "id.example" {
		b.w.t.Fatalf("not ours: %q, %v", target, err)
	}
	r := httptest.NewRequest(method, at.String(), strings.NewReader(form.Encode()))
	for _, c := range b.jar.Cookies(at) {
		r.AddCookie(c)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
	}
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	res := rec.Result()
	b.jar.SetCookies(at, res.Cookies())
	return res
}

func (b *browser) get(target string) *http.Response { return b.do(http.MethodGet, target, nil) }

// follow goes where a redirect of ours leads, and returns the page there.
func (b *browser) follow(res *http.Response) (page string, at *http.Response) {
	b.w.t.Helper()
	for range 5 {
		to := res.Header.Get("Location")
		if to == "" {
			raw, err := io.ReadAll(res.Body)
			b.w.must(err)
			return string(raw), res
		}
		if !strings.HasPrefix(to, "/") {
			return "", res
		}
		res = b.get(to)
	}
	b.w.t.Fatal("round and round")
	return "", nil
}

var next = regexp.MustCompile(`href="([^"]*)" id="continue"`)

// goOn is where the page's link leads, which is where it goes by itself.
func (w *world) goOn(page string) string {
	w.t.Helper()
	found := next.FindStringSubmatch(page)
	if found == nil {
		w.t.Fatalf("no way on in %s", page)
	}
	return strings.ReplaceAll(found[1], "&amp;", "&")
}

func (w *world) moves(page string) bool { return strings.Contains(page, `http-equiv="refresh"`) }

func relayOf(w *world, address string) string {
	w.t.Helper()
	at, err := url.Parse(address)
	w.must(err)
	return at.Query().Get("RelayState")
}

func answer(relay string, from directory.ServiceID, came logout.Status) string {
	return "/back?" + url.Values{"relay": {relay}, "from": {string(from)}, "came": {string(came)}}.Encode()
}

// wantEnd is that the departure ended once, with these statuses.
func (w *world) wantEnd(res *http.Response, want ...logout.Status) {
	w.t.Helper()
	if len(w.guide.ended) != 1 {
		w.t.Fatalf("ended %d times", len(w.guide.ended))
	}
	var got []logout.Status
	for _, o := range w.guide.ended[0].Outcomes() {
		got = append(got, o.Status)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("ended with %v, want %v", got, want)
	}
	if to := res.Header.Get("Location"); string(w.begun.Reply) != "show" && to != string(w.begun.Reply) {
		w.t.Errorf("gone to %q", to)
	}
}

func TestNothingForTheBrowserToDo(t *testing.T) {
	w := start(t)
	w.before = []logout.Outcome{
		{Participant: logout.Participant{Protocol: "led", Service: "cloud"}, Status: logout.Done},
		{Participant: logout.Participant{Protocol: "mute", Service: "blog"}, Status: logout.Browser}, // nobody can lead there
	}
	res := w.browser().get("/begin")
	w.wantEnd(res, logout.Done, logout.Browser)
}

func TestFromServiceToServiceAndBack(t *testing.T) {
	w := start(t, "wiki", "form-forum")
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	if !w.moves(page) || !strings.Contains(page, "The wiki") || !strings.Contains(page, "The form-forum") {
		t.Fatalf("page %s", page)
	}
	led := b.get(w.goOn(page))
	to := led.Header.Get("Location")
	if led.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "https://wiki.example/bye?RelayState=") {
		t.Fatalf("%d to %q", led.StatusCode, to)
	}
	page, _ = b.follow(b.get(answer(relayOf(w, to), "wiki", logout.Done)))
	if !w.moves(page) || !strings.Contains(page, "Logged out") {
		t.Fatalf("page %s", page)
	}
	raw, res := b.follow(b.get(w.goOn(page)))
	relay := regexp.MustCompile(`name="RelayState" value="([^"]+)"`).FindStringSubmatch(raw)
	if relay == nil || !strings.Contains(raw, `action="https://form-forum.example/bye"`) ||
		!strings.Contains(res.Header.Get("Content-Security-Policy"), "form-action 'self' https://form-forum.example") {
		t.Fatalf("no form: %s", raw)
	}
	_, last := b.follow(b.get(answer(relay[1], "form-forum", logout.Done)))
	w.wantEnd(last, logout.Done, logout.Done)

	// The back button finds it over, and leads nowhere.
	page, _ = b.follow(b.get(answer(relay[1], "form-forum", logout.Done)))
	if len(w.guide.ended) != 1 || !strings.Contains(page, "You are logged out") || w.moves(page) {
		t.Errorf("afterwards: %s", page)
	}
}

func TestAServiceThatNeverAnswersIsPassedBy(t *testing.T) {
	w := start(t, "wiki", "forum")
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	way := w.goOn(page)
	b.get(way) // and the wiki never comes back: the person does
	page, _ = b.follow(b.get("/farewell?h=" + w.handle(way)))
	if w.moves(page) || !strings.Contains(page, `id="without"`) || !strings.Contains(page, "The wiki has not answered") {
		t.Fatalf("page %s", page)
	}
	if again := b.get(w.goOn(page)); !strings.HasPrefix(again.Header.Get("Location"), "https://wiki.example/bye") {
		t.Errorf("trying again leads to %q", again.Header.Get("Location"))
	}
	form := url.Values{"h": {w.handle(way)}, "leg": {"0"}}
	page, _ = b.follow(b.do(http.MethodPost, "/farewell", form))
	led := b.get(w.goOn(page)).Header.Get("Location")
	b.follow(b.get(answer(relayOf(w, led), "forum", logout.Failed)))
	if len(w.guide.ended) != 1 || w.guide.ended[0].Legs[0].Status != logout.Failed || w.guide.ended[0].Legs[1].Status != logout.Failed {
		t.Errorf("ended %+v", w.guide.ended)
	}
	d, err := w.logout.Deliveries(t.Context(), "wiki")
	w.must(err)
	if d.Failed != 1 {
		t.Errorf("the admin reads %+v", d)
	}
}

func (w *world) handle(address string) string {
	at, err := url.Parse(address)
	w.must(err)
	return at.Query().Get("h")
}

// After a form there is a page before the way leads elsewhere: browsers hold a
// form's redirects against the policy of the page that it was on.
func TestNoFormLeadsStraightToAnotherSite(t *testing.T) {
	w := start(t, "wiki")
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	way := w.goOn(page)
	b.get(way)
	page, res := b.follow(b.do(http.MethodPost, "/farewell", url.Values{"h": {w.handle(way)}, "leg": {"0"}}))
	if res.StatusCode != http.StatusOK || !w.moves(page) {
		t.Fatalf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	w.wantEnd(b.get(w.goOn(page)), logout.Failed)
}

func TestServicesInFrames(t *testing.T) {
	w := start(t, "frame-one", "frame-two", "wiki")
	b := w.browser()
	page, res := b.follow(b.get("/begin"))
	if strings.Count(page, "<iframe") != 2 || !strings.Contains(page, `src="https://frame-one.example/bye?sid=s-frame-one"`) {
		t.Fatalf("page %s", page)
	}
	if policy := res.Header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; frame-src https://frame-one.example https://frame-two.example") {
		t.Errorf("policy %s", policy)
	}
	if !w.moves(page) || strings.Count(page, "does not say whether it heard") != 2 {
		t.Errorf("page %s", page)
	}
	again, res := b.follow(b.get("/farewell?h=" + w.handle(w.goOn(page))))
	if strings.Contains(again, "<iframe") || strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-src") {
		t.Error("frames are shown twice")
	}
	led := b.get(w.goOn(page)).Header.Get("Location")
	_, last := b.follow(b.get(answer(relayOf(w, led), "wiki", logout.Done)))
	w.wantEnd(last, logout.Asked, logout.Asked, logout.Done)
}

func TestFramesAlone(t *testing.T) {
	w := start(t, "frame-one")
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	if !w.moves(page) || !strings.Contains(page, "<iframe") {
		t.Fatalf("page %s", page)
	}
	w.wantEnd(b.get(w.goOn(page)), logout.Asked)
}

// A21: only the awaited answer of the service that was asked goes on.
func TestA21OnlyTheAwaitedAnswerCounts(t *testing.T) {
	w := start(t, "wiki", "forum")
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	way := w.goOn(page)
	relay := relayOf(w, b.get(way).Header.Get("Location"))
	for name, target := range map[string]string{
		"unsolicited":          answer("", "wiki", logout.Done),
		"made up":              answer(strings.Repeat("A", 22), "wiki", logout.Done),
		"of another service":   answer(relay, "forum", logout.Done),
		"cut short":            answer(relay[:21], "wiki", logout.Done),
		"by the handle":        answer(w.handle(way), "wiki", logout.Done),
		"not to be believed":   "/stay?relay=" + relay,
		"nothing to go by":     "/stay?relay=",
		"an address to follow": "/stay?relay=" + url.QueryEscape("https://evil.example/"),
	} {
		res := b.get(target)
		if to := res.Header.Get("Location"); !strings.HasPrefix(to, "/farewell") {
			t.Errorf("%s: gone to %q", name, to)
		}
		page, _ := b.follow(b.get("/farewell?h=" + w.handle(way)))
		if !strings.Contains(page, "The wiki has not answered") || len(w.guide.ended) != 0 {
			t.Errorf("%s: the departure moved on", name)
		}
	}
	b.get(answer(relay, "wiki", logout.Done))
	b.get(answer(relay, "wiki", logout.Failed)) // it is spent
	d, err := w.logout.Departure(t.Context(), w.handle(way))
	w.must(err)
	if d.Legs[0].Status != logout.Done || d.Legs[1].Status != logout.Browser {
		t.Errorf("%+v", d.Legs)
	}
}

// A handle is in addresses that services see. In another browser it is nothing.
func TestADepartureIsOfOneBrowser(t *testing.T) {
	w := start(t, "wiki", "forum")
	b, thief := w.browser(), w.browser()
	page, _ := b.follow(b.get("/begin"))
	way := w.goOn(page)
	for _, do := range []func() *http.Response{
		func() *http.Response { return thief.get("/farewell?h=" + w.handle(way)) },
		func() *http.Response { return thief.get(way) },
		func() *http.Response {
			return thief.do(http.MethodPost, "/farewell", url.Values{"h": {w.handle(way)}, "leg": {"0"}})
		},
	} {
		page, res := thief.follow(do())
		if res.Header.Get("Location") != "" || strings.Contains(page, "The wiki") {
			t.Errorf("another browser reads %s", page)
		}
	}
	d, err := w.logout.Departure(t.Context(), w.handle(way))
	w.must(err)
	if d.Legs[0].Led || d.Legs[0].Status != logout.Browser {
		t.Errorf("another browser moved it: %+v", d.Legs)
	}

	// What a service says is written down wherever it arrives (a form brings no
	// cookie); going on needs the browser.
	relay := relayOf(w, b.get(way).Header.Get("Location"))
	page, _ = thief.follow(thief.get(answer(relay, "wiki", logout.Done)))
	if strings.Contains(page, "The wiki") {
		t.Errorf("another browser goes on: %s", page)
	}
	page, _ = b.follow(b.get("/farewell?h=" + w.handle(way)))
	if !strings.Contains(page, "Logged out") {
		t.Errorf("page %s", page)
	}
}

func TestAServiceThatIsGoneMeanwhile(t *testing.T) {
	w := start(t, "wiki", "forum")
	w.guide.gone["wiki"] = logout.ErrUnsupported
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	way := w.goOn(page) // to the forum, since the wiki has no way
	w.guide.mu.Lock()
	w.guide.gone["forum"] = logout.ErrUnsupported
	w.guide.mu.Unlock()
	_, last := b.follow(b.get(way))
	w.wantEnd(last, logout.Unsupported, logout.Unsupported)
}

// Who cannot be sent to a service, since something is down here, is not stuck.
func TestTroubleOnTheWay(t *testing.T) {
	w := start(t, "wiki")
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	w.guide.mu.Lock()
	w.guide.gone["wiki"] = directory.ErrUnavailable
	w.guide.mu.Unlock()
	page, _ = b.follow(b.get(w.goOn(page)))
	if w.moves(page) || !strings.Contains(page, `id="without"`) {
		t.Fatalf("page %s", page)
	}
	w.guide.mu.Lock()
	delete(w.guide.gone, "wiki")
	w.guide.mu.Unlock()
	if to := b.get(w.goOn(page)).Header.Get("Location"); !strings.HasPrefix(to, "https://wiki.example/bye") {
		t.Errorf("trying again leads to %q", to)
	}
}

func TestTheEndIsShownOncePerServiceWithTheWorstNews(t *testing.T) {
	w := start(t)
	w.begun.Reply = []byte("show")
	w.begun.Language = "ca"
	for id, statuses := range map[directory.ServiceID][]logout.Status{
		"cloud": {logout.Done, logout.Retrying, logout.Done}, "forum": {logout.Done, logout.Done}, "gone": {logout.Done},
	} {
		for _, s := range statuses {
			w.before = append(w.before, logout.Outcome{Participant: logout.Participant{Protocol: "test", Service: id}, Status: s})
		}
	}
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	if strings.Count(page, "The cloud") != 1 || strings.Count(page, "Encara no respon") != 1 || strings.Count(page, "Sessió tancada") != 1 ||
		strings.Contains(page, "gone") || !strings.Contains(page, `lang="ca"`) {
		t.Errorf("page %s", page)
	}
}

func TestADepartureLapses(t *testing.T) {
	w := start(t, "wiki")
	b := w.browser()
	page, _ := b.follow(b.get("/begin"))
	w.clock.Advance(31 * time.Minute)
	page, _ = b.follow(b.get(w.goOn(page)))
	if !strings.Contains(page, "You are logged out") || len(w.guide.ended) != 0 {
		t.Errorf("page %s", page)
	}
	if _, err := w.logout.Departure(t.Context(), "x"); !errors.Is(err, logout.ErrUnknown) {
		t.Error(err)
	}
}
