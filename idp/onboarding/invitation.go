// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// showInvitation shows an invitation to who holds it: who has a session here
// joins with that account, others make one or log in.
func (a *Room) showInvitation(w http.ResponseWriter, v visit) error {
	who, key, err := a.visitor(v)
	if err != nil {
		return err
	}
	return a.invite(w, v, v.URL.Query().Get("t"), http.StatusOK, who, key, "")
}

// visitor is who has a session in this browser, with its key; nobody is no
// error. A session that was voided since is none.
func (a *Room) visitor(v visit) (directory.Person, string, error) {
	s, err := a.Sessions.Read(v.Request)
	if errors.Is(err, session.ErrNone) {
		return directory.Person{}, "", nil
	}
	if err != nil {
		return directory.Person{}, "", err
	}
	p, err := a.Directory.Person(v.Context(), s.Person)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Person{}, "", nil
	}
	if err != nil || p.Epoch != s.Epoch || !p.MayEnter(a.Now()) {
		return directory.Person{}, "", err
	}
	return p, s.Key, nil
}

// invite draws the page; fault is why somebody could not follow the invitation.
func (a *Room) invite(w http.ResponseWriter, v visit, ticket string, status int, who directory.Person, key, fault string) error {
	invitation, err := a.Memberships.Invited(v.Context(), ticket)
	if err != nil {
		return a.missed(w, v, "invitation", err)
	}
	c, err := a.collective(v.Context(), invitation.Collective)
	if err != nil {
		return err
	}
	page := themes.Invitation{
		Title: c.Title, Words: invitation.Words, Until: a.Pages.Date(v.lang, invitation.Expires.Add(-time.Second)), Error: fault,
	}
	if by, err := a.Directory.Person(v.Context(), invitation.By); err == nil {
		page.By = by.Name
	}
	path := "/invitation/" + url.PathEscape(ticket)
	if who.ID == "" {
		page.New = v.to("/join/"+string(c.Name), "invitation", ticket)
		page.Login = path
		return a.show(w, v, status, c, page)
	}
	page.As = who.Name
	page.Join = themes.Post{Action: path, Fields: v.langField(
		themes.Field{Name: "token", Value: web.FormToken(a.FormKey, key)},
	)}
	return a.show(w, v, status, c, page)
}

// backToInvitation is the way back from the login: the guard keeps the path of
// a page and not its query.
func (a *Room) backToInvitation(w http.ResponseWriter, v visit) error {
	return web.Redirect(w, v.Request, v.to("/invitation", "t", v.PathValue("ticket")))
}

// followInvitation joins with the account that is logged in.
func (a *Room) followInvitation(w http.ResponseWriter, v visit) error {
	who := signon.VisitorOf(v.Context())
	form, err := web.ParseForm(v.Request, "token")
	if err != nil {
		return err
	}
	if err := web.CheckFormToken(a.FormKey, who.Session.Key, form["token"]); err != nil {
		return err
	}
	if err := a.brake(v); err != nil {
		return err
	}
	ticket, p := v.PathValue("ticket"), who.Admission.Person
	result, err := a.Memberships.Follow(v.Context(), p.ID, ticket)
	switch {
	case err == nil && result == membership.Second:
		return web.Redirect(w, v.Request, v.to("/account/collectives")) // it waits there for the second voice
	case err == nil:
		return web.Redirect(w, v.Request, v.to("/"))
	case errors.Is(err, membership.ErrDone):
		return a.invite(w, v, ticket, http.StatusConflict, p, who.Session.Key, "invited.done")
	case errors.Is(err, membership.ErrClosed):
		return a.invite(w, v, ticket, http.StatusConflict, p, who.Session.Key, "invited.closed")
	case errors.Is(err, membership.ErrTicket): // not theirs, if it is one at all
		return a.invite(w, v, ticket, http.StatusConflict, p, who.Session.Key, "invited.other")
	}
	return a.missed(w, v, "invitation", err)
}
