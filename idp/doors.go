// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"cmp"

	"commonscloud.coop/clau/idp/account"
	"commonscloud.coop/clau/idp/bridge"
	"commonscloud.coop/clau/idp/collective"
	"commonscloud.coop/clau/idp/discourse"
	"commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/forwardauth"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/oidc"
	"commonscloud.coop/clau/idp/onboarding"
	"commonscloud.coop/clau/idp/saml"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/services/rules"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// areas wires the doors.
func (f *foundation) areas() ([]web.Area, error) {
	provider, err := oidc.New(oidc.Config{
		Issuer: f.c.Issuer.String(), Directory: f.cache, SignOns: f.pipeline, Sessions: f.sessions, Room: f.logout,
		Farewell: f.farewell, Store: f.c.Store, Keys: f.ring, Pages: f.c.Themes, Outbound: f.c.Outbound, Now: f.c.Now, Rand: f.c.Rand,
		Audit: f.c.Audit, Secret: f.c.Master.Derive(keys.PurposeTokens, 32), Languages: tags(f.c.Themes),
		Registration: f.registration(),
	})
	if err != nil {
		return nil, err
	}
	services, err := f.services()
	if err != nil {
		return nil, err
	}
	keeping, err := f.keeping()
	if err != nil {
		return nil, err
	}
	own := f.account()
	if own.Ends, err = f.endings(); err != nil {
		return nil, err
	}
	areas := []web.Area{
		f.traces.WatchPages(f.pipeline), f.traces.Watch(provider), f.farewell, f.onboarding(), own, f.collective(), f.signed,
		assets{f.c.Themes},
	}
	areas = append(areas, keeping...)
	f.introduce(provider)
	f.introduce(own)
	for _, one := range services {
		f.introduce(one)
		areas = append(areas, f.traces.Watch(one))
	}
	return areas, nil
}

// introduce makes a door known to the rooms that call it back: those that take
// in sign-ons, tell of log-outs, or end them in the browser.
func (f *foundation) introduce(door web.Area) {
	if p, ok := door.(signon.Protocol); ok {
		f.pipeline.Speak(p)
	}
	if c, ok := door.(logout.Courier); ok {
		f.logout.Employ(c)
	}
	if c, ok := door.(farewell.Concluder); ok {
		f.farewell.Employ(c)
	}
}

// services are the doors of services that do not speak OpenID Connect.
func (f *foundation) services() ([]web.Area, error) {
	sp, err := f.saml()
	if err != nil {
		return nil, err
	}
	forums, err := discourse.New(discourse.Config{
		Issuer: f.c.Issuer.String(), Directory: f.cache, SignOns: f.pipeline, Store: f.c.Store, Sealer: f.sealer,
		Outbound: f.c.Outbound, Logger: f.c.Logger, Now: f.c.Now, Rand: f.c.Rand,
	})
	if err != nil {
		return nil, err
	}
	f.forums.Employ(forums)
	f.errands = forums
	of := bridge.Config{
		Issuer: f.c.Issuer.String(), Directory: f.cache, SignOns: f.pipeline, Room: f.logout, Store: f.c.Store,
		Audit: f.c.Audit, Now: f.c.Now, Rand: f.c.Rand, Consents: f.c.Directory, Decisions: f.cache,
	}
	phabricator, err := bridge.Phabricator(of)
	if err != nil {
		return nil, err
	}
	gitlab, err := bridge.GitLab(of)
	if err != nil {
		return nil, err
	}
	proxies, err := forwardauth.New(forwardauth.Config{
		Issuer: f.c.Issuer.String(), Directory: f.cache, SignOns: f.pipeline, Room: f.logout, Store: f.c.Store,
		Keys: f.ring, Now: f.c.Now, Rand: f.c.Rand, Life: f.sessions.Absolute(),
	})
	return []web.Area{sp, forums, phabricator, gitlab, proxies}, err
}

func (f *foundation) saml() (*saml.Provider, error) {
	loopback := rules.Loopback(f.c.Issuer.Hostname())
	f.refresher = metadata.NewRefresher(metadata.RefresherConfig{
		Services: f.c.Directory, Store: f.c.Store, Audit: f.c.Audit, Now: f.c.Now, Rand: f.c.Rand, Logger: f.c.Logger,
		Fetcher: metadata.NewFetcher(metadata.FetcherConfig{Client: cmp.Or(f.c.Bulk, f.c.Outbound), Now: f.c.Now, Loopback: loopback}),
	})
	return saml.New(saml.Config{
		Issuer: f.c.Issuer.String(), Directory: f.cache, Book: metadata.NewBook(metadata.BookConfig{Now: f.c.Now, Loopback: loopback}),
		SignOns: f.pipeline, Sessions: f.sessions, Room: f.logout, Farewell: f.farewell, Store: f.c.Store,
		Certificates: f.certs, Audit: f.c.Audit, Pages: f.c.Themes, Outbound: f.c.Outbound, Now: f.c.Now, Rand: f.c.Rand,
		Own: f.described(),
	})
}

// described is what Clau says of itself to service providers.
func (f *foundation) described() metadata.Own {
	own := metadata.Own{ErrorURL: f.c.Issuer.String() + "/"}
	if f.c.Contact != "" {
		own.Contacts = []metadata.Contact{{Type: "technical", Mails: []string{f.c.Contact}}}
	}
	for _, tag := range tags(f.c.Themes) {
		own.Texts = append(own.Texts, metadata.Text{
			Language: tag, DisplayName: "Clau · " + f.c.Issuer.Hostname(), Privacy: f.c.Issuer.String() + "/privacy",
		})
	}
	return own
}

func (f *foundation) onboarding() *onboarding.Room {
	return &onboarding.Room{
		Issuer: f.c.Issuer, Directory: f.cache, Memberships: f.memberships, Sessions: f.sessions, Logout: f.logout,
		Pages: f.c.Themes, Audit: f.c.Audit, Brake: web.Limiter{Store: f.c.Store}, FormKey: f.forms, Now: f.c.Now,
		Rand: f.c.Rand, Mailless: f.c.Mailless,
	}
}

func (f *foundation) account() *account.Room {
	return &account.Room{
		Issuer: f.c.Issuer, Directory: f.cache, Source: f.c.Directory, People: f.cache, Consents: f.cache, SignOns: f.pipeline,
		Receipts: f.signed, Sessions: f.sessions, Logout: f.logout, Farewell: f.farewell, Pages: f.c.Themes, Audit: f.c.Audit,
		FormKey: f.forms, Now: f.c.Now, Mailless: f.c.Mailless,
		Memberships: f.memberships, Activity: f.book, Tickets: f.tickets, Letters: f.letters,
		Passwords: f.password(), Recovery: f.recovery, Limiter: web.Limiter{Store: f.c.Store},
	}
}

func (f *foundation) collective() *collective.Room {
	return &collective.Room{
		Issuer: f.c.Issuer, Memberships: f.memberships, Activity: f.book, Directory: f.cache, Source: f.c.Directory,
		Pages: f.c.Themes, Audit: f.c.Audit, FormKey: f.forms, Now: f.c.Now, Mailless: f.c.Mailless,
	}
}
