// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"commonscloud.coop/clau/idp/account"
	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/discourse"
	"commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/trace"
)

// foundation are the rooms below the doors.
type foundation struct {
	c           Config
	book        *activity.Book
	cache       *directory.Cache
	ring        *keys.Ring
	sessions    *session.Manager
	logout      *logout.Room
	farewell    *farewell.Room
	certs       *keys.Certificates
	sealer      *keys.Sealer
	forums      *discourse.Ear
	errands     *discourse.Provider
	refresher   *metadata.Refresher
	letters     *letter.Room
	tickets     *ticket.Desk
	memberships *membership.Room
	recovery    *login.Recovery
	signed      *receipts
	pipeline    *signon.Pipeline
	traces      *trace.Desk
	tidier      *tidier
	spool       *mail.Spool // nil: mails go at once
	forms       []byte      // key of [web.FormToken]
}

// found wires them, from the ground up.
func found(c Config) (*foundation, error) {
	f := &foundation{forms: c.Master.Derive(keys.PurposeCSRF, 32), tidier: newTidier(c.Rewrite, c.Logger)}
	f.forums = &discourse.Ear{Next: c.Audit}
	f.book = activity.New(activity.Config{Next: f.forums, Store: c.Store, Now: c.Now, Rand: c.Rand, Logger: c.Logger})
	c.Audit = f.book
	f.c = c
	f.cache = directory.NewCache(c.Directory, directory.CacheConfig{
		Now: c.Now, TTL: c.CacheFor, Logger: c.Logger, Heard: f.heard,
	})
	sealer, err := keys.NewSealer(c.Master, c.Rand)
	if err != nil {
		return nil, err
	}
	f.sealer = sealer
	f.certs = keys.NewCertificates(keys.CertificatesConfig{
		Directory: f.cache, Sealer: sealer, Now: c.Now, Rand: c.Rand, Logger: c.Logger, Name: c.Issuer.Hostname(),
		RSABits: c.RSABits,
	})
	f.ring = keys.NewRing(keys.Config{
		Directory: f.cache, Sealer: sealer, Now: c.Now, Rand: c.Rand, Logger: c.Logger, RSABits: c.RSABits,
		Archive: []string{receiptAlg},
	})
	f.sessions = session.NewManager(session.Config{
		Store: c.Store, Now: c.Now, Rand: c.Rand, Secure: c.Issuer.Scheme == "https",
	})
	f.logout = logout.New(logout.Config{Store: c.Store, Sessions: f.sessions, Now: c.Now, Rand: c.Rand, Logger: c.Logger})
	f.farewell = farewell.New(farewell.Config{
		Path: c.Issuer.Path, Logout: f.logout, Browsers: f.sessions, Directory: f.cache, Pages: c.Themes,
	})
	if c.Spooled {
		f.spool = mail.NewSpool(mail.SpoolConfig{
			To: c.Mail, Store: c.Store, Sealer: sealer, Now: c.Now, Rand: c.Rand, Logger: c.Logger,
		})
		c.Mail = f.spool
	}
	f.letters = &letter.Room{
		Issuer: c.Issuer, Collectives: f.cache, Themes: c.Themes, Mail: c.Mail, Now: c.Now, Logger: c.Logger,
	}
	f.tickets = &ticket.Desk{Key: c.Master.Derive(keys.PurposeTickets, 32), Store: c.Store, Now: c.Now}
	f.memberships = membership.New(membership.Config{
		Directory: f.cache, Source: c.Directory, Store: c.Store, Tickets: f.tickets, Letters: f.letters, Logout: f.logout,
		Audit: c.Audit, Now: c.Now, Rand: c.Rand, Logger: c.Logger, Forget: f.forget,
	})
	f.recovery = login.NewRecovery(login.RecoveryConfig{
		People: f.cache, Source: c.Directory, Store: c.Store, Limits: c.LoginLimits, Tickets: f.tickets, Letters: f.letters,
		Audit: c.Audit, Now: c.Now, Rand: c.Rand, Logger: c.Logger,
	})
	f.traces = trace.New(trace.Config{
		Store: c.Store, Now: c.Now, Key: f.forms, Secure: c.Issuer.Scheme == "https", Logger: c.Logger,
	})
	names := pseudonym.New(c.Master)
	f.signed = &receipts{c: c, cache: f.cache, ring: f.ring, names: names}
	f.pipeline = signon.New(signon.Config{
		Directory: f.cache, Store: c.Store, Sessions: f.sessions, Logout: f.logout, Password: f.password(),
		Pseudonyms: names, Consents: c.Directory, Decisions: f.cache, Receipts: f.signed, AliasOf: c.AliasDomain,
		Pages: c.Themes, Dates: c.Themes, Audit: c.Audit, Notify: f.letters, Now: c.Now, Rand: c.Rand,
		Retired: func(p directory.Person) string { return account.CancelPath(f.memberships.ReviveTicket(p)) },
	})
	return f, nil
}

// heard is told of changes in the directory.
func (f *foundation) heard(change directory.Change) {
	if change.Kind == directory.ChangedKey {
		f.ring.Refresh()
		f.certs.Refresh()
	}
}

func (f *foundation) brake() *login.Brake {
	return &login.Brake{Store: f.c.Store, Limits: f.c.LoginLimits}
}

func (f *foundation) password() *login.Password {
	return &login.Password{People: f.cache, Brake: f.brake(), Now: f.c.Now}
}
