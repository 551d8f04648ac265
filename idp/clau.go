// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Config is what a [Clau] is made of. All fields are needed but those that say
// otherwise.
type Config struct {
	Issuer    *url.URL // without query, fragment, or a slash at the end
	Directory directory.Backend
	Store     store.Store
	Master    keys.Master
	Themes    *themes.Themes
	Mail      mail.Sender
	Audit     audit.Log
	Logger    *slog.Logger
	Now       func() time.Time
	Rand      io.Reader

	// Outbound reaches services: back-channel logout. Make it with
	// [web.NewOutbound], which guards against requests to inner networks.
	Outbound *http.Client

	// Bulk is the same for the metadata of whole federations, which is large and
	// takes its time; nil: as Outbound.
	Bulk *http.Client

	// Spooled lets mails wait, sealed, in the store until Mail has taken them:
	// for a mail server, which may be away. Otherwise Mail gets them at once.
	Spooled bool

	// Mailless says that no mail leaves. What needs one is then not offered:
	// joining by an address, invitations by mail, a new password by letter.
	Mailless bool

	// Rewrite are what makes the files of embedded stores anew, without what was
	// erased. It may be empty.
	Rewrite []func(context.Context) error

	// Contact is the address of who runs the servers, for the metadata that
	// service providers read. It may be empty.
	Contact string

	AliasDomain    string   // of addresses given in place of real ones; empty: none that arrives
	Hosts          []string // further Host headers to answer to; may be empty
	TrustedProxies []netip.Prefix
	Metrics        *web.Metrics  // nil: nothing is counted
	Limits         web.Limits    // zero: the defaults
	LoginLimits    login.Limits  // zero: the defaults
	CacheFor       time.Duration // how long the directory is believed unasked; zero: a minute, the most there is
	RSABits        int           // zero: 2048
}

// Clau is the identity provider. It is an [http.Handler]; [Clau.Run] does what
// is to be done beside answering.
type Clau struct {
	*foundation
	handler http.Handler
	areas   []web.Area
	ready   chan struct{} // closed when the signing keys are loaded
}

// New wires a Clau. It reads nothing yet: a directory that is down does not
// keep a node from starting, and [Clau.Run] catches up when it is back.
func New(c Config) (*Clau, error) {
	if c.Issuer == nil {
		return nil, errors.New("idp: no issuer")
	}
	f, err := found(c)
	if err != nil {
		return nil, err
	}
	areas, err := f.areas()
	if err != nil {
		return nil, err
	}
	handler, err := web.NewRouter(web.Config{
		Issuer: c.Issuer, Hosts: c.Hosts, TrustedProxies: c.TrustedProxies,
		Guards: map[web.Permission]web.Guard{
			web.Person: f.pipeline.Guard, web.Manager: f.pipeline.GuardManager, web.Keeper: f.pipeline.GuardKeeper,
		},
		Languages: languages,
		Pages:     c.Themes, Logger: c.Logger, Metrics: c.Metrics, Now: c.Now, Rand: c.Rand, Limits: c.Limits,
	}, areas...)
	if err != nil {
		return nil, err
	}
	return &Clau{foundation: f, handler: handler, areas: areas, ready: make(chan struct{})}, nil
}

// ServeHTTP answers a request.
func (c *Clau) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

// Run keeps the caches true, the keys in rotation and the deliveries going,
// until ctx ends. Every node runs it.
func (c *Clau) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.cache.Run(ctx) })
	wg.Go(func() { c.logout.Run(ctx) })
	wg.Go(func() { c.memberships.Run(ctx) })
	wg.Go(func() { c.book.Run(ctx) })
	wg.Go(func() { c.tidier.run(ctx) })
	if c.spool != nil {
		wg.Go(func() { c.spool.Run(ctx) })
	}
	wg.Go(func() { c.recovery.Run(ctx) })
	wg.Go(func() { c.errands.Run(ctx) })
	wg.Go(func() { c.refresher.Run(ctx) })
	wg.Go(func() {
		if c.loadKeys(ctx) {
			var turning sync.WaitGroup
			turning.Go(func() { c.ring.Run(ctx) })
			turning.Go(func() { c.certs.Run(ctx) })
			turning.Wait()
		}
	})
	wg.Wait()
	return ctx.Err()
}

// loadKeys tries until the directory gives the signing keys.
func (c *Clau) loadKeys(ctx context.Context) bool {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := errors.Join(c.ring.Load(ctx), c.certs.Load(ctx))
		if err == nil {
			close(c.ready)
			return true
		}
		c.c.Logger.Warn("signing keys not loaded yet", "cause", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
	}
}

// Routes is the table of what Clau answers, and to whom.
func (c *Clau) Routes() []web.Route {
	var all []web.Route
	for _, area := range c.areas {
		all = append(all, area.Routes()...)
	}
	return all
}

// Sweep does now what the time has come for; [Clau.Run] does it every minute.
func (c *Clau) Sweep(ctx context.Context) error { return c.memberships.Sweep(ctx) }

// Ready is closed when the node has its signing keys.
func (c *Clau) Ready() <-chan struct{} { return c.ready }

// Checks are what a node depends on, by name, for the readiness endpoint.
func (c *Clau) Checks() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"directory": c.c.Directory.Ready,
		"store":     c.c.Store.Ping,
		"keys": func(context.Context) error {
			select {
			case <-c.ready:
				return nil
			default:
				return errors.New("signing keys not loaded yet")
			}
		},
	}
}

// languages are what pages that belong to no room are drawn in.
func languages(r *http.Request) []string {
	return []string{web.Language(r), r.Header.Get("Accept-Language")}
}

func tags(t *themes.Themes) []string {
	var out []string
	for _, l := range t.Languages() {
		out = append(out, l.Tag)
	}
	return out
}

// assets are the files of the pages: style and marks.
type assets struct{ themes *themes.Themes }

// Routes implements [web.Area].
func (a assets) Routes() []web.Route {
	return []web.Route{{
		Pattern: "GET /theme/{path...}", Needs: web.Anyone,
		Handle: func(w http.ResponseWriter, r *http.Request) error {
			a.themes.Assets().ServeHTTP(w, r)
			return nil
		},
	}}
}
