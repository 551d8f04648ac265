// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// ServerConfig is what to serve and where.
type ServerConfig struct {
	Listeners []net.Listener // for the world; at least one
	Handler   http.Handler

	// TLS is nil when a proxy in front ends it. Whatever it says, nothing below
	// TLS 1.2 is spoken.
	TLS *tls.Config

	// Metrics, if there, serves MetricsHandler without TLS, for the operator's
	// own network only.
	Metrics        net.Listener
	MetricsHandler http.Handler

	Grace  time.Duration // for requests in flight when the server stops; 20 s
	Logger *slog.Logger
}

// Serve answers on all listeners until ctx ends, then takes no new requests,
// finishes those in flight, and returns nil. It closes the listeners. A
// listener that breaks ends all of them, and is the error.
func Serve(ctx context.Context, c ServerConfig) error {
	if len(c.Listeners) == 0 || c.Handler == nil || c.Logger == nil {
		return errors.New("web: listeners, a handler and a logger are needed")
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	world := newServer(ctx, c.Handler, c.Logger)
	inside := newServer(ctx, c.MetricsHandler, c.Logger)
	if c.TLS != nil {
		world.TLSConfig = atLeastTLS12(c.TLS)
	}
	var serving sync.WaitGroup
	defer serving.Wait()
	for _, l := range c.Listeners {
		serving.Go(func() { stop(serveOn(world, l, c.TLS != nil)) })
	}
	if c.Metrics != nil {
		serving.Go(func() { stop(serveOn(inside, c.Metrics, false)) })
	}

	<-ctx.Done()
	err := shutdown(ctx, cmp.Or(c.Grace, 20*time.Second), world, inside)
	return errors.Join(brokenBy(ctx), err)
}

func serveOn(s *http.Server, l net.Listener, encrypted bool) error {
	if encrypted {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}

// newServer bounds what a slow or silent client can hold. Requests keep a
// context of their own: the end of ctx stops the server, not the people in it.
func newServer(ctx context.Context, h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// atLeastTLS12 also offers HTTP/2, on a copy of the configuration.
func atLeastTLS12(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	if len(c.NextProtos) == 0 {
		c.NextProtos = []string{"h2", "http/1.1"}
	}
	return c
}

func shutdown(ctx context.Context, grace time.Duration, servers ...*http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	var faults []error
	for _, s := range servers {
		err := s.Shutdown(ctx)
		if err != nil {
			faults = append(faults, err, s.Close())
		}
	}
	return errors.Join(faults...)
}

// brokenBy returns why a listener ended, if that is why the server does.
func brokenBy(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, http.ErrServerClosed) || errors.Is(cause, context.Canceled) ||
		errors.Is(cause, context.DeadlineExceeded) {
		return nil
	}
	return cause
}
