// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"errors"
	"net/http"
	"strings"

	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// done leads back to the application, which says what was done.
func (s step) done(w http.ResponseWriter, what string) error {
	return web.Redirect(w, s.Request, s.to("/join/application", "t", s.ticket, "done", what))
}

// again draws the application once more, with what is wrong.
func (a *Room) again(w http.ResponseWriter, s step, status int, page themes.JoinApplication) error {
	return a.follow(w, s.visit, s.ticket, status, page)
}

// proveByCode proves the address by the code of the letter. An application that
// is none has no code that fits, and says so in the same words.
func (a *Room) proveByCode(w http.ResponseWriter, s step) error {
	form, err := web.ParseForm(s.Request, "code")
	if err != nil {
		return err
	}
	proven, err := a.Memberships.ProveByCode(s.Context(), s.ticket, strings.TrimSpace(form["code"]))
	switch {
	case err == nil:
		s.ticket = proven
		return s.done(w, "proved")
	case errors.Is(err, membership.ErrDone):
		return s.done(w, "")
	case errors.Is(err, membership.ErrSlow):
		return a.again(w, s, http.StatusTooManyRequests, themes.JoinApplication{Error: "join.slow"})
	case isOver(err):
		return a.again(w, s, http.StatusUnprocessableEntity, themes.JoinApplication{Error: "join.code-wrong"})
	}
	return failed(err)
}

func (a *Room) sendAgain(w http.ResponseWriter, s step) error {
	if a.isDecoy(s.ticket) {
		return s.done(w, "sent")
	}
	err := a.Memberships.SendAgain(s.Context(), s.ticket)
	switch {
	case err == nil, errors.Is(err, membership.ErrDone):
		return s.done(w, "sent")
	case errors.Is(err, membership.ErrSlow):
		return a.again(w, s, http.StatusTooManyRequests, themes.JoinApplication{Error: "join.slow"})
	}
	return a.missed(w, s.visit, "application", err)
}

func (a *Room) reply(w http.ResponseWriter, s step) error {
	form, err := web.ParseForm(s.Request, "reply")
	if err != nil {
		return err
	}
	page := themes.JoinApplication{Typed: form["reply"]}
	err = a.Memberships.Reply(s.Context(), s.ticket, form["reply"])
	var found membership.Faults
	switch {
	case err == nil:
		return s.done(w, "replied")
	case errors.As(err, &found):
		page.Error = replyFault(found)
		return a.again(w, s, http.StatusUnprocessableEntity, page)
	case errors.Is(err, membership.ErrSlow):
		page.Error = "join.slow"
		return a.again(w, s, http.StatusTooManyRequests, page)
	case errors.Is(err, membership.ErrDone):
		return s.done(w, "") // nobody asks any more: the page says what is now
	}
	return a.missed(w, s.visit, "application", err)
}

func replyFault(found membership.Faults) string {
	switch found[0].Code {
	case "empty":
		return "join.reply-empty"
	case "too-long":
		return "join.reply-long"
	}
	return "join.reply-malformed"
}

// withdraw takes the application back.
func (a *Room) withdraw(w http.ResponseWriter, s step) error {
	form, err := web.ParseForm(s.Request, "confirm")
	if err != nil {
		return err
	}
	if form["confirm"] != "yes" {
		return a.again(w, s, http.StatusUnprocessableEntity, themes.JoinApplication{Error: "join.confirm"})
	}
	if !a.isDecoy(s.ticket) {
		err = a.Memberships.Withdraw(s.Context(), s.ticket)
	}
	switch {
	case err == nil:
		return web.Redirect(w, s.Request, s.to("/join", "done", "withdrawn"))
	case errors.Is(err, membership.ErrDone):
		return s.done(w, "") // it was decided meanwhile
	}
	return a.missed(w, s.visit, "application", err)
}
