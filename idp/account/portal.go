// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// portal shows the services that are open to the person, in the order that their
// collectives chose.
func (a *Room) portal(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	services, err := a.Directory.Services(r.Context())
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(services), func(s directory.Service) bool {
		return !s.Open(v.Admission.Standing)
	})
	a.arrange(r.Context(), v, open)
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

// arrange sorts services: those that a collective of the person put in order, the
// one first that the person belongs to first; then the rest of their own
// collectives', and then the public ones, by title.
func (a *Room) arrange(ctx context.Context, v signon.Visitor, services []directory.Service) {
	places := map[directory.ServiceName]int{}
	for _, m := range belongings(v) {
		c, err := a.Directory.Collective(ctx, m.Collective)
		if err != nil {
			continue // costs the order, not the page
		}
		for _, name := range c.Settings.Order {
			if _, placed := places[name]; !placed {
				places[name] = len(places)
			}
		}
	}
	place := func(s directory.Service) int {
		if at, placed := places[s.Name]; placed {
			return at
		}
		return len(places) + foreign(s, v)
	}
	slices.SortStableFunc(services, func(x, y directory.Service) int {
		return cmp.Or(place(x)-place(y), strings.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title)))
	})
}

// belongings are the memberships of who asks, the first collective first.
func belongings(v signon.Visitor) []directory.Membership {
	all := slices.Clone(v.Admission.Standing.Memberships)
	other := func(m directory.Membership) int {
		if m.Collective == v.Admission.Person.Primary {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(x, y directory.Membership) int {
		return cmp.Or(other(x)-other(y), strings.Compare(string(x.Collective), string(y.Collective)))
	})
	return all
}

func foreign(s directory.Service, v signon.Visitor) int {
	if v.Admission.Standing.MemberOf(s.Collective) {
		return 0
	}
	return 1
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
