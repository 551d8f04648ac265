// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

func (a *app) serviceRotateSecret() *cobra.Command {
	var overlap time.Duration
	c := &cobra.Command{
		Use:   "rotate-secret NAME",
		Short: "give a service a new secret, and let the old one go",
		Long: `Makes a new secret of a client, a forum or a proxy, and prints it once. The old one
stays valid for the time of --overlap, so that the service can be changed over without
anybody noticing. If the old secret was stolen, use --overlap 0.

Services that speak SAML have no secret; see "clau keys saml".`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, at config.Settings, args []string) error {
			return a.rotateSecret(ctx, d, at, directory.ServiceName(args[0]), overlap)
		}),
	}
	c.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the old secret stays valid, as 30m or 48h")
	return c
}

func (a *app) rotateSecret(ctx context.Context, d directory.Backend, at config.Settings, name directory.ServiceName, overlap time.Duration) error {
	if overlap < 0 {
		return said("--overlap cannot be negative")
	}
	s, err := findService(ctx, d, name)
	if err != nil {
		return err
	}
	minter, err := a.minter(at, s.Protocol())
	if err != nil {
		return err
	}
	made, err := minter.Rotate(&s, overlap)
	if errors.Is(err, preset.ErrNoSecret) {
		return sayf("%s proves itself without a secret; there is none to rotate", s.Name)
	}
	if err != nil {
		return err
	}
	if err := d.ReplaceService(ctx, directory.System(), s); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s has a new secret; copy it into its configuration now\n", s.Name)
	return a.showService(ctx, d, at, s.Name, made)
}
