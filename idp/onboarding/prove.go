// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// showProve asks who followed the link of the letter to press a button.
func (a *Room) showProve(w http.ResponseWriter, v visit) error {
	ticket := v.URL.Query().Get("t")
	p, err := a.Memberships.Unproven(v.Context(), ticket)
	if err != nil {
		return a.missed(w, v, "prove", err)
	}
	v = v.of(a.Pages, p)
	page := themes.JoinProve{Action: "/join/prove", Fields: a.fields(v, ticket), Address: p.Pending}
	return a.show(w, v, http.StatusOK, a.home(v, p), page)
}

// home is the collective of somebody's page, for its looks. One that cannot be
// read costs the looks, not the page.
func (a *Room) home(v visit, p directory.Person) directory.Collective {
	c, err := a.collective(v.Context(), p.Primary)
	if err != nil {
		return directory.Collective{}
	}
	return c
}

func (a *Room) prove(w http.ResponseWriter, s step) error {
	application, err := a.Memberships.Prove(s.Context(), s.ticket)
	if err != nil {
		return a.missed(w, s.visit, "prove", err)
	}
	return web.Redirect(w, s.Request, s.to("/join/application", "t", application, "done", "proved"))
}
