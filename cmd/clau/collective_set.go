// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) collectiveSet() *cobra.Command {
	var f collectiveFlags
	c := &cobra.Command{
		Use:               "set NAME",
		Short:             "change what is said of a collective",
		Long:              `Changes what the flags name and leaves the rest. An empty value removes.`,
		Example:           `  clau collective set ateneu --title "Ateneu Popular de Vila" --url ""`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeCollective(),
	}
	f.register(c)
	c.RunE = a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
		name := directory.CollectiveName(args[0])
		if err := f.check(); err != nil {
			return err
		}
		if c.Flags().Changed("title") && f.title == "" {
			return said("a title cannot be empty")
		}
		if _, err := findCollective(ctx, d, name); err != nil {
			return err
		}
		err := d.ChangeCollective(ctx, directory.System(), name, directory.CollectiveChange{
			Title:       changed(c, "title", &f.title),
			Description: changed(c, "description", &f.description),
			Mail:        changed(c, "mail", &f.mail),
			URL:         changed(c, "url", &f.url),
			Language:    changed(c, "lang", &f.lang),
		})
		if err != nil {
			return err
		}
		return a.showCollective(ctx, d, name)
	})
	return c
}

// changed is the value of a flag that the command line has, and nil otherwise.
func changed[T any](c *cobra.Command, flag string, value *T) *T {
	if !c.Flags().Changed(flag) {
		return nil
	}
	return value
}
