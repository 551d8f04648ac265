// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Party is a service that relies on Clau, built on a client library that is
// not ours, with a site of its own. People log in there, see what the service
// received, and log out; tests also ask it for the tokens.
type Party struct {
	URL     string
	Service directory.Service
	Secret  string

	// Scope is what it asks for.
	Scope []string

	// Extra is added to each authorization request.
	Extra url.Values

	t         testing.TB
	client    *http.Client
	config    oauth2.Config
	provider  *oidc.Provider
	endpoints endpoints

	mu     sync.Mutex
	begun  map[string]begun  // by state
	visits map[string]*Visit // by the cookie of the site
	last   *Visit
	told   []string // logout tokens received
}

// begun is a sign-on on its way.
type begun struct{ nonce, verifier string }

// endpoints are those of the discovery document that the library does not name.
type endpoints struct {
	Introspection string `json:"introspection_endpoint"`
	Revocation    string `json:"revocation_endpoint"`
	EndSession    string `json:"end_session_endpoint"`
	UserInfo      string `json:"userinfo_endpoint"`
	Authorize     string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
}

// Visit is somebody logged in at the site.
type Visit struct {
	Token    *oauth2.Token
	IDToken  string
	Claims   map[string]any // of the id_token
	UserInfo map[string]any

	over bool // the person has left, or Clau said so
}

// Subject is whom the service knows the person as.
func (v *Visit) Subject() string { s, _ := v.Claims["sub"].(string); return s }

// SID is how the service knows the session.
func (v *Visit) SID() string { s, _ := v.Claims["sid"].(string); return s }

// Party starts a site and registers it as a service. The changes are made to
// the registration before it is written.
func (c *Clau) Party(t testing.TB, name string, changes ...func(*directory.Service)) *Party {
	t.Helper()
	p := &Party{t: t, Scope: []string{"openid", "profile", "email", "groups", "offline_access"},
		Extra: url.Values{}, client: c.client(t), begun: map[string]begun{}, visits: map[string]*Visit{}}
	site := httptest.NewServer(p.pages())
	t.Cleanup(site.Close)
	p.URL = site.URL
	p.Service, p.Secret = Client(name, p.URL+"/callback")
	p.Service.URL = p.URL + "/"
	p.Service.OIDC.Metadata.PostLogoutRedirectURIs = []string{p.URL + "/left"}
	p.Service.OIDC.Metadata.BackchannelLogoutURI = p.URL + "/told"
	for _, change := range changes {
		change(&p.Service)
	}
	must(t, c.Directory.AddService(context.Background(), directory.System(), p.Service))
	p.discover(c.Issuer)
	return p
}

// client trusts Clau's certificate, and ends its connections with the test.
func (c *Clau) client(t testing.TB) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.Roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: stepTime}
}

// discover learns of Clau what any service would, and no more.
func (p *Party) discover(issuer string) {
	p.t.Helper()
	provider, err := oidc.NewProvider(p.context(context.Background()), issuer)
	if err != nil {
		p.t.Fatalf("discovery: %v", err)
	}
	must(p.t, provider.Claims(&p.endpoints))
	p.provider = provider
	p.config = oauth2.Config{ClientID: string(p.Service.OIDC.ID), ClientSecret: p.Secret,
		Endpoint: provider.Endpoint(), RedirectURL: p.URL + "/callback", Scopes: p.Scope}
	p.config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
}

// context makes the library use the party's own client.
func (p *Party) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// Begin is an authorization request as the site makes it.
func (p *Party) Begin() string {
	request, _ := p.BeginWithVerifier()
	return request
}

// BeginWithVerifier also tells the PKCE verifier that goes with the request.
func (p *Party) BeginWithVerifier() (request, verifier string) {
	state := rawID()
	b := begun{nonce: rawID(), verifier: oauth2.GenerateVerifier()}
	p.mu.Lock()
	p.begun[state] = b
	p.mu.Unlock()
	options := []oauth2.AuthCodeOption{oidc.Nonce(b.nonce), oauth2.S256ChallengeOption(b.verifier)}
	for name := range p.Extra {
		options = append(options, oauth2.SetAuthURLParam(name, p.Extra.Get(name)))
	}
	config := p.config
	config.Scopes = p.Scope
	return config.AuthCodeURL(state, options...), b.verifier
}

// Last is the newest visit.
func (p *Party) Last() *Visit {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.t.Fatal("nobody has logged in at " + p.URL)
	}
	return p.last
}

// LastIsOver reports whether the newest visit has ended.
func (p *Party) LastIsOver() bool {
	v := p.Last()
	p.mu.Lock()
	defer p.mu.Unlock()
	return v.over
}

// Told are the logout tokens that Clau has sent.
func (p *Party) Told() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.told...)
}
