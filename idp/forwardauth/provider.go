// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Directory is what the provider reads, from a short cache.
type Directory interface {
	ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
}

// SignOns is where sign-ons are decided; [signon.Pipeline] is one.
type SignOns interface {
	Begin(w http.ResponseWriter, r *http.Request, req signon.Request) error
	Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (signon.Admission, error)
}

// Room lets a pass die with the session, or with the person's consent;
// [logout.Room] is one.
type Room interface {
	Hold(sessionKey, storeKey string, ttl time.Duration) store.Op
	HoldFor(person directory.PersonID, service directory.ServiceID, storeKey string, ttl time.Duration) store.Op
}

// Signer signs assertions; [keys.Ring] is one.
type Signer interface {
	Sign(alg, typ string, claims any) (string, error)
}

// Config is what a [Provider] needs.
type Config struct {
	// Issuer is the address of all of Clau, without a slash at its end.
	Issuer string

	Directory Directory
	SignOns   SignOns
	Room      Room
	Store     store.Store
	Keys      Signer
	Now       func() time.Time
	Rand      io.Reader

	// Life is how long a session lasts at most; a pass never outlives its own.
	Life time.Duration
}

// Provider answers the proxies. It is a [web.Area], the [signon.Protocol]
// "forward-auth" and the [logout.Courier] of the same name.
type Provider struct {
	c    Config
	path string // of the issuer
}

var (
	_ web.Area        = (*Provider)(nil)
	_ signon.Protocol = (*Provider)(nil)
	_ logout.Courier  = (*Provider)(nil)

	_ SignOns = (*signon.Pipeline)(nil)
	_ Room    = (*logout.Room)(nil)
	_ Signer  = (*keys.Ring)(nil)
)

// New returns a Provider, or what is wrong with the configuration.
func New(c Config) (*Provider, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("forwardauth: %q cannot be an issuer", c.Issuer)
	}
	if c.Life <= 0 {
		return nil, errors.New("forwardauth: sessions that do not live")
	}
	return &Provider{c: c, path: issuer.Path}, nil
}

// Protocol implements [signon.Protocol] and [logout.Courier].
func (p *Provider) Protocol() string { return directory.ProtocolForward }

// Routes implements [web.Area].
func (p *Provider) Routes() []web.Route {
	below := "GET " + p.path + "/forward/{service}"
	return []web.Route{
		{Pattern: below + "/check", Needs: web.Relay, Handle: p.proven(p.check)},
		{Pattern: below + "/auth-request", Needs: web.Relay, Handle: p.proven(p.authRequest)},
		{Pattern: below + "/at/{act}", Needs: web.Relay, Handle: p.proven(p.at)},
		{Pattern: below + "/start", Needs: web.Anyone, Handle: p.start},
	}
}

// Deliver implements [logout.Courier]. There is nobody to tell: the pass was held
// by the session and is gone, and the next request is asked about.
func (p *Provider) Deliver(context.Context, logout.Participant) error { return nil }
