// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

// personFlags are what can be said of a new person.
type personFlags struct {
	name, given, family, mail, lang string
	collectives, manages            []string
	anonymous, stdin                bool
}

func (a *app) personAdd() *cobra.Command {
	var f personFlags
	c := &cobra.Command{
		Use:   "add HANDLE [COLLECTIVE...]",
		Short: "add a person",
		Long: `Adds a person. HANDLE is the login name and cannot be changed: lower-case letters,
digits, dots, dashes and underscores, at most 30. The person belongs to the
collectives that are named, and manages them with --manager; the first vouches.

A first password is made and printed once; the person must change it at the first
login. With --password-stdin the password is read from the standard input instead,
one line, and need not be changed.

With --anonymous a collective vouches for somebody whose name and address nobody
knows; --name is then a nickname.`,
		Example: `  clau person add marta --name "Marta Puig" --mail marta@ateneu.example --collective ateneu
  clau person add marta --name "Marta Puig" --collective ateneu --manager --password-stdin < password`,
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			f.collectives = append(f.collectives, args[1:]...)
			f.manageAllNamed()
			return a.addPerson(ctx, d, directory.Handle(args[0]), f)
		}),
	}
	c.Flags().StringVar(&f.name, "name", "", "the name as displayed (default: the handle)")
	c.Flags().StringVar(&f.given, "given-name", "", "given name")
	c.Flags().StringVar(&f.family, "family-name", "", "family name")
	c.Flags().StringVar(&f.mail, "mail", "", "`address`; you vouch that it is theirs, it is recorded as verified")
	c.Flags().StringVar(&f.lang, "lang", "", "`language` of pages and mails, as ca")
	c.Flags().StringArrayVar(&f.collectives, "collective", nil, "`collective` to belong to; may be repeated, the first is the one that vouches")
	c.Flags().StringArrayVar(&f.manages, "manager", nil, "manage the collectives that are named, or only --manager=`collective`")
	c.Flags().Lookup("manager").NoOptDefVal = allNamed
	c.Flags().BoolVar(&f.anonymous, "anonymous", false, "without name and address, vouched for by the collective")
	c.Flags().BoolVar(&f.stdin, "password-stdin", false, "read the password from the standard input")
	a.completeFlags(c, map[string][]string{"lang": {"ca", "es", "en"}})
	return c
}

func (f personFlags) check(handle directory.Handle) error {
	switch {
	case !handle.Valid():
		return sayf("%q cannot be a handle; use lower-case letters, digits, dots, dashes and underscores, 2 to %d, and no reserved word", handle, directory.HandleMax)
	case f.anonymous && (f.mail != "" || f.given != "" || f.family != ""):
		return said("an anonymous person has neither address nor civil name; leave out --mail, --given-name and --family-name")
	case slices.Contains(f.manages, allNamed):
		return said("--manager needs to know of what; name the collective too")
	case f.anonymous && len(f.collectives)+len(f.manages) == 0:
		return said("an anonymous person needs a collective that vouches for them; add --collective")
	}
	return errors.Join(mailFault(f.mail), languageFault(f.lang))
}

// allNamed is what --manager means alone.
const allNamed = "all that are named"

func (f *personFlags) manageAllNamed() {
	if slices.Contains(f.manages, allNamed) && len(f.collectives) > 0 {
		f.manages = slices.Clone(f.collectives)
	}
}

// belongs is where the person will belong: who manages a collective belongs to it.
func (f personFlags) belongs() []string {
	var all []string
	for _, name := range slices.Concat(f.collectives, f.manages) {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func (a *app) addPerson(ctx context.Context, d directory.Backend, handle directory.Handle, f personFlags) error {
	if err := f.check(handle); err != nil {
		return err
	}
	for _, name := range f.belongs() {
		if _, err := findCollective(ctx, d, directory.CollectiveName(name)); err != nil {
			return err
		}
	}
	secret, err := a.firstPassword(f.stdin)
	if err != nil {
		return err
	}
	p, err := a.newPerson(handle, f)
	if err != nil {
		return err
	}
	if err := a.storePerson(ctx, d, p, f, secret); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "person %s added\n", handle)
	if p.Primary == "" {
		fmt.Fprintln(a.err, "no collective vouches for them: only public services are open to them")
	}
	return a.showPerson(ctx, d, p.ID, secret.shown())
}

func (a *app) newPerson(handle directory.Handle, f personFlags) (directory.Person, error) {
	id, err := uuid.NewRandomFromReader(a.rand)
	if err != nil {
		return directory.Person{}, err
	}
	seed := make([]byte, 32)
	if _, err := io.ReadFull(a.rand, seed); err != nil {
		return directory.Person{}, err
	}
	p := directory.Person{
		ID: directory.PersonID(id.String()), Handle: handle, State: directory.Active,
		Anonymous: f.anonymous, Name: cmp.Or(f.name, string(handle)), GivenName: f.given, FamilyName: f.family,
		Mail: f.mail, Language: f.lang, Seed: seed, Created: a.now(),
	}
	if f.mail != "" {
		p.Verified = []string{f.mail}
	}
	if all := f.belongs(); len(all) > 0 {
		p.Primary = directory.CollectiveName(all[0])
	}
	return p, nil
}

// storePerson writes the person, and takes back what was written when a later
// step fails. Until they have a password they wait: of somebody who was only
// ever waiting nothing remains, and the handle can be given again.
func (a *app) storePerson(ctx context.Context, d directory.Backend, p directory.Person, f personFlags, secret password) error {
	p.State = directory.PendingApproval
	err := d.AddPerson(ctx, directory.System(), p)
	if errors.Is(err, directory.ErrExists) {
		return sayf("the handle or the address is somebody's already; \"clau person show %s\" may tell whose", cmp.Or(f.mail, string(p.Handle)))
	}
	if err != nil {
		return err
	}
	err = settle(ctx, d, p.ID, f, secret)
	if err != nil {
		return errors.Join(err, d.RemovePerson(ctx, directory.System(), p.ID))
	}
	return nil
}

func settle(ctx context.Context, d directory.Backend, id directory.PersonID, f personFlags, secret password) error {
	if err := secret.set(ctx, d, id); err != nil {
		return err
	}
	active := directory.Active
	if err := d.ChangePerson(ctx, directory.System(), id, directory.PersonChange{State: &active}); err != nil {
		return err
	}
	for _, name := range f.belongs() {
		if err := d.AddMember(ctx, directory.System(), directory.CollectiveName(name), id); err != nil {
			return err
		}
	}
	for _, name := range f.manages {
		if err := d.AddManager(ctx, directory.System(), directory.CollectiveName(name), id); err != nil {
			return err
		}
	}
	return nil
}
