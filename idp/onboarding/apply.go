// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// apply takes the form. How often is package membership's to count, with the
// one round trip to the store that an attempt may cost.
func (a *Room) apply(w http.ResponseWriter, v visit) error {
	form, err := web.ParseForm(v.Request, append(fieldNames(), "at", "token", "homepage", "as", "invitation")...)
	if err != nil {
		return err
	}
	s, err := a.lay(v, form)
	if err != nil {
		return err
	}
	seal, open, err := a.broken(s.collective.Name, form)
	if err != nil {
		return err
	}
	s.seal = seal
	if form["homepage"] != "" {
		return a.deceive(w, s)
	}
	if again := hurry(open); again != "" {
		s.seal = a.sealed(s.collective.Name, a.Now().Add(-fastest))
		return a.draw(w, s, http.StatusUnprocessableEntity, themes.JoinForm{Error: again})
	}
	done, err := a.Memberships.Apply(v.Context(), s.application(), web.ClientAddr(v.Context()))
	if err != nil {
		return a.refused(w, s, err)
	}
	return a.applied(w, s, done)
}

// hurry is why a form has to be sent once more, if it has: what is drawn then can
// be sent at once.
func hurry(open time.Duration) string {
	switch {
	case open > oldest:
		return "join.old"
	case open < fastest:
		return "join.fast"
	}
	return ""
}

// deceive answers a program.
func (a *Room) deceive(w http.ResponseWriter, s *sheet) error {
	web.Note(s.Context(), "decoy", true)
	done, err := a.feign(s)
	if err != nil {
		return err
	}
	return a.applied(w, s, done)
}

// application is what was typed. Telephones begin with a capital, and add a
// space to what they complete.
func (s *sheet) application() membership.Application {
	trimmed := func(name string) string { return strings.TrimSpace(s.typed[name]) }
	app := membership.Application{
		Collective: s.collective.Name, Handle: directory.Handle(strings.ToLower(trimmed("handle"))),
		Language: trimmed("language"), Words: trimmed("words"), Answer: trimmed("answer"),
		Anonymous: s.anonymous, Invitation: s.invitation,
	}
	if !s.anonymous {
		app.Name, app.Mail = trimmed("name"), trimmed("mail")
	}
	return app
}

// refused says on the same page why nothing came of it.
func (a *Room) refused(w http.ResponseWriter, s *sheet, err error) error {
	var found membership.Faults
	if readable := a.invited(s); readable != nil {
		err = readable // it was withdrawn, or used, meanwhile
	}
	switch {
	case errors.As(err, &found):
		return a.draw(w, s, http.StatusUnprocessableEntity, themes.JoinForm{Faults: faults(found)})
	case errors.Is(err, membership.ErrClosed):
		return a.draw(w, s, http.StatusConflict, themes.JoinForm{Error: "join.closed"})
	case errors.Is(err, membership.ErrSlow):
		return a.draw(w, s, http.StatusTooManyRequests, themes.JoinForm{Error: "join.slow"})
	case errors.Is(err, membership.ErrTicket):
		return a.over(w, s.visit, "invitation", s.collective)
	}
	return failed(err)
}

// applied leads on: to the application, or to the code for paper, which exists
// nowhere but on this page.
func (a *Room) applied(w http.ResponseWriter, s *sheet, done membership.Applied) error {
	if done.Code == "" {
		return web.Redirect(w, s.Request, s.to("/join/application", "t", done.Ticket))
	}
	return a.paper(w, s.visit, s.collective, paper{
		Ticket: done.Ticket, Code: done.Code, Handle: string(s.application().Handle),
	}, http.StatusOK)
}
