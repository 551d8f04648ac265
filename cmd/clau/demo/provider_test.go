// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// fakeClau says whatever a test wants a service to hear.
type fakeClau struct {
	t       *testing.T
	server  *httptest.Server
	key     *ecdsa.PrivateKey
	idToken map[string]any // added to, or in place of, what is right
	info    map[string]any
	asked   url.Values // what the browser came with last
	posted  url.Values // what the service sent last
	refused bool       // the token endpoint says no
	silent  bool       // nothing answers
}

func newFakeClau(t *testing.T) *fakeClau {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeClau{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", f.discovery)
	mux.HandleFunc("GET /jwks", f.jwks)
	mux.HandleFunc("POST /token", f.token)
	mux.HandleFunc("GET /userinfo", f.userinfo)
	f.server = httptest.NewServer(mux)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fakeClau) say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.t.Error(err)
	}
}

func (f *fakeClau) discovery(w http.ResponseWriter, _ *http.Request) {
	if f.silent {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	at := f.server.URL
	f.say(w, map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token",
		"userinfo_endpoint": at + "/userinfo", "jwks_uri": at + "/jwks", "end_session_endpoint": at + "/logout",
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (f *fakeClau) jwks(w http.ResponseWriter, _ *http.Request) {
	f.say(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: f.key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
}

func (f *fakeClau) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		f.t.Error(err)
	}
	f.posted = r.PostForm
	if f.refused {
		w.WriteHeader(http.StatusBadRequest)
		f.say(w, map[string]string{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{"sub": "sub-1", "sid": "sid-1", "nonce": f.asked.Get("nonce")}
	maps.Copy(claims, f.idToken)
	f.say(w, map[string]any{
		"access_token": "access", "refresh_token": "refresh", "token_type": "Bearer", "expires_in": 300,
		"scope": "openid profile", "id_token": f.sign("JWT", claims),
	})
}

func (f *fakeClau) userinfo(w http.ResponseWriter, _ *http.Request) {
	claims := map[string]any{"sub": "sub-1", "name": "Núria <b>Serra</b>"}
	maps.Copy(claims, f.info)
	f.say(w, claims)
}

// sign makes a token of the usual claims and more; a nil claim takes one away.
func (f *fakeClau) sign(typ string, more map[string]any) string {
	f.t.Helper()
	now := time.Now()
	claims := map[string]any{"iss": f.server.URL, "aud": "forum", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	maps.Copy(claims, more)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(claims)
	if err != nil {
		f.t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: f.key, KeyID: "k"}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		f.t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		f.t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		f.t.Fatal(err)
	}
	return compact
}

// world is a service, a Clau that says anything, and a browser between them.
type world struct {
	*fakeClau
	site    *httptest.Server
	browser *http.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{fakeClau: newFakeClau(t)}
	w.site = httptest.NewUnstartedServer(nil)
	address := &url.URL{Scheme: "http", Host: w.site.Listener.Addr().String()}
	w.site.Config.Handler = NewSite(SiteConfig{
		Name: "forum", Title: "Fòrum", Address: address, Issuer: w.server.URL, ClientID: "forum", Secret: "secret",
	})
	w.site.Start()
	t.Cleanup(w.site.Close)
	w.browser = newBrowser(t)
	return w
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// setOut goes to Clau, and remembers what it was asked with.
func (w *world) setOut() {
	w.t.Helper()
	answer := w.get("/login")
	where, err := answer.Location()
	if err != nil {
		w.t.Fatalf("no way to Clau: %s", answer.Status)
	}
	w.asked = where.Query()
}

// comeBack brings Clau's answer.
func (w *world) comeBack(changes url.Values) *http.Response {
	w.t.Helper()
	q := url.Values{"code": {"code"}, "state": {w.asked.Get("state")}, "iss": {w.server.URL}}
	maps.Copy(q, changes)
	return w.get("/callback?" + q.Encode())
}

func (w *world) get(path string) *http.Response {
	w.t.Helper()
	answer, err := w.browser.Get(w.site.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func (w *world) post(path string, values url.Values) *http.Response {
	w.t.Helper()
	answer, err := w.browser.PostForm(w.site.URL+path, values)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { answer.Body.Close() })
	return answer
}
