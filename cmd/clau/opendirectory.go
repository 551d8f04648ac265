// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
)

// place is an open directory, with what must be closed after it.
type place struct {
	*ldapbackend.Backend
	server *embedded.Server // nil: it runs elsewhere
}

// Close closes the backend before the server that it speaks to.
func (p *place) Close() error {
	err := p.Backend.Close()
	if p.server != nil {
		err = errors.Join(err, p.server.Close())
	}
	return err
}

// openDirectory reaches the directory, wherever it is: at the servers of the
// configuration; in a Clau that runs on this machine, by its socket; or in the
// file, when none runs.
func (a *app) openDirectory(s config.Settings) (*place, error) {
	if !s.Directory.Embedded() {
		return remoteDirectory(s, slog.New(slog.DiscardHandler))
	}
	if runs(s.DirectorySocket()) {
		return socketDirectory(s)
	}
	p, err := a.fileDirectory(s, slog.New(slog.DiscardHandler))
	if err != nil && runs(s.DirectorySocket()) { // it was just starting
		return socketDirectory(s)
	}
	return p, err
}

func remoteDirectory(s config.Settings, logger *slog.Logger) (*place, error) {
	backend, err := ldapbackend.Open(ldapbackend.Config{
		URLs:         s.Directory.URLs,
		Base:         s.Directory.Base,
		BindDN:       s.Directory.BindDN,
		BindPassword: s.Directory.BindPassword,
		StartTLS:     s.Directory.StartTLS,
		TLS:          &tls.Config{RootCAs: s.Directory.Roots, MinVersion: tls.VersionTLS12},
		Logger:       logger,
	})
	return &place{Backend: backend}, err
}

// runs reports whether somebody listens on the socket. A socket that a killed
// process left behind refuses.
func runs(socket string) bool {
	c, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func socketDirectory(s config.Settings) (*place, error) {
	var d net.Dialer
	backend, err := ldapbackend.Open(ldapbackend.Config{
		Dial: func(ctx context.Context) (net.Conn, error) {
			return d.DialContext(ctx, "unix", s.DirectorySocket())
		},
		Base: s.Directory.Base,
	})
	return &place{Backend: backend}, err
}

// fileDirectory opens the embedded directory in this process, and makes it if
// it is not there yet. Only one process can.
func (a *app) fileDirectory(s config.Settings, logger *slog.Logger) (*place, error) {
	if err := os.MkdirAll(s.DataDir, 0o700); err != nil {
		return nil, sayf("the data directory cannot be made: %v", err)
	}
	server, err := embedded.Open(embedded.Config{
		Path: s.DirectoryFile(), Base: s.Directory.Base, Now: a.now, Rand: a.rand, Logger: logger,
	})
	if err != nil {
		return nil, fmt.Errorf("the embedded directory cannot be opened: %w; if another clau has it, that one does not answer at %s", err, s.DirectorySocket())
	}
	backend, err := ldapbackend.Open(ldapbackend.Config{
		Dial: server.Dial, Base: s.Directory.Base, Now: a.now, Rand: a.rand, Logger: logger,
	})
	if err != nil {
		server.Close()
		return nil, err
	}
	return &place{Backend: backend, server: server}, nil
}

// directoryRun is the action of a command that works in the directory.
type directoryRun func(ctx context.Context, d directory.Backend, args []string) error

// inDirectory opens the directory for a command and closes it behind it.
func (a *app) inDirectory(run directoryRun) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		s, err := a.settings()
		if err != nil {
			return err
		}
		return a.within(c.Context(), s, func(ctx context.Context, d directory.Backend) error {
			return run(ctx, d, args)
		})
	}
}

// commandTime bounds what a command waits for: a directory that does not answer
// must not hold a script for ever.
const commandTime = 2 * time.Minute

func (a *app) within(ctx context.Context, s config.Settings, do func(context.Context, directory.Backend) error) error {
	d, err := a.openDirectory(s)
	if err != nil {
		return err
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	return a.recorded(d, s).with(ctx, do)
}

var _ io.Closer = (*place)(nil)
