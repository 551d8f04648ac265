// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/themes"
)

// services lists what the collective runs, and what others opened to its people.
func (a *Room) services(w http.ResponseWriter, v visit) error {
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	all, err := a.Directory.Services(v.Context())
	if err != nil {
		return err
	}
	page := themes.CollectiveServices{Manage: a.manage(v, c, "services")}
	for _, s := range ownedBy(all, v.name) {
		view := keptView(s)
		view.Path = path(v.name, "services", string(s.Name))
		page.Own = append(page.Own, view)
	}
	for _, s := range concerning(all, v.name) {
		if s.Collective == v.name {
			continue
		}
		view := keptView(s)
		view.Collective = a.titleOf(v.Context(), s.Collective)
		page.Open = append(page.Open, view)
	}
	return a.show(w, v, http.StatusOK, page)
}

// ownedBy returns the services that a collective runs, by title, also those that
// are stopped.
func ownedBy(all []directory.Service, name directory.CollectiveName) []directory.Service {
	own := slices.DeleteFunc(slices.Clone(all), func(s directory.Service) bool { return s.Collective != name })
	slices.SortFunc(own, func(x, y directory.Service) int { return strings.Compare(fold(x.Title), fold(y.Title)) })
	return own
}

func keptView(s directory.Service) themes.KeptView {
	return themes.KeptView{
		Title: s.Title, Host: hostOf(s.URL), Access: string(s.Access), Stopped: s.State != directory.Active,
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// titleOf is what a collective is called; one that cannot be read costs the
// title, not the page.
func (a *Room) titleOf(ctx context.Context, name directory.CollectiveName) string {
	c, err := a.Directory.Collective(ctx, name)
	if err != nil {
		return string(name)
	}
	return c.Title
}
