// SPDX-License-Identifier: AGPL-3.0-or-later

package trace

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/web"
)

// room is a desk over a real store, and a door of a protocol behind it.
type room struct {
	t    *testing.T
	desk *Desk
	now  time.Time
	door web.Handler // what the door does
	jar  []*http.Cookie
}

func build(t *testing.T) *room {
	t.Helper()
	w := &room{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	state, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	w.desk = New(Config{Store: state, Now: now, Key: []byte("key"), Secure: true, Logger: slog.New(slog.DiscardHandler)})
	return w
}

// starts begins anna's test of the forum.
func (w *room) starts() {
	rec := httptest.NewRecorder()
	w.desk.Start(rec, "anna", "forum")
	w.jar = rec.Result().Cookies()
}

// Routes implements [web.Area].
func (w *room) Routes() []web.Route {
	handle := func(rw http.ResponseWriter, r *http.Request) error { return w.door(rw, r) }
	return []web.Route{{Pattern: "GET /authorize", Needs: web.AnyoneFromAnySite, Handle: handle}, {Pattern: "POST /token", Needs: web.Service, Handle: handle}}
}

func (w *room) asks(own bool, route int, r *http.Request) (*httptest.ResponseRecorder, error) {
	for _, c := range w.jar {
		r.AddCookie(c)
	}
	area := w.desk.Watch(w)
	if own {
		area = w.desk.WatchPages(w)
	}
	rec := httptest.NewRecorder()
	return rec, area.Routes()[route].Handle(rec, r)
}

func (w *room) browses(address string) {
	w.t.Helper()
	_, _ = w.asks(false, 0, httptest.NewRequest("GET", address, nil)) // the door's error is what is looked at
}

func (w *room) entries() []Entry {
	w.t.Helper()
	all, err := w.desk.Read(context.Background(), "anna", "forum")
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// signsOn is a door at which somebody enters a service and is sent back with a code.
func signsOn(person directory.PersonID, service directory.ServiceID) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		l := Of(r.Context())
		l.Service(service)
		l.Person(person)
		l.Add("released", "name")
		w.Header().Set("Location", "https://forum.example/cb?code=c0de&state=st4te")
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
}

// Nobody is traced who did not begin a test, and then only their own sign-on to
// the service it is of.
func TestWhoIsTraced(t *testing.T) {
	for _, c := range []struct {
		name    string
		door    web.Handler
		starts  bool
		entries int
	}{
		{"nobody began", signsOn("anna", "forum"), false, 0},
		{"her own", signsOn("anna", "forum"), true, 1},
		{"another person in her browser", signsOn("bernat", "forum"), true, 0},
		{"another service", signsOn("anna", "wiki"), true, 0},
		{"on the way to the log-in", signsOn("", "forum"), true, 1},
		{"nothing to do with any", func(http.ResponseWriter, *http.Request) error { return nil }, true, 0},
		{"a failure before anybody knew whose", func(http.ResponseWriter, *http.Request) error {
			return web.Fail(http.StatusBadRequest, "client-unknown", errors.New("inside"))
		}, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t)
			if w.door = c.door; c.starts {
				w.starts()
			}
			w.browses("/authorize?client_id=forum")
			if got := w.entries(); len(got) != c.entries {
				t.Errorf("%d entries: %+v", len(got), got)
			}
		})
	}
}

