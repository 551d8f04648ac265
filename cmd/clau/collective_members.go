// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

// memberRow is a member of a collective in a list.
type memberRow struct {
	UID       directory.Handle   `json:"uid"`
	ID        directory.PersonID `json:"id"`
	Name      string             `json:"name"`
	State     directory.State    `json:"state"`
	Anonymous bool               `json:"anonymous"`
	Manager   bool               `json:"manager"`
	VouchedBy bool               `json:"primary"` // the collective vouches for them
}

func (a *app) collectiveMembers() *cobra.Command {
	return &cobra.Command{
		Use:               "members NAME",
		Short:             "list the people of a collective",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeCollective(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			c, err := findCollective(ctx, d, directory.CollectiveName(args[0]))
			if err != nil {
				return err
			}
			rows, err := membersOf(ctx, d, c)
			if err != nil {
				return err
			}
			return a.printMembers(rows)
		}),
	}
}

func membersOf(ctx context.Context, d directory.Backend, c directory.Collective) ([]memberRow, error) {
	ids, err := d.MemberIDs(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	rows := []memberRow{}
	for some := range slices.Chunk(ids, directory.PageMax) {
		people, err := d.PeopleByID(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			rows = append(rows, memberRow{
				UID: p.Handle, ID: p.ID, Name: p.Name, State: p.State, Anonymous: p.Anonymous,
				Manager: slices.Contains(c.Managers, p.ID), VouchedBy: p.Primary == c.Name,
			})
		}
	}
	slices.SortFunc(rows, func(x, y memberRow) int { return cmp.Compare(x.UID, y.UID) })
	return rows, nil
}

func (a *app) printMembers(rows []memberRow) error {
	if a.json {
		return a.printJSON(rows)
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{string(r.UID), r.Name, string(r.State), yesNo(r.Manager), yesNo(r.VouchedBy)}
	}
	return a.printTable([]string{"UID", "NAME", "STATE", "MANAGER", "VOUCHED FOR"}, cells)
}

// caseRow is something that waits for a collective's decision. What the person
// wrote to the managers is for the managers.
type caseRow struct {
	ID      directory.CaseID   `json:"id"`
	Kind    directory.CaseKind `json:"kind"`
	Person  directory.Handle   `json:"uid"`
	State   directory.State    `json:"state,omitempty"` // of a registration
	Voices  int                `json:"agreed"`
	Created time.Time          `json:"created"`
	Expires time.Time          `json:"expires,omitzero"`
}

func (a *app) collectiveRequests() *cobra.Command {
	return &cobra.Command{
		Use:   "requests NAME",
		Short: "list what waits for a collective's decision",
		Long: `Lists registrations, wishes to join, and what managers have proposed. The managers
decide on them, on the pages of their collective; no command does it for them.`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeCollective(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			c, err := findCollective(ctx, d, directory.CollectiveName(args[0]))
			if err != nil {
				return err
			}
			rows := []caseRow{}
			for one, err := range d.ListCases(ctx, directory.CaseFilter{Collective: c.Name}) {
				if err != nil {
					return err
				}
				row, err := viewCase(ctx, d, one)
				if err != nil {
					return err
				}
				rows = append(rows, row)
			}
			return a.printCases(rows)
		}),
	}
}

func viewCase(ctx context.Context, d directory.Backend, one directory.Case) (caseRow, error) {
	row := caseRow{ID: one.ID, Kind: one.Kind, Voices: len(one.Agreed), Created: one.Created, Expires: one.Expires}
	p, err := d.Person(ctx, one.Person)
	if err != nil {
		return row, err
	}
	row.Person = p.Handle
	if one.Kind == directory.CaseRegister {
		row.State = p.State
	}
	return row, nil
}

func (a *app) printCases(rows []caseRow) error {
	if a.json {
		return a.printJSON(rows)
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{string(r.Kind), string(r.Person), string(r.State), day(r.Created), day(r.Expires)}
	}
	return a.printTable([]string{"KIND", "UID", "STATE", "SINCE", "LAPSES"}, cells)
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateOnly)
}
