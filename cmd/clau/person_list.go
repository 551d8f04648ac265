// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

// personRow is a person in a list: what one search finds of all.
type personRow struct {
	UID       directory.Handle         `json:"uid"`
	ID        directory.PersonID       `json:"id"`
	Name      string                   `json:"name"`
	State     directory.State          `json:"state"`
	Anonymous bool                     `json:"anonymous"`
	Mail      string                   `json:"mail,omitempty"`
	Primary   directory.CollectiveName `json:"primary_collective,omitempty"`
}

func (a *app) personList() *cobra.Command {
	var collective, state string
	c := &cobra.Command{
		Use:   "list [TEXT]",
		Short: "list people, all or those whose handle, name or address contains TEXT",
		Args:  arguments(cobra.MaximumNArgs(1)),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			filter := directory.PersonFilter{Collective: directory.CollectiveName(collective), State: directory.State(state)}
			if len(args) > 0 {
				filter.Text = args[0]
			}
			return a.listPeople(ctx, d, filter)
		}),
	}
	c.Flags().StringVar(&collective, "collective", "", "only members of this `collective`")
	c.Flags().StringVar(&state, "state", "", "only people in this `state`")
	a.completeFlags(c, map[string][]string{"state": {"active", "suspended", "pendingConfirmation", "pendingApproval", "locked", "expired", "denied", "deleted"}})
	return c
}

func (a *app) listPeople(ctx context.Context, d directory.Backend, filter directory.PersonFilter) error {
	if filter.Collective != "" {
		if _, err := findCollective(ctx, d, filter.Collective); err != nil {
			return err
		}
	}
	rows := []personRow{}
	for p, err := range d.ListPeople(ctx, filter) {
		if err != nil {
			return err
		}
		rows = append(rows, personRow{p.Handle, p.ID, p.Name, p.State, p.Anonymous, p.Mail, p.Primary})
	}
	slices.SortFunc(rows, func(x, y personRow) int { return cmp.Compare(x.UID, y.UID) })
	if a.json {
		return a.printJSON(rows)
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{string(r.UID), r.Name, string(r.State), string(r.Primary), r.Mail}
	}
	return a.printTable([]string{"UID", "NAME", "STATE", "VOUCHED BY", "MAIL"}, cells)
}

func (a *app) personShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show HANDLE",
		Short:             "show a person and where they belong",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			p, err := findPerson(ctx, d, args[0])
			if err != nil {
				return err
			}
			return a.showPerson(ctx, d, p.ID, "")
		}),
	}
}
