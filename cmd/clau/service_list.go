// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

func (a *app) serviceList() *cobra.Command {
	var collective string
	c := &cobra.Command{
		Use:   "list",
		Short: "list the services",
		Args:  arguments(cobra.NoArgs),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, at config.Settings, _ []string) error {
			views := []serviceView{}
			filter := directory.ServiceFilter{Collective: directory.CollectiveName(collective)}
			for s, err := range d.ListServices(ctx, filter) {
				if err != nil {
					return err
				}
				views = append(views, viewService(s, at.Issuer.String()))
			}
			slices.SortFunc(views, func(x, y serviceView) int { return cmp.Compare(x.Service, y.Service) })
			return a.printServices(views)
		}),
	}
	c.Flags().StringVar(&collective, "collective", "", "only those of this `collective`")
	a.completeFlags(c, nil)
	return c
}

func (a *app) printServices(views []serviceView) error {
	if a.json {
		return a.printJSON(views)
	}
	cells := make([][]string, len(views))
	for i, v := range views {
		cells[i] = []string{string(v.Service), v.Title, string(v.Collective), string(v.Access), string(v.State), v.Protocol, v.knownAs()}
	}
	return a.printTable([]string{"SERVICE", "TITLE", "COLLECTIVE", "ACCESS", "STATE", "PROTOCOL", "KNOWN AS"}, cells)
}

func (a *app) serviceShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "show a service and how it is registered",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, at config.Settings, args []string) error {
			return a.showService(ctx, d, at, directory.ServiceName(args[0]), preset.Credentials{})
		}),
	}
}
