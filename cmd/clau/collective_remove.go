// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) collectiveRemove() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:               "remove NAME",
		Short:             "remove a collective that has neither members nor services",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeCollective(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			name := directory.CollectiveName(args[0])
			if _, err := findCollective(ctx, d, name); err != nil {
				return err
			}
			if err := a.confirm(yes, "removing collective "+args[0], args[0]); err != nil {
				return err
			}
			err := d.RemoveCollective(ctx, directory.System(), name)
			if errors.Is(err, directory.ErrConflict) {
				return sayf(`%s still has members or services; "clau collective show %s" lists them, remove them first`, name, name)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "collective %s removed\n", name)
			return nil
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
