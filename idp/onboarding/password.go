// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// passwordMin is what the page says; the directory's policy decides. Longer
// than passwordMax is no password but a load.
const (
	passwordMin = 10
	passwordMax = 1024
)

// showPassword is where the letter "accepted" leads.
func (a *Room) showPassword(w http.ResponseWriter, v visit) error {
	return a.askPassword(w, v, v.URL.Query().Get("t"), http.StatusOK, "")
}

// askPassword draws the form for who was accepted; fault is what was wrong with
// the password before.
func (a *Room) askPassword(w http.ResponseWriter, v visit, ticket string, status int, fault string) error {
	of, err := a.Memberships.Accepted(v.Context(), ticket)
	if err != nil {
		return a.missed(w, v, "password", err)
	}
	v = v.of(a.Pages, of.Person)
	return a.show(w, v, status, of.Collective, themes.JoinPassword{
		Action: "/join/password", Fields: a.fields(v, ticket), MinLength: passwordMin, Error: fault,
		Title: of.Collective.Title, Handle: string(of.Person.Handle),
	})
}

// setPassword sets the first password, and begins the session of who set it.
func (a *Room) setPassword(w http.ResponseWriter, s step) error {
	form, err := web.ParseForm(s.Request, "password", "password-again")
	if err != nil {
		return err
	}
	if fault := passwordFault(form["password"], form["password-again"]); fault != "" {
		return a.askPassword(w, s.visit, s.ticket, http.StatusUnprocessableEntity, fault)
	}
	p, err := a.Memberships.FirstPassword(s.Context(), s.ticket, form["password"])
	switch {
	case err == nil:
		return a.enter(w, s.visit, p)
	case errors.Is(err, membership.ErrWeak):
		return a.askPassword(w, s.visit, s.ticket, http.StatusUnprocessableEntity, "password.weak")
	case errors.Is(err, membership.ErrDone):
		return a.over(w, s.visit, "password", directory.Collective{})
	}
	return a.missed(w, s.visit, "password", err)
}

func passwordFault(password, again string) string {
	switch {
	case password == "" || again == "":
		return "password.empty"
	case password != again:
		return "password.differ"
	case len(password) > passwordMax:
		return "password.long"
	}
	return ""
}

// enter begins a session and leads to the portal. A session of somebody else in
// this browser ends first, as it does at a login.
func (a *Room) enter(w http.ResponseWriter, v visit, p directory.Person) error {
	before, err := a.Sessions.Read(v.Request)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return err
	}
	if before.Key != "" && before.Person != p.ID {
		if _, err := a.Logout.End(v.Context(), before.Key); err != nil {
			return err
		}
		before = session.Session{}
	}
	proof := session.Proof{Person: p, At: a.Now(), ACR: session.ACRPassword, AMR: []string{"pwd"}}
	if _, err := a.Sessions.Start(w, v.Request, proof, before); err != nil {
		return err
	}
	a.Audit.Write(v.Context(), audit.Event{Kind: audit.LoginSucceeded, Person: p.ID, Reference: web.Reference(v.Context())})
	return web.Redirect(w, v.Request, "/")
}
