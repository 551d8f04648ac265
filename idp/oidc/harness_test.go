// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	shopBack  = "https://shop.example/cb"
	secret    = "a-secret-of-the-shop-0123456789"
)

// world is a provider behind the real router, with a real store, real keys,
// sessions and log-out, and a pipeline that decides as simply as can be.
type world struct {
	t       testing.TB
	clock   *clock
	people  *people
	store   *storetest.Counter
	broken  *storetest.Breaker
	ring    *keys.Ring
	manager *session.Manager
	room    *logout.Room
	doorman *doorman
	p       *Provider
	handler http.Handler
	cookie  string
	logs    *strings.Builder
	audit   *events
}

type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, clock: new(clock), people: sample(), logs: new(strings.Builder), audit: new(events)}
	file, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state"), Now: w.clock.Now})
	w.must(err)
	t.Cleanup(func() { file.Close() })
	w.broken = storetest.Broken(file)
	w.store = storetest.Counting(w.broken)
	w.ring = ringAt(t, w.clock.Now)
	logger := slog.New(slog.NewTextHandler(w.logs, nil))
	w.manager = session.NewManager(session.Config{Store: w.store, Now: w.clock.Now, Rand: rand.Reader})
	w.room = logout.New(logout.Config{Store: w.store, Sessions: w.manager, Now: w.clock.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
	w.doorman = &doorman{w: w}
	c := Config{
		Issuer: "https://id.example", Directory: w.people, SignOns: w.doorman, Sessions: w.manager, Room: w.room,
		Store: w.store, Keys: w.ring, Pages: pages(), Outbound: http.DefaultClient, Now: w.clock.Now, Rand: rand.Reader,
		Secret: []byte("0123456789abcdef0123456789abcdef"), Languages: []string{"ca", "en"}, Audit: w.audit,
	}
	for _, one := range change {
		one(&c)
	}
	w.p, err = New(c)
	w.must(err)
	w.room.Employ(w.p)
	issuer, err := url.Parse(c.Issuer)
	w.must(err)
	w.handler, err = web.NewRouter(web.Config{
		Issuer: issuer, Pages: pages(), Logger: logger, Now: w.clock.Now, Rand: rand.Reader,
		Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, w.p)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// pages are read once: they never change.
var pages = sync.OnceValue(func() *themes.Themes {
	t, err := themes.New(themes.Config{Language: "en"})
	if err != nil {
		panic(err)
	}
	return t
})

// register adds a client whose service has the same name.
func (w *world) register(id directory.ClientID, change ...func(*directory.OIDCClient)) directory.Service {
	sum := sha256.Sum256([]byte(secret))
	c := directory.OIDCClient{
		ID: id, Secrets: []directory.ClientSecret{{SHA256: base64.RawURLEncoding.EncodeToString(sum[:])}},
		RedirectURIs: []string{"https://" + string(id) + ".example/cb"},
		Metadata:     directory.ClientMetadata{PostLogoutRedirectURIs: []string{"https://" + string(id) + ".example/bye"}},
	}
	for _, one := range change {
		one(&c)
	}
	s := directory.Service{
		ID: directory.ServiceID("service-" + id), Name: directory.ServiceName(id), Title: "The " + string(id), State: directory.Active,
		Access: directory.AccessPublic, Collective: "coop", OIDC: &c,
	}
	w.people.change(func(d *people) { d.services[s.ID] = s })
	return s
}

func public(c *directory.OIDCClient) { c.Secrets, c.Metadata.AuthMethod = nil, "none" }

// login begins a session in the world's browser.
func (w *world) login() session.Session {
	w.t.Helper()
	rec := httptest.NewRecorder()
	proof := session.Proof{Person: w.people.person, At: w.clock.Now(), ACR: session.ACRPassword, AMR: []string{"pwd"}}
	s, err := w.manager.Start(rec, httptest.NewRequest(http.MethodGet, "/", nil), proof, session.Session{})
	w.must(err)
	w.cookie = rec.Result().Cookies()[0].String()
	w.cookie, _, _ = strings.Cut(w.cookie, ";")
	return s
}

// serve sends a request as the browser or a program would.
func (w *world) serve(r *http.Request) *httptest.ResponseRecorder {
	if r.Host == "" || r.Host == "example.com" {
		r.Host = "id.example"
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

func (w *world) browse(target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if w.cookie != "" {
		r.Header.Set("Cookie", w.cookie)
	}
	return w.serve(r)
}

func (w *world) post(path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, one := range change {
		one(r)
	}
	return w.serve(r)
}

// as authenticates with Basic.
func as(id, secret string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(id, secret) }
}

// asked are the parameters of a good authorization request, changed by pairs.
// An empty value takes a parameter out.
func asked(client string, pairs ...string) url.Values {
	q := url.Values{
		"client_id": {client}, "redirect_uri": {"https://" + client + ".example/cb"}, "response_type": {"code"},
		"scope": {"openid profile email"}, "state": {"st"}, "nonce": {"n-0S6"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return q
}

func (w *world) authorize(q url.Values) *httptest.ResponseRecorder {
	return w.browse(w.p.path + "/authorize?" + q.Encode())
}

// answered are the parameters of an authorization response in the query.
func (w *world) answered(rec *httptest.ResponseRecorder) url.Values {
	w.t.Helper()
	u, err := url.Parse(rec.Header().Get("Location"))
	w.must(err)
	if rec.Code != http.StatusSeeOther {
		w.t.Fatalf("answered %d %s", rec.Code, rec.Body)
	}
	return u.Query()
}

func (w *world) code(q url.Values) string {
	w.t.Helper()
	params := w.answered(w.authorize(q))
	if params.Get("code") == "" {
		w.t.Fatalf("no code: %v", params)
	}
	return params.Get("code")
}

func redemption(client, code string, pairs ...string) url.Values {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://" + client + ".example/cb"},
		"code_verifier": {verifier},
	}
	for i := 0; i < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	return form
}

// reply is what an endpoint answered, as JSON.
type got map[string]any

func (g got) text(name string) string {
	s, _ := g[name].(string)
	return s
}

func (w *world) json(rec *httptest.ResponseRecorder) got {
	w.t.Helper()
	var g got
	if err := json.Unmarshal(rec.Body.Bytes(), &g); err != nil {
		w.t.Fatalf("%d, not JSON: %s", rec.Code, rec.Body)
	}
	return g
}

// signsOn runs a whole sign-on and returns the tokens.
func (w *world) signsOn(client string, pairs ...string) got {
	w.t.Helper()
	return w.redeems(client, w.code(asked(client, pairs...)))
}

func (w *world) redeems(client, code string) got {
	w.t.Helper()
	rec := w.post("/token", redemption(client, code), as(client, secret))
	if rec.Code != http.StatusOK {
		w.t.Fatalf("token: %d %s", rec.Code, rec.Body)
	}
	return w.json(rec)
}

func (w *world) refreshes(client, token string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.post("/token", form, as(client, secret))
}

func (w *world) userinfo(token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, w.p.path+"/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return w.serve(r)
}

// claims verifies an id_token and returns what it says.
func (w *world) claims(token string) got {
	w.t.Helper()
	payload, _, err := w.ring.Verify(token, keys.Expect{Typ: []string{"JWT"}, Issuer: w.p.c.Issuer})
	w.must(err)
	var g got
	w.must(json.Unmarshal(payload, &g))
	return g
}

// inputs are the fields of the one form of a page.
func inputs(page string) url.Values {
	out := url.Values{}
	for _, m := range regexp.MustCompile(`<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		out.Add(m[1], unescape(m[2]))
	}
	return out
}

func unescape(s string) string {
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&#43;", "+", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// wants fails unless the endpoint refused in the words of the protocol.
func (w *world) wants(rec *httptest.ResponseRecorder, status int, code string) {
	w.t.Helper()
	if rec.Code != status || w.json(rec).text("error") != code {
		w.t.Errorf("answered %d %s, want %d %s", rec.Code, rec.Body, status, code)
	}
}

var errWire = errors.New("ldap://10.0.0.7 cn=admin,dc=coop: connection refused")

func ldapDown() error  { return errors.Join(directory.ErrUnavailable, errWire) }
func storeDown() error { return errors.Join(store.ErrUnavailable, errWire) }
