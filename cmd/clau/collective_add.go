// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"commonscloud.coop/clau/idp/directory"
)

// collectiveFlags are what can be said of a collective.
type collectiveFlags struct{ title, description, mail, url, lang string }

func (f *collectiveFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.title, "title", "", "the name as displayed (default: the short name)")
	c.Flags().StringVar(&f.description, "description", "", "what it is, in a sentence")
	c.Flags().StringVar(&f.mail, "mail", "", "`address` where its members find help")
	c.Flags().StringVar(&f.url, "url", "", "its web `address`")
	c.Flags().StringVar(&f.lang, "lang", "", "`language` of its members, as ca")
}

func (f *collectiveFlags) check() error {
	return errors.Join(mailFault(f.mail), languageFault(f.lang), linkFault(f.url))
}

func (a *app) collectiveAdd() *cobra.Command {
	var f collectiveFlags
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "add a collective",
		Long: `Adds a collective. NAME is short and for ever: lower-case letters, digits, dots,
dashes and underscores, at most 32. Services see it as the name of a group.`,
		Example: `  clau collective add ateneu --title "Ateneu Popular" --mail hola@ateneu.example`,
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			return a.addCollective(ctx, d, directory.CollectiveName(args[0]), f)
		}),
	}
	f.register(c)
	return c
}

func (a *app) addCollective(ctx context.Context, d directory.Backend, name directory.CollectiveName, f collectiveFlags) error {
	if !name.Valid() {
		return sayf("%q cannot name a collective; use lower-case letters, digits, dots, dashes and underscores, at most 32, and no reserved word", name)
	}
	if err := f.check(); err != nil {
		return err
	}
	id, err := uuid.NewRandomFromReader(a.rand)
	if err != nil {
		return err
	}
	err = d.AddCollective(ctx, directory.System(), directory.Collective{
		ID: id.String(), Name: name, State: directory.Active, Title: cmp.Or(f.title, string(name)),
		Description: f.description, Mail: f.mail, URL: f.url, Language: f.lang, Created: a.now(),
	})
	if errors.Is(err, directory.ErrExists) {
		return sayf(`there is a collective %q already; change it with "clau collective set"`, name)
	}
	if err != nil {
		return err
	}
	added, err := d.Collective(ctx, name)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "collective %s added\n", name)
	return a.printCollective(summary(added))
}

func mailFault(address string) error {
	if address == "" {
		return nil
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address {
		return sayf("%q is not a mail address", address)
	}
	return nil
}

func languageFault(tag string) error {
	if tag == "" {
		return nil
	}
	if _, err := language.Parse(tag); err != nil {
		return sayf("%q is not a language; write it as ca, es, en or pt-BR", tag)
	}
	return nil
}
