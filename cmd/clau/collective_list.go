// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

// collectiveRow is a collective in a list: what one search finds of all.
type collectiveRow struct {
	Collective directory.CollectiveName `json:"collective"`
	Title      string                   `json:"title"`
	State      directory.State          `json:"state"`
	Mail       string                   `json:"mail,omitempty"`
}

func (a *app) collectiveList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list the collectives",
		Args:  arguments(cobra.NoArgs),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, _ []string) error {
			rows := []collectiveRow{}
			for c, err := range d.ListCollectives(ctx) {
				if err != nil {
					return err
				}
				rows = append(rows, collectiveRow{c.Name, c.Title, c.State, c.Mail})
			}
			slices.SortFunc(rows, func(x, y collectiveRow) int { return cmp.Compare(x.Collective, y.Collective) })
			return a.printCollectives(rows)
		}),
	}
}

func (a *app) printCollectives(rows []collectiveRow) error {
	if a.json {
		return a.printJSON(rows)
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{string(r.Collective), r.Title, string(r.State), r.Mail}
	}
	return a.printTable([]string{"COLLECTIVE", "TITLE", "STATE", "MAIL"}, cells)
}

func (a *app) collectiveShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "show a collective with its members, managers and services",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeCollective(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			return a.showCollective(ctx, d, directory.CollectiveName(args[0]))
		}),
	}
}

func (a *app) showCollective(ctx context.Context, d directory.Backend, name directory.CollectiveName) error {
	c, err := findCollective(ctx, d, name)
	if err != nil {
		return err
	}
	v, err := viewCollective(ctx, d, c)
	if err != nil {
		return err
	}
	return a.printCollective(v)
}