// A cookie that Clau did not make, or made for a time that is over, is none.
func TestForgedMarks(t *testing.T) {
	w := build(t)
	w.starts()
	good := w.jar[0].Value
	text, sum, _ := strings.Cut(good, ".")
	other := encode([]byte("bernat forum 99999999999"))
	w.door = signsOn("anna", "forum")
	for name, value := range map[string]string{
		"none": "", "cut": text, "another text": other + "." + sum, "another sum": text + "." + encode([]byte("sum")), "not base64": "!." + sum,
		"empty": ".", "long": strings.Repeat("a", 9000),
	} {
		w.jar = []*http.Cookie{{Name: "__Host-clau_trace", Value: value}}
		w.browses("/authorize")
		if got := w.entries(); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w.jar = []*http.Cookie{{Name: "__Host-clau_trace", Value: good}, {Name: "__Host-clau_trace", Value: good}}
	w.browses("/authorize")
	w.jar = []*http.Cookie{{Name: "clau_trace", Value: good}}
	w.browses("/authorize")
	w.now = w.now.Add(11 * time.Minute)
	w.jar = []*http.Cookie{{Name: "__Host-clau_trace", Value: good}}
	w.browses("/authorize")
	if got := w.entries(); len(got) > 0 {
		t.Errorf("traced %+v", got)
	}
}

// What is not known to be harmless is a number of characters, wherever it stands.
func TestWhatIsShown(t *testing.T) {
	w := build(t)
	w.starts()
	w.door = signsOn("anna", "forum")
	query := url.Values{
		"client_id": {"forum"}, "scope": {"openid"}, "state": {"canary-state"}, "nonce": {"canary-nonce"}, "login_hint": {"canary@example"},
		"id_token_hint": {"canary-hint"}, "unheard_of": {"canary-other"}, "redirect_uri": {"https://me:canary-user@forum.example/cb?x=canary-query#canary-fragment"},
		"SAMLRequest": {"canary-saml"}, "RelayState": {"canary-relay"}, "sso": {"canary-sso"}, "sig": {"canary-sig"}, "claims": {`{"id_token":{"sub":{"value":"canary-sub"}}}`},
	}
	w.browses("/authorize?" + query.Encode())
	raw, _ := json.Marshal(w.entries())
	for _, secret := range []string{"canary", "c0de", "st4te"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%q is shown: %s", secret, raw)
		}
	}
	for _, shown := range []string{`"client_id","v":"forum"`, "https://forum.example/cb", `"n":"state","h":12`, `"code","h":4`, `"released","v":"name"`} {
		if !strings.Contains(string(raw), shown) {
			t.Errorf("%s is not shown: %s", shown, raw)
		}
	}
}

// What people type on our pages is looked at by nobody.
func TestPagesAreNotLookedAt(t *testing.T) {
	w := build(t)
	w.starts()
	w.door = func(rw http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return err
		}
		return signsOn("anna", "forum")(rw, r)
	}
	_, err := w.asks(true, 0, httptest.NewRequest("GET", "/login?client_id=canary&password=canary", nil))
	raw, _ := json.Marshal(w.entries())
	if err != nil || len(w.entries()) != 1 || strings.Contains(string(raw), "canary") {
		t.Errorf("%v, %s", err, raw)
	}
}

func (w *room) posts(form url.Values) {
	w.t.Helper()
	r := httptest.NewRequest("POST", "/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("forum", "canary-secret")
	w.jar = nil // a program has no cookies
	if _, err := w.asks(false, 1, r); err != nil {
		w.t.Fatal(err)
	}
}

// What the service does with a code is traced: if it gets something, by what the
// grant says, and if not, by the code.
func TestTheServicesOwnRequests(t *testing.T) {
	w := build(t)
	w.starts()
	w.door = signsOn("anna", "forum")
	w.browses("/authorize")
	answers := func(status int, body string) web.Handler {
		return func(rw http.ResponseWriter, r *http.Request) error {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return err
			}
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(status)
			_, err := io.WriteString(rw, body)
			return err
		}
	}
	w.door = answers(401, `{"error":"invalid_client","error_description":"no"}`)
	w.posts(url.Values{"code": {"c0de"}, "grant_type": {"authorization_code"}})
	w.posts(url.Values{"code": {"another"}}) // nobody's test
	w.posts(url.Values{})
	given := answers(200, `{"access_token":"canary-token","expires_in":300,"id_token":"canary-id","scope":"openid"}`)
	until := w.now.Add(time.Minute).Unix()
	w.door = func(rw http.ResponseWriter, r *http.Request) error {
		Of(r.Context()).Granted(until, "anna", "forum")
		return given(rw, r)
	}
	w.posts(url.Values{"code": {"canary-code"}, "client_secret": {"canary"}, "grant_type": {"authorization_code"}})
	until = w.now.Unix() // over
	w.posts(url.Values{"code": {"c0de"}})
	until = 0 // never was
	w.posts(url.Values{"code": {"c0de"}})
	all := w.entries()
	raw, _ := json.Marshal(all)
	if len(all) != 3 || all[1].Status == all[2].Status || !all[1].Direct {
		t.Fatalf("%s", raw)
	}
	for _, shown := range []string{"invalid_client", `"scope","v":"openid"`, `"expires_in","v":"300"`, `"Authorization","v":"Basic"`, "authorization_code"} {
		if !strings.Contains(string(raw), shown) {
			t.Errorf("%s is not shown: %s", shown, raw)
		}
	}
	if strings.Contains(string(raw), "canary") {
		t.Errorf("a secret is shown: %s", raw)
	}
}

