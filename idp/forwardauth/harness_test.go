// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/forwardauth"
)

const (
	secret = "what-the-proxy-proves-itself-with"
	host   = "wiki.example"
	origin = "https://" + host
	below  = bridgetest.Issuer + "/forward/wiki"
)

var shown = []string{"X-Clau-Subject", "X-Clau-User", "X-Clau-Name", "X-Clau-Email", "X-Clau-Groups", "X-Clau-Assertion"}

// town is a world with a provider, an application, and the proxy before it.
type town struct {
	*bridgetest.World
	p       *forwardauth.Provider
	service directory.Service
	proxy   *proxy
}

func start(t testing.TB, change ...func(*directory.Service)) *town {
	w := &town{World: bridgetest.Start(t)}
	var err error
	w.p, err = forwardauth.New(forwardauth.Config{
		Issuer: bridgetest.Issuer, Directory: w.Town, SignOns: w.Pipeline, Room: w.Logout, Store: w.Store, Keys: signer{},
		Now: w.Clock.Now, Rand: rand.Reader, Life: w.Sessions.Absolute(),
	})
	w.Must(err)
	w.Open(w.p)
	w.service = directory.Service{
		ID: "id-of-wiki", Name: "wiki", Title: "The wiki", State: directory.Active,
		Access: directory.AccessCollective, Collective: "ateneu", URL: origin,
		Forward: &directory.ForwardAuth{
			Origins: []string{origin}, Secrets: []directory.ClientSecret{{SHA256: digest(secret)}},
			Attributes: []string{"name", "preferred_username", "email", "groups"}, GroupFormat: directory.GroupsCSV,
		},
	}
	w.set(change...)
	w.proxy = &proxy{w: w, said: traefik}
	w.Host(host, w.proxy)
	return w
}

// set changes the registration.
func (w *town) set(change ...func(*directory.Service)) {
	if w.service.Forward != nil {
		f := *w.service.Forward
		w.service.Forward = &f
	}
	for _, one := range change {
		one(&w.service)
	}
	w.Town.SetService(w.service)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signer writes claims where anybody can read them.
type signer struct{}

func (signer) Sign(alg, typ string, claims any) (string, error) {
	raw, err := json.Marshal(claims)
	return alg + " " + typ + " " + string(raw), err
}

// The requests of proxies, as recorded: what each says of the browser's.
func traefik(ask, browser *http.Request) {
	for name, values := range browser.Header {
		ask.Header[name] = values
	}
	ask.Header.Set("X-Forwarded-Method", browser.Method)
	ask.Header.Set("X-Forwarded-Proto", "https")
	ask.Header.Set("X-Forwarded-Port", "443")
	ask.Header.Set("X-Forwarded-Host", browser.Host)
	ask.Header.Set("X-Forwarded-Uri", browser.RequestURI)
	ask.Header.Set("X-Forwarded-Server", "traefik")
	ask.Header.Set("X-Forwarded-For", "192.0.2.7")
	ask.Header.Set("X-Clau-Secret", secret)
}

func caddy(ask, browser *http.Request) {
	for name, values := range browser.Header {
		ask.Header[name] = values
	}
	ask.Header.Set("X-Forwarded-Method", browser.Method)
	ask.Header.Set("X-Forwarded-Uri", browser.RequestURI)
	ask.Header.Set("X-Forwarded-Proto", "https")
	ask.Header.Set("X-Forwarded-Host", "overwritten.by.another.proxy.example")
	ask.Header.Set("X-Clau-Origin", origin)
	ask.Header.Set("X-Clau-Secret", secret)
}

// proxy asks about each request and hands on whatever is no success, as Traefik
// and Caddy do.
type proxy struct {
	w    *town
	said func(ask, browser *http.Request)

	mu   sync.Mutex
	last http.Header // what the application was handed
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ask, err := http.NewRequest(http.MethodGet, below+"/check", nil)
	p.w.Must(err)
	r.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9") // it is a person's
	p.said(ask, r)
	answer, err := p.w.Client().Do(ask)
	p.w.Must(err)
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		fmt.Fprintf(w, "refused with %d", answer.StatusCode)
		return
	}
	handed := r.Header.Clone()
	for _, name := range shown {
		if _, there := answer.Header[name]; !there {
			p.w.T.Errorf("%s is not there, and what came from outside would stay", name)
		}
		handed.Set(name, answer.Header.Get(name))
	}
	p.mu.Lock()
	p.last = handed
	p.mu.Unlock()
	fmt.Fprintf(w, "The wiki, %s", handed.Get("X-Clau-User"))
}

func (p *proxy) handed(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last.Get(name)
}

// enters opens a page as a browser does that waits for one.
func (w *town) enters(b *bridgetest.Browser, uri string) *bridgetest.Page {
	w.T.Helper()
	return b.Go(origin + uri)
}

// asks is one question of the proxy, with what is changed in it.
func (w *town) asks(endpoint, uri string, change ...func(*http.Request)) *http.Response {
	w.T.Helper()
	browser, err := http.NewRequest(http.MethodGet, origin+uri, nil)
	w.Must(err)
	browser.RequestURI = uri
	browser.Header.Set("Accept", "text/html")
	ask, err := http.NewRequest(http.MethodGet, below+endpoint, nil)
	w.Must(err)
	traefik(ask, browser)
	for _, one := range change {
		one(ask)
	}
	answer, err := w.Client().Do(ask)
	w.Must(err)
	_ = answer.Body.Close()
	return answer
}

// with is a question that brings a browser's cookies.
func (w *town) with(b *bridgetest.Browser) func(*http.Request) {
	return func(r *http.Request) {
		var all []string
		for _, c := range b.Cookies(origin) {
			all = append(all, c.Name+"="+c.Value)
		}
		r.Header.Set("Cookie", strings.Join(all, "; "))
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func without(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}
