// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// SiteConfig is a demonstration service and how it reaches Clau.
type SiteConfig struct {
	Name    string // short; also the look of its pages
	Title   string
	Tagline string
	Crowd   string // who may enter, in words

	Address  *url.URL // its own, without a path
	Issuer   string
	ClientID string
	Secret   string

	Client *http.Client     // nil: one that waits ten seconds at most
	Now    func() time.Time // nil: time.Now
	Rand   io.Reader        // nil: crypto/rand
	Logger *slog.Logger     // nil: silent
}

// Site is a running demonstration service.
type Site struct {
	c        SiteConfig
	pages    *template.Template
	visits   *visits
	mux      *http.ServeMux
	mu       sync.Mutex
	provider *provider // nil until Clau was reached
}

// provider is what discovery says of Clau.
type provider struct {
	*oidc.Provider
	endSession string
	issues     bool // answers carry their issuer (RFC 9207)
}

// NewSite makes a service. It reaches for Clau only when somebody logs in.
func NewSite(c SiteConfig) *Site {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Site{c: c, pages: parsePages(), visits: newVisits(c.Now), mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.home)
	s.mux.HandleFunc("GET /login", s.login)
	s.mux.HandleFunc("GET /callback", s.callback)
	s.mux.HandleFunc("POST /refresh", s.refresh)
	s.mux.HandleFunc("POST /logout", s.logout)
	s.mux.HandleFunc("POST /backchannel-logout", s.backchannel)
	s.mux.HandleFunc("GET /style.css", s.style)
	return s
}

func (s *Site) at(path string) string { return s.c.Address.JoinPath(path).String() }

// Enrol tells the site the secret that it proves itself with. Call it before
// the site answers anybody.
func (s *Site) Enrol(secret string) { s.c.Secret = secret }

// ServeHTTP answers with the headers that any site of today has.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+origin(s.c.Issuer))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	s.mux.ServeHTTP(w, r)
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// discover asks Clau once how it wants to be spoken to, and again if it did not
// answer.
func (s *Site) discover(ctx context.Context) (*provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	// The keys are fetched with this context too, long after this request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.c.Client), s.c.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		EndSession string `json:"end_session_endpoint"`
		Issues     bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	if more.EndSession == "" {
		return nil, errors.New("no end_session_endpoint in discovery")
	}
	s.provider = &provider{found, more.EndSession, more.Issues}
	return s.provider, nil
}

func (s *Site) oauth(p *provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     s.c.ClientID,
		ClientSecret: s.c.Secret,
		Endpoint:     p.Endpoint(),
		RedirectURL:  s.at("/callback"),
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email", "groups"},
	}
}

// outward is the context for a request to Clau on behalf of r.
func (s *Site) outward(r *http.Request) context.Context {
	return oidc.ClientContext(r.Context(), s.c.Client)
}