// A test ends: in time, and in size.
func TestATestIsBounded(t *testing.T) {
	w := build(t)
	w.starts()
	w.door = signsOn("anna", "forum")
	for i := range entriesMax + 20 {
		w.now = w.now.Add(time.Millisecond)
		w.browses("/authorize?client_id=" + strings.Repeat("x", i))
	}
	if n := len(w.entries()); n != entriesMax {
		t.Errorf("%d entries", n)
	}
	w.browses("/authorize?" + strings.Repeat("a=b&", 5000))
	w.now = w.now.Add(11 * time.Minute)
	if n := len(w.entries()); n != 0 {
		t.Errorf("%d entries after its time", n)
	}
}

// A line that is not there can be written to.
func TestNobodysLine(t *testing.T) {
	l := Of(context.Background())
	l.Service("x")
	l.Person("x")
	l.Add("x", "y")
	l.Message("x", "y")
	l.Granted(1<<40, "x", "y")
	if l != nil || l.Running() != 0 {
		t.Error("there is a line")
	}
}

// Whatever a message says, no value is shown but of harmless parameters, and a
// line stays a line.
func FuzzBlank(f *testing.F) {
	for _, seed := range [][2]string{{"scope", "openid"}, {"code", "x"}, {"redirect_uri", "https://a@b/c?d=e#f"}, {"Scope", "x"}, {"error", "a\nb"}, {"redirect_uri", "%zz"}, {"", ""}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		said := blank(name, value)
		if len(said.Value) > valueMax+4 || len(said.Name) > valueMax+4 || strings.ContainsAny(said.Value+said.Name, "\r\n\x00") {
			t.Fatalf("%+v", said)
		}
		shown, whole := strings.Contains(" "+strings.Join(harmless(), " ")+" ", " "+name+" "), strings.Contains(" "+strings.Join(addresses(), " ")+" ", " "+name+" ")
		if !shown && !whole && said.Value != "" {
			t.Fatalf("%q of %q is shown", value, name)
		}
		if u, err := url.Parse(said.Value); whole && err == nil && (u.User != nil || u.RawQuery != "" && u.RawQuery != "…" && u.RawQuery != "%E2%80%A6" || u.Fragment != "") {
			t.Fatalf("%q of %q is shown", said.Value, value)
		}
	})
}

// What a request costs that nobody traces.
func BenchmarkUntraced(b *testing.B) {
	desk := New(Config{Now: time.Now, Key: []byte("key")})
	handle := desk.browser(func(http.ResponseWriter, *http.Request) error { return nil }, false)
	r := httptest.NewRequest("GET", "/authorize", nil)
	r.AddCookie(&http.Cookie{Name: "clau_session", Value: "x"})
	rec := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		_ = handle(rec, r) // never fails
	}
}
