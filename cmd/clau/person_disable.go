// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) personDisable() *cobra.Command {
	return &cobra.Command{
		Use:   "disable HANDLE",
		Short: "stop an account, at once and everywhere",
		Long: `Stops an account: its sessions and tokens end, and nobody can log in to it. All
that belongs to it stays, and "clau person enable" brings it back.`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			stopped := directory.Suspended
			return a.setState(ctx, d, args[0], directory.PersonChange{State: &stopped, RaiseEpoch: true}, "disabled")
		}),
	}
}

func (a *app) personEnable() *cobra.Command {
	return &cobra.Command{
		Use:               "enable HANDLE",
		Short:             "let somebody log in who was disabled, or was waiting to be let in",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			active := directory.Active
			return a.setState(ctx, d, args[0], directory.PersonChange{State: &active}, "enabled")
		}),
	}
}

func (a *app) setState(ctx context.Context, d directory.Backend, login string, change directory.PersonChange, done string) error {
	p, err := findPerson(ctx, d, login)
	if err != nil {
		return err
	}
	if p.State == directory.Deleted {
		return sayf("%s left for good; the handle is kept so that nobody else can have it", p.Handle)
	}
	if err := d.ChangePerson(ctx, directory.System(), p.ID, change); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s is %s\n", p.Handle, done)
	return a.showPerson(ctx, d, p.ID, "")
}
