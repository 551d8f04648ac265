// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) person() *cobra.Command {
	c := &cobra.Command{
		Use:   "person",
		Short: "the people, one account each",
		Long: `One person, one account. Wherever a command takes a HANDLE, a verified address of
the person does as well.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(
		a.personAdd(), a.personList(), a.personShow(), a.personSet(), a.personSetPassword(),
		a.personDisable(), a.personEnable(), a.personExport(), a.personErase(), a.personRemove(),
	)
	return c
}

// personView is a person as commands print it. The names of its fields are a
// promise to scripts.
type personView struct {
	UID         directory.Handle   `json:"uid"`
	ID          directory.PersonID `json:"id"`
	Name        string             `json:"name"`
	GivenName   string             `json:"given_name,omitempty"`
	FamilyName  string             `json:"family_name,omitempty"`
	State       directory.State    `json:"state"`
	Anonymous   bool               `json:"anonymous"`
	Mail        string             `json:"mail,omitempty"`
	Verified    []string           `json:"verified,omitempty"`
	Language    string             `json:"lang,omitempty"`
	MustChange  bool               `json:"must_change_password"`
	Created     time.Time          `json:"created,omitzero"`
	Expires     time.Time          `json:"expires,omitzero"`
	Reason      string             `json:"reason,omitempty"` // why suspended
	Until       time.Time          `json:"until,omitzero"`   // when that ends
	Memberships []membershipView   `json:"collectives"`

	Primary  directory.CollectiveName `json:"primary_collective,omitempty"` // which vouches for them
	Password string                   `json:"password,omitempty"`           // only when just made
}

type membershipView struct {
	Collective directory.CollectiveName `json:"collective"`
	Manager    bool                     `json:"manager"`
}

func viewPerson(ctx context.Context, d directory.Backend, p directory.Person) (personView, error) {
	v := personView{
		UID: p.Handle, ID: p.ID, Name: p.Name, GivenName: p.GivenName, FamilyName: p.FamilyName,
		State: p.State, Anonymous: p.Anonymous, Mail: p.Mail, Verified: p.Verified, Language: p.Language,
		MustChange: p.MustChange, Created: p.Created, Expires: p.Expires, Memberships: []membershipView{},
		Reason: p.Reason, Until: p.Until, Primary: p.Primary,
	}
	standing, err := d.Standing(ctx, p.ID)
	if err != nil {
		return v, err
	}
	for _, m := range standing.Memberships {
		v.Memberships = append(v.Memberships, membershipView(m))
	}
	return v, nil
}

func (a *app) printPerson(v personView) error {
	if a.json {
		return a.printJSON(v)
	}
	var collectives []string
	for _, m := range v.Memberships {
		name := string(m.Collective)
		if m.Manager {
			name += " (manager)"
		}
		collectives = append(collectives, name)
	}
	a.printFields(
		field{"uid", string(v.UID)}, field{"name", v.Name}, field{"state", string(v.State)},
		field{"anonymous", yesNo(v.Anonymous)}, field{"mail", v.Mail}, field{"lang", v.Language},
		field{"collectives", lines(collectives)}, field{"vouched for by", string(v.Primary)},
		field{"suspended because", v.Reason}, field{"suspended until", day(v.Until)},
		field{"must change password", yesNo(v.MustChange)},
		field{"password", v.Password},
	)
	return nil
}

// findPerson reads a person by what an operator calls them.
func findPerson(ctx context.Context, d directory.Backend, login string) (directory.Person, error) {
	p, err := d.PersonByLogin(ctx, login)
	if errors.Is(err, directory.ErrNotFound) {
		return p, sayf(`there is no person %q; "clau person list" shows those there are`, login)
	}
	return p, err
}

// findPeople reads all of them, or none.
func findPeople(ctx context.Context, d directory.Backend, logins []string) ([]directory.Person, error) {
	var people []directory.Person
	for _, login := range logins {
		p, err := findPerson(ctx, d, login)
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	return people, nil
}

// showPerson reads the person again and prints what the directory has now.
func (a *app) showPerson(ctx context.Context, d directory.Backend, id directory.PersonID, password string) error {
	p, err := d.Person(ctx, id)
	if err != nil {
		return err
	}
	v, err := viewPerson(ctx, d, p)
	if err != nil {
		return err
	}
	v.Password = password
	return a.printPerson(v)
}
