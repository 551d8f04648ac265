// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// list shows what the collective runs, and what others opened to its people.
func (a *Room) list(w http.ResponseWriter, v visit) error {
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	all, err := a.Directory.Services(v.Context())
	if err != nil {
		return err
	}
	page := themes.CollectiveServices{
		Manage: a.manage(v, c), Add: path(v.name, "add-service"), Tokens: path(v.name, "registrars"),
	}
	for _, s := range byTitle(all) {
		switch {
		case s.Collective == v.name && s.State == directory.PendingApproval:
			page.Waiting = append(page.Waiting, a.keptView(v, s))
		case s.Collective == v.name:
			page.Own = append(page.Own, a.inUse(v, s))
		case s.State == directory.Active && (s.Access == directory.AccessPublic || slices.Contains(s.Guests, v.name)):
			view := a.keptView(v, s)
			view.Collective, view.Path, view.Keep = a.titleOf(v.Context(), s.Collective), "", ""
			page.Open = append(page.Open, view)
		}
	}
	return a.show(w, v, http.StatusOK, page)
}

func byTitle(all []directory.Service) []directory.Service {
	all = slices.Clone(all)
	slices.SortFunc(all, func(x, y directory.Service) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title)), strings.Compare(string(x.Name), string(y.Name)))
	})
	return all
}

func (a *Room) keptView(v visit, s directory.Service) themes.KeptView {
	return themes.KeptView{
		Title: s.Title, Host: hostOf(s.URL), Access: string(s.Access), Kind: a.kindOf(s), Stopped: s.State != directory.Active,
		Path: servicePath(s), Keep: servicePath(s, "keep"),
	}
}

// inUse adds when a service was last used, and last told of a log-out. A store
// that is away costs that, and not the page.
func (a *Room) inUse(v visit, s directory.Service) themes.KeptView {
	view, ctx := a.keptView(v, s), v.Context()
	uses, err := a.Uses.OfService(ctx, s.ID, a.Now().Add(-retention.Used))
	if err != nil {
		web.NoteError(ctx, err)
		return view
	}
	if len(uses) > 0 {
		view.Used = a.day(v, uses[0].Day)
	}
	told, err := a.Deliveries.Deliveries(ctx, s.ID)
	if err != nil {
		web.NoteError(ctx, err)
		return view
	}
	if view.Silent = told.Silent; !told.LastDone.IsZero() {
		view.Told = a.Pages.DateTime(v.lang, told.LastDone)
	}
	return view
}

// kindOf is what an application is called that a service was registered as.
func (a *Room) kindOf(s directory.Service) string {
	p, known := a.Presets.Find(s.Preset)
	if !known || strings.HasPrefix(p.Name, "generic-") {
		return ""
	}
	return p.Title
}

func (a *Room) day(v visit, day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return a.Pages.Date(v.lang, at)
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
