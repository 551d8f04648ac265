// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

func (a *Room) account(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	p := v.Admission.Person
	page := themes.Account{
		Name: p.Name, Handle: string(p.Handle), Mail: p.Mail, Pending: p.Pending, Anonymous: p.Anonymous,
		LogoutAction: "/account/logout", Fields: a.fields(v),
	}
	for _, l := range a.Pages.Languages() {
		if l.Tag == p.Language {
			page.Language = l.Name
		}
	}
	var err error
	if page.Collectives, err = a.memberships(r.Context(), v); err != nil {
		return err
	}
	if r.URL.Query().Get("done") == "password" {
		page.Notice = "account.password-changed"
	}
	return a.show(w, r, page)
}

// memberships are the collectives that the person belongs to, the one that
// vouches for the account first.
func (a *Room) memberships(ctx context.Context, v signon.Visitor) ([]themes.CollectiveView, error) {
	var first, others []themes.CollectiveView
	for _, m := range v.Admission.Standing.Memberships {
		c, err := a.Directory.Collective(ctx, m.Collective)
		if err != nil {
			return nil, err
		}
		view := a.membership(v, m, c)
		if view.Primary {
			first = append(first, view)
			continue
		}
		others = append(others, view)
	}
	return append(first, others...), nil
}

func (a *Room) membership(v signon.Visitor, m directory.Membership, c directory.Collective) themes.CollectiveView {
	view := themes.CollectiveView{
		Title: c.Title, Manager: m.Manager, Contact: c.Mail, Primary: c.Name == v.Admission.Person.Primary,
		Leave: ownCollective(c.Name) + "/leave",
	}
	if m.Manager {
		view.Manage = "/collectives/" + string(c.Name)
	}
	if !view.Primary {
		view.Home = themes.Post{Action: ownCollective(c.Name) + "/home", Fields: a.fields(v)}
	}
	return view
}

// ownCollective is the path of a person's own pages about a collective.
func ownCollective(name directory.CollectiveName) string {
	return "/account/collectives/" + string(name)
}

// logout ends this session and says what came of telling the services; with
// "everywhere" it ends all of the person's sessions.
func (a *Room) logout(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "everywhere")
	if err != nil {
		return err
	}
	over := []string{v.Session.Key}
	if form["everywhere"] != "" {
		others, err := a.others(r.Context(), v.Session)
		if err != nil {
			return err
		}
		over = append(over, others...)
	}
	told, err := a.Logout.EndBut(r.Context(), "", over...)
	if err != nil {
		return err
	}
	a.Sessions.Forget(w)
	a.record(r.Context(), audit.LoggedOut, v.Session.Person, "")
	return a.goodbye(w, r, a.lang(r, v.Admission.Person.Language), told)
}

// goodbye visits the services that only this browser can tell, and then shows
// what came of telling each.
func (a *Room) goodbye(w http.ResponseWriter, r *http.Request, lang string, told []logout.Outcome) error {
	if a.Farewell != nil {
		return a.Farewell.Begin(w, r, logout.Departure{Protocol: a.Protocol(), Language: lang}, told)
	}
	return web.WritePage(w, a.Pages, http.StatusOK, themes.Frame{Lang: lang}, themes.LoggedOut{Services: a.told(r.Context(), told)})
}

// others are the keys of the person's sessions but this one.
func (a *Room) others(ctx context.Context, this session.Session) ([]string, error) {
	all, err := a.Sessions.Of(ctx, this.Person)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, s := range all {
		if s.Key != this.Key {
			keys = append(keys, s.Key)
		}
	}
	return keys, nil
}

func (a *Room) told(ctx context.Context, outcomes []logout.Outcome) []themes.LogoutView {
	return farewell.Views(ctx, a.Directory, outcomes)
}
