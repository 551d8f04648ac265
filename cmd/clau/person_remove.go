// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) personRemove() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "remove HANDLE",
		Short: "remove a person and all that Clau knows of them",
		Long: `Removes a person. Services keep what they have, and will never recognise the
person again: the pseudonyms go with the entry. To stop an account for a while,
use "clau person disable".`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			p, err := findPerson(ctx, d, args[0])
			if err != nil {
				return err
			}
			if err := a.confirm(yes, "removing "+string(p.Handle), string(p.Handle)); err != nil {
				return err
			}
			if err := d.RemovePerson(ctx, directory.System(), p.ID); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s removed\n", p.Handle)
			return nil
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
