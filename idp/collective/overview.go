// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/themes"
)

// overview is the first page: what waits, and who decides.
func (a *Room) overview(w http.ResponseWriter, v visit) error {
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	all, err := a.roster(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	page := themes.Collective{
		Manage: a.manage(v, c, "overview"), Members: strconv.Itoa(len(all.ids)), Alone: len(c.Managers) < 2,
	}
	managers, err := a.people(v.Context(), c.Managers)
	if err != nil {
		return err
	}
	for _, p := range managers {
		page.Managers = append(page.Managers, v.named(p))
	}
	waiting, err := a.Memberships.Waiting(v.Context(), v.by())
	if err != nil {
		return absent(err)
	}
	for _, one := range waiting {
		page.Requests = append(page.Requests, a.requestView(v, one))
	}
	return a.show(w, v, http.StatusOK, page)
}

// people reads a few people, by name.
func (a *Room) people(ctx context.Context, ids []directory.PersonID) ([]directory.Person, error) {
	var all []directory.Person
	for part := range slices.Chunk(ids, directory.PageMax) {
		people, err := a.Directory.PeopleByID(ctx, part)
		if err != nil {
			return nil, err
		}
		all = append(all, people...)
	}
	slices.SortFunc(all, func(x, y directory.Person) int {
		return cmp.Or(strings.Compare(fold(x.Name), fold(y.Name)), strings.Compare(string(x.ID), string(y.ID)))
	})
	return all, nil
}
