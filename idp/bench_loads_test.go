// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// bed is a node with services and people to measure with.
type bed struct {
	b       *testing.B
	clau    *idptest.Clau
	es256   *benchService
	rs256   *benchService
	saml    *benchProvider
	clients []*benchClient
	refresh []string // of each client
	access  []string
}

// load is one kind of request. Of the rarer ones fewer are made.
type load struct {
	name  string
	do    func(worker int)
	rarer int
}

type benchService struct {
	id, secret, redirect string
}

// benchClient is a browser, or a service, with an address of its own.
type benchClient struct {
	b       *testing.B
	http    *http.Client
	from    string
	cookies []*http.Cookie
}

func newClient(b *testing.B) *benchClient {
	return &benchClient{b: b, from: anywhere(), http: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: atOnce},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// anywhere is the address of somebody who has not asked much yet.
func anywhere() string { return fmt.Sprintf("10.1.%d.%d", rand.IntN(16), rand.IntN(256)) }

// The verifier of all sign-ons, and its challenge (RFC 7636 appendix B).
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func newBed(b *testing.B, node *idptest.Node) *bed {
	bed := &bed{b: b, clau: node.Open(b)}
	bed.es256, bed.rs256 = bed.register("es", "ES256"), bed.register("rs", "RS256")
	bed.saml = bed.registerSAML()
	for i := range atOnce {
		c := newClient(b)
		bed.login(c, 2*i+1, bed.rs256)
		bed.clients = append(bed.clients, c)
		bed.refresh, bed.access = append(bed.refresh, ""), append(bed.access, "")
		bed.keep(i, bed.signOn(i, bed.es256))
	}
	return bed
}

func (bed *bed) register(name, alg string) *benchService {
	s := &benchService{redirect: "http://127.0.0.1:9/" + name}
	service, secret := idptest.Client("bench-"+name, s.redirect)
	service.OIDC.Metadata.IDTokenAlg = alg
	check(bed.b, bed.clau.Directory.AddService(context.Background(), directory.System(), service))
	s.id, s.secret = string(service.OIDC.ID), secret
	return s
}

func (bed *bed) loads() []load {
	base := bed.clau.Issuer
	form := func(path string, values url.Values) func(int) {
		return func(w int) { bed.clients[w].post(base+path, bed.es256, values) }
	}
	return []load{
		{name: "sign-on over a session, ES256", do: func(w int) { bed.signOn(w, bed.es256) }},
		{name: "sign-on over a session, RS256", do: func(w int) { bed.signOn(w, bed.rs256) }},
		{name: "sign-on over a session, SAML", do: bed.signOnSAML},
		{name: "refresh", do: bed.renew},
		{name: "client_credentials", do: form("/token", url.Values{"grant_type": {"client_credentials"}})},
		{name: "userinfo", do: func(w int) {
			bed.clients[w].get(base+"/userinfo", http.Header{"Authorization": {"Bearer " + bed.access[w]}})
		}},
		{name: "introspection", do: func(w int) {
			bed.clients[w].post(base+"/introspect", bed.es256, url.Values{"token": {bed.access[w]}})
		}},
		{name: "discovery", do: func(w int) { bed.clients[w].get(base+"/.well-known/openid-configuration", nil) }},
		{name: "JWKS", do: func(w int) { bed.clients[w].get(base+"/jwks", nil) }},
		{name: "password login beside the hash", rarer: 5, do: func(int) { bed.login(newClient(bed.b), 2*rand.IntN(25)+1) }},
	}
}

// signOn is authorize and token, the two requests of a whole sign-on.
func (bed *bed) signOn(w int, s *benchService) map[string]any {
	c := bed.clients[w]
	to := c.get(bed.authorize(s), nil).Header.Get("Location")
	return c.post(bed.clau.Issuer+"/token", s, url.Values{"grant_type": {"authorization_code"}, "code": {codeOf(bed.b, to)},
		"redirect_uri": {s.redirect}, "code_verifier": {verifier}})
}

func (bed *bed) authorize(s *benchService) string {
	return bed.clau.Issuer + "/authorize?" + url.Values{"client_id": {s.id}, "redirect_uri": {s.redirect}, "response_type": {"code"},
		"scope": {"openid profile email groups"}, "state": {"an-opaque-state-of-the-service"}, "nonce": {"n-0S6_WzA2Mj"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}}.Encode()
}

func codeOf(b *testing.B, location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Query().Get("code") == "" {
		b.Errorf("no code in %q", location)
		return ""
	}
	return u.Query().Get("code")
}

func (bed *bed) renew(w int) {
	bed.keep(w, bed.clients[w].post(bed.clau.Issuer+"/token", bed.es256,
		url.Values{"grant_type": {"refresh_token"}, "refresh_token": {bed.refresh[w]}}))
}

func (bed *bed) keep(w int, token map[string]any) {
	refresh, there := token["refresh_token"].(string)
	access, too := token["access_token"].(string)
	if !there || !too {
		bed.b.Errorf("no tokens: %v", token)
	}
	bed.refresh[w], bed.access[w] = refresh, access
}

// login goes from the service's request over the login page to the code, and
// returns how often the person was told to try again a little later. Of other
// services the person sees the consent screen, so that it is behind them.
func (bed *bed) login(c *benchClient, person int, others ...*benchService) (turned int64) {
	browser := idptest.NewBrowser(bed.b)
	browser.From = c.from
	browser.Catch("http://127.0.0.1:9/")
	p := idptest.Sits(bed.b, browser)
	p.Open(bed.authorize(bed.es256))
	for p.LogsIn(idptest.CrowdHandle(person), idptest.Password); browser.Status == http.StatusServiceUnavailable; turned++ {
		time.Sleep(time.Second)
		p.LogsIn(idptest.CrowdHandle(person), idptest.Password)
	}
	codeOf(bed.b, browser.Address())
	for _, s := range others {
		p.Open(bed.authorize(s))
	}
	if len(others) > 0 {
		p.Open(bed.saml.request(bed.clau.Issuer))
	}
	c.cookies = browser.Cookies(bed.clau.Issuer)
	return turned
}

func (c *benchClient) get(address string, header http.Header) *http.Response {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		c.b.Error(err)
		return &http.Response{}
	}
	for name, values := range header {
		r.Header[name] = values
	}
	answer, _ := c.do(r)
	return answer
}

func (c *benchClient) post(address string, s *benchService, form url.Values) map[string]any {
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		c.b.Error(err)
		return nil
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(s.id, s.secret)
	_, body := c.do(r)
	var out map[string]any
	if err := json.Unmarshal(body, &out); err != nil {
		c.b.Errorf("%s: %s", address, body)
	}
	return out
}

func (c *benchClient) do(r *http.Request) (*http.Response, []byte) {
	r.Header.Set("X-Forwarded-For", anywhere())
	for _, cookie := range c.cookies {
		r.AddCookie(cookie)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		c.b.Error(err)
		return &http.Response{Header: http.Header{}}, nil
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 400 {
		c.b.Errorf("%s %s: %d %s %v", r.Method, r.URL.Path, answer.StatusCode, body, err)
	}
	return answer, body
}
