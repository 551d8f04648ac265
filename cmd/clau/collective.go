// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) collective() *cobra.Command {
	c := &cobra.Command{
		Use:   "collective",
		Short: "the cooperatives, associations and groups of the federation",
		Long: `A collective has members, managers who validate people and give first support,
and services of its own.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(
		a.collectiveAdd(), a.collectiveList(), a.collectiveShow(), a.collectiveSet(), a.collectiveRemove(),
		a.collectiveMembers(), a.collectiveRequests(), a.collectiveMember(), a.collectiveManager(), a.collectivePolicy(),
	)
	return c
}

// collectiveView is a collective as commands print it. The names of its fields
// are a promise to scripts.
type collectiveView struct {
	Collective  directory.CollectiveName `json:"collective"`
	Title       string                   `json:"title"`
	State       directory.State          `json:"state"`
	Description string                   `json:"description,omitempty"`
	Mail        string                   `json:"mail,omitempty"`
	URL         string                   `json:"url,omitempty"`
	Language    string                   `json:"lang,omitempty"`
	Managers    []directory.Handle       `json:"managers"`
	Members     []directory.Handle       `json:"members"`
	Services    []directory.ServiceName  `json:"services"`
}

// viewCollective reads all that is shown of one collective. Managers are named
// by their handles: nobody knows people by their ids.
func viewCollective(ctx context.Context, d directory.Backend, c directory.Collective) (collectiveView, error) {
	v := summary(c)
	handles := map[directory.PersonID]directory.Handle{}
	for p, err := range d.ListPeople(ctx, directory.PersonFilter{Collective: c.Name}) {
		if err != nil {
			return v, err
		}
		handles[p.ID] = p.Handle
		v.Members = append(v.Members, p.Handle)
	}
	for _, id := range c.Managers {
		if h, ok := handles[id]; ok {
			v.Managers = append(v.Managers, h)
		}
	}
	for s, err := range d.ListServices(ctx, directory.ServiceFilter{Collective: c.Name}) {
		if err != nil {
			return v, err
		}
		v.Services = append(v.Services, s.Name)
	}
	slices.Sort(v.Members)
	slices.Sort(v.Managers)
	slices.Sort(v.Services)
	return v, nil
}

func summary(c directory.Collective) collectiveView {
	return collectiveView{
		Collective: c.Name, Title: c.Title, State: c.State, Description: c.Description,
		Mail: c.Mail, URL: c.URL, Language: c.Language,
		Managers: []directory.Handle{}, Members: []directory.Handle{}, Services: []directory.ServiceName{},
	}
}

func (a *app) printCollective(v collectiveView) error {
	if a.json {
		return a.printJSON(v)
	}
	a.printFields(
		field{"collective", string(v.Collective)}, field{"title", v.Title}, field{"state", string(v.State)},
		field{"description", v.Description}, field{"mail", v.Mail}, field{"url", v.URL}, field{"lang", v.Language},
		field{"managers", lines(v.Managers)}, field{"members", lines(v.Members)}, field{"services", lines(v.Services)},
	)
	return nil
}

// findCollective reads a collective, or says where to look for its name.
func findCollective(ctx context.Context, d directory.Backend, name directory.CollectiveName) (directory.Collective, error) {
	c, err := d.Collective(ctx, name)
	if errors.Is(err, directory.ErrNotFound) {
		return c, sayf(`there is no collective %q; "clau collective list" shows those there are`, name)
	}
	return c, err
}
