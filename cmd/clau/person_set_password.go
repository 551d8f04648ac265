// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) personSetPassword() *cobra.Command {
	var stdin, made bool
	c := &cobra.Command{
		Use:   "set-password HANDLE",
		Short: "give a person a new password",
		Long: `Gives a person a new password, and ends every session and token of theirs: who
asks for a new password may have lost the old one to somebody.

On a terminal the password is asked for. Elsewhere, or with --generate, one is
made and printed once, and must be changed at the next login.`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			p, err := findPerson(ctx, d, args[0])
			if err != nil {
				return err
			}
			secret, err := a.nextPassword(stdin, made, p.Handle)
			if err != nil {
				return err
			}
			if err := secret.set(ctx, d, p.ID); err != nil {
				return err
			}
			err = d.ChangePerson(ctx, directory.System(), p.ID, directory.PersonChange{RaiseEpoch: true})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "the password of %s is changed; they are logged out everywhere\n", p.Handle)
			return a.showPerson(ctx, d, p.ID, secret.shown())
		}),
	}
	c.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from the standard input")
	c.Flags().BoolVar(&made, "generate", false, "make one and print it")
	c.MarkFlagsMutuallyExclusive("password-stdin", "generate")
	return c
}

func (a *app) nextPassword(stdin, made bool, handle directory.Handle) (password, error) {
	if _, is := terminal(a.in); stdin || made || !is {
		return a.firstPassword(stdin)
	}
	text, err := a.askPassword(fmt.Sprintf("new password of %s: ", handle))
	return password{text: text}, err
}
