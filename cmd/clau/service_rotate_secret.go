// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) serviceRotateSecret() *cobra.Command {
	var overlap time.Duration
	c := &cobra.Command{
		Use:   "rotate-secret NAME",
		Short: "give a service a new secret, and let the old one go",
		Long: `Makes a new client secret and prints it once. The old one stays valid for the time
of --overlap, so that the service can be changed over without anybody noticing. If
the old secret was stolen, use --overlap 0.`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, issuer string, args []string) error {
			s, err := findService(ctx, d, directory.ServiceName(args[0]))
			if err != nil {
				return err
			}
			secret, err := a.rotateSecret(&s, overlap)
			if err != nil {
				return err
			}
			if err := d.ReplaceService(ctx, directory.System(), s); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s has a new secret; copy it into its configuration now\n", s.Name)
			return a.showService(ctx, d, issuer, s.Name, secret)
		}),
	}
	c.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the old secret stays valid, as 30m or 48h")
	return c
}

func (a *app) rotateSecret(s *directory.Service, overlap time.Duration) (string, error) {
	if overlap < 0 {
		return "", said("--overlap cannot be negative")
	}
	if s.OIDC == nil || s.OIDC.Public() || s.OIDC.Metadata.AuthMethod == authJWT {
		return "", sayf("%s proves itself without a secret; there is none to rotate", s.Name)
	}
	s.OIDC.Secrets = expireSecrets(s.OIDC.Secrets, a.now(), overlap)
	return a.giveSecret(s.OIDC)
}

// expireSecrets lets every secret end after the overlap, none later than it was
// going to, and drops those that have ended.
func expireSecrets(secrets []directory.ClientSecret, now time.Time, overlap time.Duration) []directory.ClientSecret {
	end := now.Add(overlap).UTC().Truncate(time.Second)
	secrets = slices.Clone(secrets)
	for i, s := range secrets {
		if s.Expires.IsZero() || s.Expires.After(end) {
			secrets[i].Expires = end
		}
	}
	return slices.DeleteFunc(secrets, func(s directory.ClientSecret) bool { return !s.Expires.After(now) })
}
