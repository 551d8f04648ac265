// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

func (a *app) service() *cobra.Command {
	c := &cobra.Command{
		Use:   "service",
		Short: "the applications that rely on Clau",
		Long: `A service belongs to one collective. It is open to that collective's members, or
to everybody with an account if it is public.

What Clau knows of an application is its preset: with one, the application's address
is all that must be said, and "guide" tells what to enter at the other side.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(
		a.serviceAdd(), a.serviceList(), a.serviceShow(), a.serviceSet(),
		a.servicePresets(), a.serviceGuide(), a.serviceTest(),
		a.serviceRotateSecret(), a.serviceLink(), a.serviceRemove(),
	)
	return c
}

// findService reads a service by its name.
func findService(ctx context.Context, d directory.Backend, name directory.ServiceName) (directory.Service, error) {
	s, err := d.ServiceByName(ctx, name)
	if errors.Is(err, directory.ErrNotFound) {
		return s, sayf(`there is no service %q; "clau service list" shows those there are`, name)
	}
	return s, err
}

// serviceRun is the action of a command on services. It has the settings, since
// who copies what it prints into an application needs the issuer too.
type serviceRun func(ctx context.Context, d directory.Backend, at config.Settings, args []string) error

func (a *app) inServices(run serviceRun) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		s, err := a.settings()
		if err != nil {
			return err
		}
		return a.within(c.Context(), s, func(ctx context.Context, d directory.Backend) error {
			return run(ctx, d, s, args)
		})
	}
}

// minter makes secrets. The master secret is read only for those that are
// sealed: a forum's.
func (a *app) minter(at config.Settings, protocol string) (preset.Minter, error) {
	m := preset.Minter{Rand: a.rand, Now: a.now}
	if protocol != directory.ProtocolDiscourse {
		return m, nil
	}
	var err error
	m.Sealer, err = a.sealer(at)
	return m, err
}
