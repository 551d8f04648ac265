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

	"commonscloud.coop/clau/idp/account"
	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/collective"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/oidc"
	"commonscloud.coop/clau/idp/onboarding"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/ticket"
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
	c           Config
	handler     http.Handler
	cache       *directory.Cache
	ring        *keys.Ring
	logout      *logout.Room
	memberships *membership.Room
	book        *activity.Book
	ready       chan struct{} // closed when the signing keys are loaded
}

// New wires a Clau. It reads nothing yet: a directory that is down does not
// keep a node from starting, and [Clau.Run] catches up when it is back.
func New(c Config) (*Clau, error) {
	if c.Issuer == nil {
		return nil, errors.New("idp: no issuer")
	}
	book := activity.New(activity.Config{Next: c.Audit, Store: c.Store, Now: c.Now, Logger: c.Logger})
	c.Audit = book
	var ring *keys.Ring
	cache := directory.NewCache(c.Directory, directory.CacheConfig{
		Now: c.Now, TTL: c.CacheFor, Logger: c.Logger,
		Heard: func(change directory.Change) {
			if change.Kind == directory.ChangedKey {
				ring.Refresh()
			}
		},
	})
	sessions := session.NewManager(session.Config{
		Store: c.Store, Now: c.Now, Rand: c.Rand, Secure: c.Issuer.Scheme == "https",
	})
	sealer, err := keys.NewSealer(c.Master, c.Rand)
	if err != nil {
		return nil, err
	}
	ring = keys.NewRing(keys.Config{
		Directory: cache, Sealer: sealer, Now: c.Now, Rand: c.Rand, Logger: c.Logger, RSABits: c.RSABits,
		Archive: []string{receiptAlg},
	})
	room := logout.New(logout.Config{Store: c.Store, Sessions: sessions, Now: c.Now, Rand: c.Rand, Logger: c.Logger})
	letters := &letter.Room{
		Issuer: c.Issuer, Collectives: cache, Themes: c.Themes, Mail: c.Mail, Now: c.Now, Logger: c.Logger,
	}
	tickets := &ticket.Desk{Key: c.Master.Derive(keys.PurposeTickets, 32), Store: c.Store, Now: c.Now}
	memberships := membership.New(membership.Config{
		Directory: cache, Source: c.Directory, Store: c.Store, Tickets: tickets, Letters: letters, Logout: room,
		Audit: c.Audit, Now: c.Now, Rand: c.Rand, Logger: c.Logger, Forget: book.ForgetPerson,
	})
	names := pseudonym.New(c.Master)
	signed := &receipts{c: c, cache: cache, ring: ring, names: names}
	pipeline := signon.New(signon.Config{
		Directory: cache, Store: c.Store, Sessions: sessions, Logout: room,
		Password:   &login.Password{People: cache, Brake: &login.Brake{Store: c.Store, Limits: c.LoginLimits}, Now: c.Now},
		Pseudonyms: names, Consents: c.Directory, Decisions: cache, Receipts: signed, AliasOf: c.AliasDomain,
		Pages: c.Themes, Dates: c.Themes, Audit: c.Audit, Notify: &notifier{c}, Now: c.Now, Rand: c.Rand,
	})
	provider, err := oidc.New(oidc.Config{
		Issuer: c.Issuer.String(), Directory: cache, SignOns: pipeline, Sessions: sessions, Room: room,
		Store: c.Store, Keys: ring, Pages: c.Themes, Outbound: c.Outbound, Now: c.Now, Rand: c.Rand,
		Audit: c.Audit, Secret: c.Master.Derive(keys.PurposeTokens, 32), Languages: tags(c.Themes),
	})
	if err != nil {
		return nil, err
	}
	pages := &account.Room{
		Memberships: memberships, Activity: book, Tickets: tickets, Letters: letters,
		Issuer: c.Issuer, Directory: cache, People: cache, Consents: cache, SignOns: pipeline, Receipts: signed, Sessions: sessions, Logout: room,
		Pages: c.Themes, Audit: c.Audit, FormKey: c.Master.Derive(keys.PurposeCSRF, 32), Now: c.Now,
	}
	policies := &collective.Room{
		Issuer: c.Issuer, Memberships: memberships, Activity: book,
		Directory: cache, Source: c.Directory, Pages: c.Themes, Audit: c.Audit,
		FormKey: c.Master.Derive(keys.PurposeCSRF, 32), Now: c.Now,
	}
	joining := &onboarding.Room{
		Issuer: c.Issuer, Directory: cache, Memberships: memberships, Sessions: sessions, Logout: room, Pages: c.Themes,
		Audit: c.Audit, Brake: web.Limiter{Store: c.Store}, FormKey: c.Master.Derive(keys.PurposeCSRF, 32), Now: c.Now,
	}
	pipeline.Speak(provider, pages)
	room.Employ(provider)

	handler, err := web.NewRouter(web.Config{
		Issuer: c.Issuer, Hosts: c.Hosts, TrustedProxies: c.TrustedProxies,
		Guards: map[web.Permission]web.Guard{
			web.Person: pipeline.Guard, web.Manager: pipeline.GuardManager, web.Keeper: pipeline.GuardKeeper,
		},
		Languages: languages,
		Pages:     c.Themes, Logger: c.Logger, Metrics: c.Metrics, Now: c.Now, Rand: c.Rand, Limits: c.Limits,
	}, pipeline, provider, joining, pages, policies, signed, assets{c.Themes})
	if err != nil {
		return nil, err
	}
	return &Clau{
		c: c, handler: handler, cache: cache, ring: ring, logout: room, memberships: memberships, book: book,
		ready: make(chan struct{}),
	}, nil
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
	wg.Go(func() {
		if c.loadKeys(ctx) {
			c.ring.Run(ctx)
		}
	})
	wg.Wait()
	return ctx.Err()
}

// loadKeys tries until the directory gives the signing keys.
func (c *Clau) loadKeys(ctx context.Context) bool {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := c.ring.Load(ctx)
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

// notifier tells people what happened to their account.
type notifier struct{ c Config }

// PasswordChanged writes to the person's own address. Somebody without one is
// not told; a mail that cannot be sent is no reason to undo the change.
func (n *notifier) PasswordChanged(ctx context.Context, p directory.Person) {
	if p.Mail == "" {
		return
	}
	subject, text, html, err := n.c.Themes.Mail("password-changed", p.Language, themes.PasswordChanged{
		Person: p.Name, At: n.c.Now(), Account: n.c.Issuer.JoinPath("account").String(), Host: n.c.Issuer.Host,
	})
	if err == nil {
		err = n.c.Mail.Send(ctx, mail.Message{To: p.Mail, Subject: subject, Text: text, HTML: html, Lang: p.Language})
	}
	if err != nil {
		n.c.Logger.Error("mail not sent", "mail", "password-changed", "cause", err)
	}
}
