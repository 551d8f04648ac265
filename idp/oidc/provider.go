// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Directory is what the provider reads, from a short cache.
type Directory interface {
	ServiceByClientID(ctx context.Context, id directory.ClientID) (directory.Service, error)
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
}

// SignOns is where sign-ons are decided; [signon.Pipeline] is one.
type SignOns interface {
	Begin(w http.ResponseWriter, r *http.Request, req signon.Request) error
	Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (signon.Admission, error)
	SubjectOf(ctx context.Context, service directory.Service, person directory.Person) (string, error)
}

// Sessions reads the browser's session; [session.Manager] is one.
type Sessions interface {
	Read(r *http.Request) (session.Session, error)
	Forget(w http.ResponseWriter)
}

// Room ends sessions; [logout.Room] is one.
type Room interface {
	Hold(sessionKey, storeKey string, ttl time.Duration) store.Op
	HoldFor(person directory.PersonID, service directory.ServiceID, storeKey string, ttl time.Duration) store.Op
	End(ctx context.Context, sessionKey string) ([]logout.Outcome, error)
	BySID(ctx context.Context, sid string) (sessionKey string, p logout.Participant, err error)
}

// Farewell leads the browser of who logs out to services that only it can tell;
// [farewell.Room] is one.
type Farewell interface {
	Begin(w http.ResponseWriter, r *http.Request, d logout.Departure, outcomes []logout.Outcome) error
}

// Config is what a [Provider] needs. Zero durations take the defaults.
type Config struct {
	// Issuer is the issuer identifier: an address without query or fragment,
	// and without a slash at its end. It may have a path.
	Issuer string

	Directory Directory
	SignOns   SignOns
	Sessions  Sessions
	Room      Room
	Farewell  Farewell // nil: no service is told through the browser
	Store     store.Store
	Keys      Keyring
	Audit     audit.Log // nil: nothing is recorded
	Pages     web.Pages
	Outbound  *http.Client // guarded: it reaches addresses that services registered
	Now       func() time.Time
	Rand      io.Reader

	// Secret is what tokens are sealed with: at least 32 random bytes, the same
	// on every node. Another secret voids every token.
	Secret []byte

	Registration string // address at which services register themselves (RFC 7591); empty: none

	Languages []string // BCP 47 tags that pages come in
	ACR       []string // authentication context classes that can be reached; default: by password

	CodeLife    time.Duration // default 60 s
	AccessLife  time.Duration // default 10 min
	IDTokenLife time.Duration // default 5 min

	// RefreshLife is how long a client may refresh what is bound to a session;
	// no longer than a session lives. Default 7 days. OfflineLife is the same
	// for offline_access, which survives the session; default 90 days. Both
	// count from the sign-on and are not prolonged.
	RefreshLife time.Duration
	OfflineLife time.Duration

	// RefreshGrace is how long a spent refresh token gives its successor once
	// more, as long as that is unused; default 30 s, negative never.
	RefreshGrace time.Duration
}

// Provider is the OpenID Provider. It is a [web.Area], the [signon.Protocol]
// "oidc" and the [logout.Courier] of the same name.
type Provider struct {
	c        Config
	path     string // of the issuer
	access   box
	refresh  box
	confirm  box
	keys     *clientKeys
	metadata document
	library  http.Handler
}

var (
	_ web.Area        = (*Provider)(nil)
	_ signon.Protocol = (*Provider)(nil)
	_ logout.Escort   = (*Provider)(nil)

	_ SignOns  = (*signon.Pipeline)(nil)
	_ Sessions = (*session.Manager)(nil)
	_ Room     = (*logout.Room)(nil)
)

// New returns a Provider, or what is wrong with the configuration.
func New(c Config) (*Provider, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("oidc: %q cannot be an issuer", c.Issuer)
	}
	if len(c.Secret) < 32 {
		return nil, errors.New("oidc: the secret is shorter than 32 bytes")
	}
	c.setDefaults()
	p := &Provider{c: c, path: issuer.Path, keys: newClientKeys(c.Outbound, c.Now)}
	if err := p.makeBoxes(); err != nil {
		return nil, err
	}
	if p.metadata, err = p.describe(); err != nil {
		return nil, err
	}
	p.library = p.openLibrary()
	return p, nil
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&c.CodeLife, time.Minute},
		{&c.AccessLife, 10 * time.Minute},
		{&c.IDTokenLife, 5 * time.Minute},
		{&c.RefreshLife, 7 * 24 * time.Hour},
		{&c.OfflineLife, retention.Grant},
		{&c.RefreshGrace, 30 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	if c.ACR == nil {
		c.ACR = []string{session.ACRPassword}
	}
}

func (p *Provider) makeBoxes() error {
	for kind, b := range map[string]*box{accessKind: &p.access, refreshKind: &p.refresh, confirmKind: &p.confirm} {
		made, err := newBox(p.c.Secret, kind)
		if err != nil {
			return err
		}
		*b = made
	}
	return nil
}

// Protocol implements [signon.Protocol] and [logout.Courier].
func (p *Provider) Protocol() string { return "oidc" }

// Routes implements [web.Area].
func (p *Provider) Routes() []web.Route {
	at := func(method, path string) string { return method + " " + p.path + path }
	return []web.Route{
		{Pattern: at("GET", "/.well-known/openid-configuration"), Needs: web.Service, Handle: p.serveMetadata},
		{Pattern: "GET /.well-known/oauth-authorization-server" + p.path, Needs: web.Service, Handle: p.serveMetadata},
		{Pattern: at("GET", "/jwks"), Needs: web.Service, Handle: p.serveKeys},

		{Pattern: at("GET", "/authorize"), Needs: web.Anyone, Handle: p.authorize},
		{Pattern: at("POST", "/authorize"), Needs: web.AnyoneFromAnySite, Handle: p.authorize},

		{Pattern: at("POST", "/token"), Needs: web.Service, Handle: p.door(tokenEndpoint)},
		{Pattern: at("OPTIONS", "/token"), Needs: web.Service, Handle: preflight},
		{Pattern: at("GET", "/userinfo"), Needs: web.Service, Handle: p.door(userinfoEndpoint)},
		{Pattern: at("POST", "/userinfo"), Needs: web.Service, Handle: p.door(userinfoEndpoint)},
		{Pattern: at("OPTIONS", "/userinfo"), Needs: web.Service, Handle: preflight},
		{Pattern: at("POST", "/introspect"), Needs: web.Service, Handle: p.door(introspectEndpoint)},
		{Pattern: at("POST", "/revoke"), Needs: web.Service, Handle: p.door(revokeEndpoint)},

		{Pattern: at("GET", "/logout"), Needs: web.Anyone, Handle: p.endSession},
		{Pattern: at("POST", "/logout"), Needs: web.AnyoneFromAnySite, Handle: p.endSession},
	}
}

func (p *Provider) url(path string) string { return p.c.Issuer + path }
