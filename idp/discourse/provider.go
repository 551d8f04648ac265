// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
	ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
	Services(ctx context.Context) ([]directory.Service, error)
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
	Consent(ctx context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error)
}

// SignOns is where sign-ons are decided; [signon.Pipeline] is one.
type SignOns interface {
	Begin(w http.ResponseWriter, r *http.Request, req signon.Request) error
	Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (signon.Admission, error)
	SubjectOf(ctx context.Context, service directory.Service, person directory.Person) (string, error)
}

// Sealer opens the secrets of a forum, in the context of
// [directory.Service.SealedIn]; [keys.Sealer] is one.
type Sealer interface {
	Open(sealed []byte, context string) ([]byte, error)
}

// Config is what a [Provider] needs.
type Config struct {
	// Issuer is the address of all of Clau, without a slash at its end.
	Issuer string

	Directory Directory
	SignOns   SignOns
	Store     store.Store
	Sealer    Sealer
	Outbound  *http.Client // guarded: it reaches addresses that services registered
	Logger    *slog.Logger
	Now       func() time.Time
	Rand      io.Reader
}

// Provider is the provider of DiscourseConnect. It is a [web.Area], the
// [signon.Protocol] "discourse" and the [logout.Courier] of the same name.
type Provider struct {
	c    Config
	path string // of the issuer
}

var (
	_ web.Area        = (*Provider)(nil)
	_ signon.Protocol = (*Provider)(nil)
	_ logout.Courier  = (*Provider)(nil)

	_ SignOns = (*signon.Pipeline)(nil)
	_ Sealer  = (*keys.Sealer)(nil)
)

// New returns a Provider, or what is wrong with the configuration.
func New(c Config) (*Provider, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("discourse: %q cannot be an issuer", c.Issuer)
	}
	if c.Sealer == nil || c.Outbound == nil {
		return nil, errors.New("discourse: no sealer, or no way out")
	}
	return &Provider{c: c, path: issuer.Path}, nil
}

// Protocol implements [signon.Protocol] and [logout.Courier].
func (p *Provider) Protocol() string { return directory.ProtocolDiscourse }

// Routes implements [web.Area].
func (p *Provider) Routes() []web.Route {
	return []web.Route{{Pattern: "GET " + p.path + "/discourse/{service}", Needs: web.Anyone, Handle: p.connect}}
}
