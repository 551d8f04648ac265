// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) collectiveMember() *cobra.Command {
	c := &cobra.Command{Use: "member", Short: "who belongs to a collective", RunE: group, Args: cobra.ArbitraryArgs}
	c.AddCommand(
		a.membership("add", "let people belong to a collective", func(ctx context.Context, d directory.Backend, name directory.CollectiveName, id directory.PersonID) error {
			return d.AddMember(ctx, directory.System(), name, id)
		}),
		a.membership("remove", "let people no longer belong to a collective, nor manage it", func(ctx context.Context, d directory.Backend, name directory.CollectiveName, id directory.PersonID) error {
			if err := d.RemoveManager(ctx, directory.System(), name, id); err != nil {
				return err
			}
			return d.RemoveMember(ctx, directory.System(), name, id)
		}),
	)
	return c
}

func (a *app) collectiveManager() *cobra.Command {
	c := &cobra.Command{Use: "manager", Short: "whom a collective entrusts with managing it", RunE: group, Args: cobra.ArbitraryArgs}
	c.AddCommand(
		a.membership("add", "entrust people with managing a collective; they become members too", addManager),
		a.membership("remove", "take the trust back; they stay members", func(ctx context.Context, d directory.Backend, name directory.CollectiveName, id directory.PersonID) error {
			return d.RemoveManager(ctx, directory.System(), name, id)
		}),
	)
	return c
}

func addManager(ctx context.Context, d directory.Backend, name directory.CollectiveName, id directory.PersonID) error {
	if err := d.AddMember(ctx, directory.System(), name, id); err != nil {
		return err
	}
	return d.AddManager(ctx, directory.System(), name, id)
}

type memberAction func(context.Context, directory.Backend, directory.CollectiveName, directory.PersonID) error

// membership is one of four alike commands. All names are looked up before
// anything is written, so that a misspelt one changes nothing.
func (a *app) membership(verb, short string, do memberAction) *cobra.Command {
	return &cobra.Command{
		Use:               verb + " COLLECTIVE HANDLE...",
		Short:             short,
		Args:              arguments(cobra.MinimumNArgs(2)),
		ValidArgsFunction: a.completeMembership(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			c, err := findCollective(ctx, d, directory.CollectiveName(args[0]))
			if err != nil {
				return err
			}
			people, err := findPeople(ctx, d, args[1:])
			if err != nil {
				return err
			}
			for _, p := range people {
				if err := do(ctx, d, c.Name, p.ID); err != nil {
					return err
				}
			}
			return a.showCollective(ctx, d, c.Name)
		}),
	}
}
