// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// leaving says what leaving a collective takes away, before it does.
func (a *Room) leaving(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	page, err := a.leavePage(r, v)
	if err != nil {
		return err
	}
	return a.show(w, r, page)
}

func (a *Room) leavePage(r *http.Request, v signon.Visitor) (themes.LeaveCollective, error) {
	name := collectiveOf(r)
	if !v.Admission.Standing.MemberOf(name) {
		return themes.LeaveCollective{}, notThere()
	}
	c, err := a.Directory.Collective(r.Context(), name)
	if err != nil {
		return themes.LeaveCollective{}, err
	}
	page := themes.LeaveCollective{
		Action: ownCollective(name) + "/leave", Fields: a.fields(v), Title: c.Title,
		Primary: v.Admission.Person.Primary == name, Last: len(v.Admission.Standing.Memberships) == 1,
		Days: membership.NoCollectiveDays,
	}
	page.Loses, err = a.loses(r.Context(), v.Admission.Standing, name)
	return page, err
}

// loses are the services that are open to somebody and would not be without a
// collective.
func (a *Room) loses(ctx context.Context, s directory.Standing, name directory.CollectiveName) ([]string, error) {
	services, err := a.Directory.Services(ctx)
	if err != nil {
		return nil, err
	}
	without := directory.Standing{
		Memberships: slices.DeleteFunc(slices.Clone(s.Memberships), func(m directory.Membership) bool { return m.Collective == name }),
		Access:      slices.DeleteFunc(slices.Clone(s.Access), func(x directory.Access) bool { return x.Collective == name }),
	}
	var titles []string
	for _, one := range services {
		if one.Open(s) && !one.Open(without) {
			titles = append(titles, one.Title)
		}
	}
	slices.Sort(titles)
	return titles, nil
}

func (a *Room) leave(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	page, err := a.leavePage(r, v)
	if err != nil {
		return err
	}
	err = a.Memberships.Leave(r.Context(), v.Session.Person, collectiveOf(r))
	if err == nil {
		return back(w, r, "/account/collectives", "left")
	}
	no := membershipRefusal(err)
	if no == nil {
		return err
	}
	page.Error = no.key
	return a.draw(w, r, no.status, page)
}
