// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Directory is what the provider reads, from a short cache.
type Directory interface {
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
	ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
	ServiceByEntityID(ctx context.Context, entityID string) (directory.Service, error)
}

// SignOns is where sign-ons are decided; [signon.Pipeline] is one.
type SignOns interface {
	Begin(w http.ResponseWriter, r *http.Request, req signon.Request) error
	Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (signon.Admission, error)
}

// Sessions reads the browser's session; [session.Manager] is one.
type Sessions interface {
	Read(r *http.Request) (session.Session, error)
	Sent(r *http.Request) bool
	Forget(w http.ResponseWriter)
	Absolute() time.Duration
}

// Certificates are what messages are signed with; [keys.Certificates] is one.
type Certificates interface {
	// Signing is the one that signs now, or the named one if it still may.
	Signing(id directory.KeyID) (keys.Certificate, error)

	// Published are all that metadata names, the signing one first.
	Published() []keys.Certificate
}

// Book reads the metadata of services; [metadata.Book] is one.
type Book interface {
	Provider(s directory.Service) (*metadata.Provider, error)
}

// Config is what a [Provider] needs.
type Config struct {
	// Issuer is the issuer identifier of the whole of Clau: an address without
	// query or fragment, and without a slash at its end. It may have a path.
	Issuer string

	Directory    Directory
	Book         Book
	SignOns      SignOns
	Sessions     Sessions
	Room         *logout.Room
	Farewell     *farewell.Room
	Store        store.Store
	Certificates Certificates
	Audit        audit.Log
	Pages        web.Pages
	Outbound     *http.Client // guarded: it reaches addresses that services registered
	Now          func() time.Time
	Rand         io.Reader

	ACR []string // authentication context classes that can be reached; default: by password

	// Own is what Clau says of itself in its metadata: texts, logos, contacts,
	// further scopes. Names, addresses and keys the provider fills in.
	Own metadata.Own
}

// Provider is the SAML 2.0 identity provider. It is a [web.Area], a
// [signon.Namer] and the [logout.Escort] of the same name.
type Provider struct {
	c    Config
	path string // of the issuer
	host string // of the issuer: the scope of what is scoped
	own  atomic.Pointer[described]

	strangers strangers
}

var (
	_ web.Area     = (*Provider)(nil)
	_ signon.Namer = (*Provider)(nil)

	_ SignOns      = (*signon.Pipeline)(nil)
	_ Sessions     = (*session.Manager)(nil)
	_ Certificates = (*keys.Certificates)(nil)
	_ Book         = (*metadata.Book)(nil)
)

// New returns a Provider, or what is wrong with the configuration.
func New(c Config) (*Provider, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("saml: %q cannot be an issuer", c.Issuer)
	}
	if c.Now == nil || c.Rand == nil {
		return nil, errors.New("saml: no clock or no randomness")
	}
	if c.ACR == nil {
		c.ACR = []string{session.ACRPassword}
	}
	unknown, err := newStrangers()
	if err != nil {
		return nil, err
	}
	return &Provider{c: c, path: issuer.Path, host: issuer.Hostname(), strangers: unknown}, nil
}

// Protocol implements [signon.Protocol] and [logout.Courier].
func (p *Provider) Protocol() string { return directory.ProtocolSAML }

// Routes implements [web.Area].
func (p *Provider) Routes() []web.Route {
	at := func(method, path string) string { return method + " " + p.path + path }
	return append([]web.Route{
		{Pattern: at("GET", metadataPath), Needs: web.Service, Handle: p.serveMetadata},

		{Pattern: at("GET", ssoPath), Needs: web.Anyone, Handle: p.singleSignOn},
		{Pattern: at("POST", ssoPath), Needs: web.AnyoneFromAnySite, Handle: p.singleSignOn, Body: bodyMax},
		{Pattern: at("GET", ssoPath+"/{handle}"), Needs: web.Anyone, Handle: p.goOn},
		{Pattern: at("GET", startPath), Needs: web.Anyone, Handle: p.start},
	}, p.logoutRoutes()...)
}

// EntityID names Clau to service providers, for life.
func (p *Provider) EntityID() string { return p.url(metadataPath) }

// The paths of the provider, below the issuer's.
const (
	metadataPath = "/saml/metadata"
	ssoPath      = "/saml/sso"
	startPath    = "/saml/start"
	sloPath      = "/saml/slo"
	soapPath     = "/saml/soap"
)

func (p *Provider) url(path string) string { return p.c.Issuer + path }
