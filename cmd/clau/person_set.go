// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) personSet() *cobra.Command {
	var f personFlags
	c := &cobra.Command{
		Use:   "set HANDLE",
		Short: "change what is said of a person",
		Long: `Changes what the flags name and leaves the rest. An empty value removes. A new
address takes the place of all that were verified before.`,
		Example:           `  clau person set marta --mail marta.puig@ateneu.example`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
	}
	c.Flags().StringVar(&f.name, "name", "", "the name as displayed")
	c.Flags().StringVar(&f.given, "given-name", "", "given name")
	c.Flags().StringVar(&f.family, "family-name", "", "family name")
	c.Flags().StringVar(&f.mail, "mail", "", "`address`; you vouch that it is theirs, it is recorded as verified")
	c.Flags().StringVar(&f.lang, "lang", "", "`language` of pages and mails, as ca")
	a.completeFlags(c, map[string][]string{"lang": {"ca", "es", "en"}})
	c.RunE = a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
		if c.Flags().Changed("name") && f.name == "" {
			return said("a name cannot be empty")
		}
		if err := errors.Join(mailFault(f.mail), languageFault(f.lang)); err != nil {
			return err
		}
		return a.setPerson(ctx, d, args[0], f.change(c))
	})
	return c
}

func (f *personFlags) change(c *cobra.Command) directory.PersonChange {
	change := directory.PersonChange{
		Name:       changed(c, "name", &f.name),
		GivenName:  changed(c, "given-name", &f.given),
		FamilyName: changed(c, "family-name", &f.family),
		Mail:       changed(c, "mail", &f.mail),
		Language:   changed(c, "lang", &f.lang),
	}
	if change.Mail != nil {
		verified := []string{}
		if f.mail != "" {
			verified = []string{f.mail}
		}
		change.Verified = &verified
	}
	return change
}

func (a *app) setPerson(ctx context.Context, d directory.Backend, login string, change directory.PersonChange) error {
	p, err := findPerson(ctx, d, login)
	if err != nil {
		return err
	}
	if p.Anonymous && (change.Mail != nil || change.GivenName != nil || change.FamilyName != nil) {
		return sayf("%s is anonymous, and has neither address nor civil name", p.Handle)
	}
	err = d.ChangePerson(ctx, directory.System(), p.ID, change)
	if errors.Is(err, directory.ErrExists) {
		return said("that address is somebody else's already")
	}
	if err != nil {
		return err
	}
	return a.showPerson(ctx, d, p.ID, "")
}
