// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
)

func (a *app) personErase() *cobra.Command {
	var yes, now bool
	c := &cobra.Command{
		Use:   "erase HANDLE",
		Short: "erase a person, as they can themselves",
		Long: fmt.Sprintf(`Writes to nobody: tell the person yourself. Shuts the account at once: nobody can log in to it, and its tokens end. After %d
days, in which "clau person enable" brings it back, the running Clau erases it: what
the directory and the store hold of the person, and what was derived from it. What is
left keeps handle and identifiers from being somebody else's. With --now the running
Clau erases it within a minute. The services that were used are told.

"clau person remove" is for mistakes: it removes the entry and tells nobody.`, membership.GraceDays),
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			p, err := findPerson(ctx, d, args[0])
			if err != nil {
				return err
			}
			what := fmt.Sprintf("erasing %s, after %d days,", p.Handle, membership.GraceDays)
			if now {
				what = "erasing " + string(p.Handle) + " at once"
			}
			if err := a.confirm(yes, what, string(p.Handle)); err != nil {
				return err
			}
			a.warnOfManager(ctx, d, p)
			until := a.now().UTC().Truncate(time.Second)
			if !now {
				until = until.AddDate(0, 0, membership.GraceDays)
			}
			retired := directory.Retired
			change := directory.PersonChange{State: &retired, Expires: &until, RaiseEpoch: true}
			if err := d.ChangePerson(ctx, directory.System(), p.ID, change); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s is shut, and will be erased after %s\n", p.Handle, until.Local().Format("2006-01-02 15:04"))
			return nil
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&now, "now", false, "without days to think it over")
	return c
}

// warnOfManager says which collectives may be left without a manager. It costs
// no erasure: whoever may not be kept is erased all the same.
func (a *app) warnOfManager(ctx context.Context, d directory.Backend, p directory.Person) {
	standing, err := d.Standing(ctx, p.ID)
	if err != nil {
		return
	}
	for _, m := range standing.Memberships {
		if m.Manager {
			fmt.Fprintf(a.err, "%s manages %s; see that somebody else does\n", p.Handle, m.Collective)
		}
	}
}
