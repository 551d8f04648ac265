// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/web"
)

func (a *app) serve() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "run Clau",
		Long: `Runs Clau until it gets SIGTERM or SIGINT; then it finishes what is in flight. On
SIGHUP it reads the configuration again, and says in its log what that changed.

/healthz answers as soon as the process lives. /readyz answers 200 when the node can
do its work, and otherwise says what is down. Log lines go to the standard error.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			spendMemory(serveMemory)
			s, err := a.settings()
			if err != nil {
				return err
			}
			listener, err := listen(c.Context(), s.Listen)
			if err != nil {
				return err
			}
			defer listener.Close()
			n, err := a.openNode(c.Context(), s, nil)
			if err != nil {
				return err
			}
			return errors.Join(n.run(c.Context(), listener), n.Close())
		},
	}
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, sayf("%s is taken by another program; is another clau running?", address)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, sayf("%s needs rights that this user has not: ports below 1024 are for root, or a program with CAP_NET_BIND_SERVICE", address)
	}
	if err != nil {
		return nil, sayf("cannot listen on %s: %v", address, err)
	}
	return l, nil
}

// run begins to answer on the listener, and does so until ctx ends.
func (n *node) run(ctx context.Context, listener net.Listener) error {
	g := &generation{node: n}
	defer g.end()
	if err := g.replace(ctx, n.settings); err != nil {
		return err
	}
	n.logger.Info("clau answers", "issuer", n.settings.Issuer.String(), "listen", listener.Addr().String(), "version", thisVersion().Version)
	return n.serve(ctx, g, listener, 0)
}

// serve lets a generation, and those that follow it, answer until ctx ends. It
// waits at most for the time of grace for what is in flight; zero is the usual one.
func (n *node) serve(ctx context.Context, g *generation, listener net.Listener, grace time.Duration) error {
	c := web.ServerConfig{
		Listeners: oneListener(listener), Handler: n.front(g), TLS: n.certs.tls, Grace: grace, Logger: n.logger,
	}
	if n.settings.MetricsListen != "" {
		metrics, err := listen(ctx, n.settings.MetricsListen)
		if err != nil {
			return err
		}
		c.Metrics, c.MetricsHandler = metrics, n.metrics.Handler()
	}
	stop := n.reloads(ctx, g)
	defer stop()
	return web.Serve(ctx, c)
}

func oneListener(l net.Listener) []net.Listener { return []net.Listener{l} }

// front lets balancers ask without knowing the issuer's name, and everybody
// else through to Clau.
func (n *node) front(g *generation) http.Handler {
	mux := http.NewServeMux()
	for _, route := range web.NewHealth(n.app.now, g.checks()).Routes() {
		mux.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			_ = route.Handle(w, r) // who asked has gone away
		})
	}
	mux.Handle("/", g)
	return mux
}

// reloads reads the configuration again at each SIGHUP, until it is stopped.
func (n *node) reloads(ctx context.Context, g *generation) (stop func()) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				n.reload(ctx, g)
			}
		}
	}()
	return func() {
		signal.Stop(hup)
		cancel()
		<-over
	}
}

// reload takes over what can change while Clau runs. With any fault in the file
// nothing changes.
func (n *node) reload(ctx context.Context, g *generation) {
	s, err := config.Load(n.settings.File)
	if err == nil {
		err = errors.Join(n.certs.reload(s), g.replace(ctx, s))
	}
	if err != nil {
		n.logger.Error("configuration not read again; all stays as it was", "cause", err.Error())
		return
	}
	n.level.Set(s.Log.Level)
	n.logger.Info("configuration read again", "level", s.Log.Level.String(), "trusted_proxies", len(s.TrustedProxies))
}
