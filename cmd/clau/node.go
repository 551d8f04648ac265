// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// node is all that one Clau stands on, opened: what stays while the
// configuration is read again.
type node struct {
	app       *app
	settings  config.Settings
	level     *slog.LevelVar
	logger    *slog.Logger
	master    keys.Master
	directory *place
	state     store.Store
	mail      mail.Sender
	spooled   bool // mail can wait in the store
	mailless  bool // no mail leaves
	audit     *audit.Journal
	metrics   *web.Metrics
	rewrite   []func(context.Context) error // of the embedded stores
	certs     *certificates

	closers []func() error // in the order of opening
}

// closeTime bounds what is waited for at the end: mail and records that a
// server or a disk does not take.
const closeTime = 5 * time.Second

// openNode opens everything, or nothing. An outbox takes the place of the mail
// server when there is one.
func (a *app) openNode(ctx context.Context, s config.Settings, outbox mail.Sender) (*node, error) {
	n := &node{app: a, settings: s, level: &slog.LevelVar{}, metrics: web.NewMetrics(), mail: outbox}
	n.logger = newLogger(a.err, s.Log, n.level)
	err := errors.Join(n.openSecrets(), n.openStores(ctx))
	if err == nil {
		err = n.openRecords()
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *node) openSecrets() error {
	var err error
	n.master, err = keys.LoadMaster(n.settings.SecretFile)
	if err != nil {
		return said(err.Error())
	}
	n.certs, err = openCertificates(n.settings)
	return err
}

func (n *node) openStores(ctx context.Context) error {
	var err error
	if n.settings.Directory.Embedded() {
		n.directory, err = n.serveDirectory()
	} else {
		n.directory, err = remoteDirectory(n.settings, n.logger)
	}
	if err != nil {
		return err
	}
	n.later(n.directory)
	if n.directory.server != nil {
		n.rewrite = append(n.rewrite, n.directory.server.Compact)
	}
	n.state, err = n.app.openState(ctx, n.settings, n.logger)
	if err != nil {
		return err
	}
	n.later(n.state)
	if file, ok := n.state.(*bolt.Store); ok {
		n.rewrite = append(n.rewrite, file.Compact)
	}
	return nil
}

// serveDirectory opens the embedded directory and lets commands reach it.
func (n *node) serveDirectory() (*place, error) {
	if runs(n.settings.DirectorySocket()) {
		return nil, sayf("another clau is running with %s; stop it first", n.settings.DataDir)
	}
	p, err := n.app.fileDirectory(n.settings, n.logger)
	if err != nil {
		return nil, err
	}
	err = p.server.ListenUnix(n.settings.DirectorySocket())
	if err != nil {
		return nil, errors.Join(sayf("commands could not reach the directory at %s: %v", n.settings.DirectorySocket(), err), p.Close())
	}
	return p, nil
}

func (n *node) openRecords() error {
	journal, err := n.app.openAudit(n.settings, n.logger)
	if err != nil {
		return err
	}
	n.audit = journal
	n.atEnd(journal.Close)
	if n.mail != nil {
		return nil
	}
	n.mail, n.spooled, err = n.app.openMail(n.settings, n.logger)
	n.mailless = n.settings.Mail.SMTPURL == ""
	return err
}

func (n *node) later(c io.Closer) { n.closers = append(n.closers, c.Close) }

func (n *node) atEnd(close func(context.Context) error) {
	n.closers = append(n.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		return close(ctx)
	})
}

// Close closes everything, last opened first.
func (n *node) Close() error {
	var all error
	for i := len(n.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, n.closers[i]())
	}
	n.closers = nil
	return all
}

// overlay is what the operator shows instead of Clau's own.
func overlay(s config.Settings) themes.Config {
	if s.ThemeDir == "" {
		return themes.Config{}
	}
	return themes.Config{Overlay: os.DirFS(s.ThemeDir)}
}

// wire makes a Clau of the node and the settings, which may be newer than those
// that the node was opened with.
func (n *node) wire(s config.Settings) (*idp.Clau, error) {
	pages, err := themes.New(overlay(s))
	if err != nil {
		return nil, said(err.Error())
	}
	return idp.New(idp.Config{
		Issuer:         n.settings.Issuer,
		Directory:      n.directory,
		Store:          n.state,
		Master:         n.master,
		Themes:         pages,
		Mail:           n.mail,
		Spooled:        n.spooled,
		Mailless:       n.mailless,
		Contact:        n.settings.Contact,
		Rewrite:        n.rewrite,
		AliasDomain:    n.settings.Mail.AliasDomain,
		Audit:          n.audit,
		Logger:         n.logger,
		Now:            n.app.now,
		Rand:           n.app.rand,
		Outbound:       outbound(s),
		Bulk:           bulk(s),
		TrustedProxies: s.TrustedProxies,
		Metrics:        n.metrics,
	})
}
