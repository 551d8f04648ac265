// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) personDisable() *cobra.Command {
	return &cobra.Command{
		Use:   "disable HANDLE",
		Short: "suspend an account, at once and everywhere",
		Long: `Suspends an account: its sessions and tokens end, and nobody can log in to it. All
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
			active, none, never := directory.Active, "", time.Time{}
			change := directory.PersonChange{State: &active, Reason: &none, Until: &never}
			return a.setState(ctx, d, args[0], change, "enabled")
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
	if err := a.writeState(ctx, d, p, change); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s is %s\n", p.Handle, done)
	return a.showPerson(ctx, d, p.ID, "")
}

// writeState lets in who was waiting as a manager would, and takes the date of
// erasure from who was to be erased.
func (a *app) writeState(ctx context.Context, d directory.Backend, p directory.Person, change directory.PersonChange) error {
	enabling := *change.State == directory.Active
	if enabling && p.State == directory.PendingApproval && p.Primary != "" {
		return d.Approve(ctx, directory.System(), p.Primary, p.ID, a.now())
	}
	if enabling && p.State == directory.Retired {
		change.Expires = new(time.Time)
	}
	return d.ChangePerson(ctx, directory.System(), p.ID, change)
}
