// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/cmd/clau/demo"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/idp/web"
)

// demoGrace is what Ctrl-C waits for.
const demoGrace = time.Second

func (a *app) demo() *cobra.Command {
	var data, address string
	var verbose bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "run a sample federation with two services, to look around",
		Long: `Runs Clau on this machine with everything embedded: two collectives with eight
people, and two small services that show what they are told about who logs in. It
prints where all that is, who to be, and where mail can be read.

Without --data everything is thrown away at the end. With it DIR keeps the state, and
DIR/clau.toml lets every other command work on the running demonstration.`,
		Example: `  clau demo
  clau demo --data /tmp/clau --listen localhost:0`,
		Args: arguments(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.runDemo(c.Context(), data, address, verbose)
		},
	}
	c.Flags().StringVar(&data, "data", "", "`directory` to keep the state in")
	c.Flags().StringVar(&address, "listen", "", "`address` of Clau; port 0 is any free one (default \"localhost:8080\")")
	c.Flags().BoolVar(&verbose, "verbose", false, "show the log")
	return c
}

func (a *app) runDemo(ctx context.Context, data, address string, verbose bool) error {
	spendMemory(demoMemory)
	dir, forget, err := demoDir(data)
	if err != nil {
		return err
	}
	defer forget()
	doors, err := openDoors(ctx, address, dir)
	if err != nil {
		return err
	}
	defer doors.Close()
	s, err := a.demoSettings(dir, doors)
	if err != nil {
		return err
	}
	if !verbose {
		s.Log.Level = slog.LevelError
	}
	outbox := mail.NewOutbox(a.now)
	n, err := a.openNode(ctx, s, outbox)
	if err != nil {
		return err
	}
	return errors.Join(n.demonstrate(ctx, doors, outbox.Handler(), func() error {
		return a.printDemo(demoView(s, doors, data != ""))
	}), n.Close())
}

// demonstrate brings everything up, says so, and answers until ctx ends.
func (n *node) demonstrate(ctx context.Context, d *doors, mails http.Handler, say func() error) error {
	g := &generation{node: n}
	defer g.end()
	var sites []http.Handler
	var both errgroup.Group // passwords and signing keys are what takes time
	both.Go(func() error { return g.replace(ctx, n.settings) })
	both.Go(func() (err error) { sites, err = n.openSites(ctx, d); return err })
	err := both.Wait()
	if err == nil {
		debug.FreeOSMemory() // eight passwords were hashed, with 19 MiB each
		err = say()
	}
	if ctx.Err() != nil { // Ctrl-C came early
		return nil
	}
	if err != nil {
		return err
	}
	return n.answerAll(ctx, g, d, sites, mails)
}

// demoDir is where the state is kept, and what makes it go away.
func demoDir(data string) (dir string, forget func(), err error) {
	if data != "" {
		return data, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "clau-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// openSites brings the sample federation into the directory, and makes the
// services that run.
func (n *node) openSites(ctx context.Context, d *doors) ([]http.Handler, error) {
	seeder := demo.Seeder{Directory: n.directory, Now: n.app.now, Rand: n.app.rand}
	if err := seeder.Seed(ctx); err != nil {
		return nil, err
	}
	if _, err := seeder.Register(ctx, demo.Elsewhere(), demo.Addresses{Redirect: "https://cistella.horta.example/callback"}); err != nil {
		return nil, err
	}
	var sites []http.Handler
	for i, sample := range demo.Running() {
		site := demo.NewSite(demo.SiteConfig{
			Name: string(sample.Name), Title: sample.Title, Tagline: sample.Tagline, Crowd: sample.Crowd,
			Address: d.sites[i].address, Issuer: n.settings.Issuer.String(), ClientID: string(sample.Name),
			Now: n.app.now, Rand: n.app.rand, Logger: n.logger,
		})
		secret, err := seeder.Register(ctx, sample, site.Addresses())
		if err != nil {
			return nil, err
		}
		site.Enrol(secret)
		sites = append(sites, site)
	}
	return sites, nil
}

// answerAll answers at every door until ctx ends, or one of them breaks.
func (n *node) answerAll(ctx context.Context, g *generation, d *doors, sites []http.Handler, mails http.Handler) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for i, site := range sites {
		all.Go(func() { stop(n.serveBeside(ctx, d.sites[i], site)) })
	}
	all.Go(func() { stop(n.serveBeside(ctx, d.mail, mails)) })
	err := n.serve(ctx, g, d.clau.listener, demoGrace)
	stop(err)
	all.Wait()
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

func (n *node) serveBeside(ctx context.Context, at door, h http.Handler) error {
	return web.Serve(ctx, web.ServerConfig{
		Listeners: oneListener(at.listener), Handler: h, Grace: demoGrace, Logger: n.logger,
	})
}

// demoSettings reads the configuration of the demonstration, after writing it
// for the first time or moving it to where the doors are now.
func (a *app) demoSettings(dir string, d *doors) (config.Settings, error) {
	issuer, listen := d.clau.address.String(), d.clau.address.Host
	text, err := os.ReadFile(demoConfig(dir))
	switch {
	case err == nil:
		err = os.WriteFile(demoConfig(dir), []byte(config.Move(string(text), issuer, listen)), 0o600)
	case errors.Is(err, os.ErrNotExist):
		_, err = a.makeInstallation(dir, config.Choices{Issuer: issuer, Listen: listen, SecretFile: "master.secret", DataDir: "data"})
	}
	if err != nil {
		return config.Settings{}, err
	}
	s, err := config.Load(demoConfig(dir))
	if err != nil {
		return s, said(err.Error())
	}
	return s, nil
}
