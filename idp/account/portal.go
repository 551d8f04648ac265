// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// portal shows the services that are open to the person: those of their own
// collectives first, then the public ones.
func (a *Room) portal(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	services, err := a.Directory.Services(r.Context())
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(services), func(s directory.Service) bool {
		return !s.Open(v.Admission.Standing)
	})
	slices.SortStableFunc(open, func(x, y directory.Service) int {
		if own := rank(x, v) - rank(y, v); own != 0 {
			return own
		}
		return strings.Compare(x.Title, y.Title)
	})
	page := themes.Portal{Issuer: a.Issuer.Host, Managed: a.managed(r.Context(), v)}
	for _, s := range open {
		view, err := a.tile(r.Context(), v, s)
		if err != nil {
			return err
		}
		page.Services = append(page.Services, view)
	}
	return a.show(w, r, page)
}

// managed are the collectives of a manager. One whose title cannot be read is
// called by its name.
func (a *Room) managed(ctx context.Context, v signon.Visitor) []themes.Named {
	var all []themes.Named
	for _, m := range v.Admission.Standing.Memberships {
		if !m.Manager {
			continue
		}
		title := string(m.Collective)
		if c, err := a.Directory.Collective(ctx, m.Collective); err == nil {
			title = c.Title
		}
		all = append(all, themes.Named{Name: title, Path: "/collectives/" + string(m.Collective)})
	}
	return all
}

// tile is a service in the portal. One that cannot work without a name says so
// before an anonymous person goes there in vain.
func (a *Room) tile(ctx context.Context, v signon.Visitor, s directory.Service) (themes.ServiceView, error) {
	view := a.view(ctx, s)
	if !v.Admission.Person.Anonymous {
		return view, nil
	}
	_, err := a.SignOns.Admit(ctx, v.Session.Person, s.ID, v.Session.Epoch, nil)
	switch {
	case errors.Is(err, signon.ErrClosed):
		view.Note = "service.not-anonymous"
	case err != nil && !errors.Is(err, signon.ErrWithdrawn) && !errors.Is(err, signon.ErrStopped):
		return view, err
	}
	return view, nil
}

func rank(s directory.Service, v signon.Visitor) int {
	if v.Admission.Standing.MemberOf(s.Collective) {
		return 0
	}
	return 1
}

// view is a service as people see it. A collective whose title cannot be read
// costs the title, not the page.
func (a *Room) view(ctx context.Context, s directory.Service) themes.ServiceView {
	view := themes.ServiceView{Title: s.Title, Description: s.Description, URL: s.URL}
	if u, err := url.Parse(s.URL); err == nil {
		view.Host = u.Host
	}
	if c, err := a.Directory.Collective(ctx, s.Collective); err == nil {
		view.Collective = c.Title
	}
	return view
}
