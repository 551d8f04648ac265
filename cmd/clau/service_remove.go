// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
)

func (a *app) serviceRemove() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "remove NAME",
		Short: "remove a service",
		Long: `Removes a service. Added again, it is another one, and will not recognise anybody.
To close it for a while, use "clau service set NAME --state suspended".`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, _ config.Settings, args []string) error {
			s, err := findService(ctx, d, directory.ServiceName(args[0]))
			if err != nil {
				return err
			}
			if err := a.confirm(yes, "removing service "+args[0], args[0]); err != nil {
				return err
			}
			if err := d.RemoveService(ctx, directory.System(), s.ID); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "service %s removed\n", s.Name)
			return nil
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
