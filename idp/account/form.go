// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// fields mark a form as drawn for this visitor's session, and add to it.
func (a *Room) fields(v signon.Visitor, more ...themes.Field) []themes.Field {
	return append([]themes.Field{{Name: "token", Value: web.FormToken(a.FormKey, v.Session.Key)}}, more...)
}

// form reads a form that was drawn for this visitor.
func (a *Room) form(r *http.Request, v signon.Visitor, names ...string) (web.Form, error) {
	form, err := web.ParseForm(r, append(names, "token")...)
	if err != nil {
		return nil, err
	}
	return form, web.CheckFormToken(a.FormKey, v.Session.Key, form["token"])
}

// ticketFields mark a form as drawn for who holds a ticket, and carry it.
func (a *Room) ticketFields(ticket string) []themes.Field {
	return []themes.Field{{Name: "t", Value: ticket}, {Name: "token", Value: web.FormToken(a.FormKey, ticket)}}
}

// ticketForm reads such a form.
func (a *Room) ticketForm(r *http.Request, names ...string) (web.Form, error) {
	form, err := web.ParseForm(r, append(names, "t", "token")...)
	if err != nil {
		return nil, err
	}
	return form, web.CheckFormToken(a.FormKey, form["t"], form["token"])
}

// back leads to a page of the person's after a form was done.
func back(w http.ResponseWriter, r *http.Request, path, done string) error {
	return web.Redirect(w, r, path+"?done="+done)
}

// record keeps that somebody did something with their own account.
func (a *Room) record(ctx context.Context, kind audit.Kind, id directory.PersonID, reason string) {
	a.Audit.Write(ctx, audit.Event{Kind: kind, Person: id, Reason: reason, Reference: web.Reference(ctx)})
}

// refusal is why something is not done, on the page where it was asked for.
type refusal struct {
	status int
	key    string // of the page's Error
}

func refused(status int, key string) *refusal { return &refusal{status, key} }

// proves asks whoever sits there for the password once more, before something
// that a borrowed browser must not do. Attempts are counted as at the login.
func (a *Room) proves(r *http.Request, v signon.Visitor, password string) *refusal {
	if password == "" {
		return refused(http.StatusUnprocessableEntity, "password.wrong")
	}
	_, err := a.Passwords.Prove(r.Context(), string(v.Admission.Person.Handle), password, web.ClientAddr(r.Context()))
	if err == nil || errors.Is(err, login.ErrExpired) {
		return nil
	}
	web.NoteError(r.Context(), err)
	return passwordRefusal(err)
}

// passwordRefusal says what came of a password, old or new.
func passwordRefusal(err error) *refusal {
	switch {
	case errors.Is(err, login.ErrWrong):
		return refused(http.StatusUnprocessableEntity, "password.wrong")
	case errors.Is(err, login.ErrSlow):
		return refused(http.StatusTooManyRequests, "login.slow")
	case errors.Is(err, login.ErrWeak):
		return refused(http.StatusUnprocessableEntity, "password.weak")
	case errors.Is(err, login.ErrSame):
		return refused(http.StatusUnprocessableEntity, "password.same")
	case errors.Is(err, directory.ErrBusy), errors.Is(err, directory.ErrUnavailable), errors.Is(err, store.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded):
		return refused(http.StatusServiceUnavailable, "password.unavailable")
	}
	return refused(http.StatusInternalServerError, "password.unavailable")
}

// tooMany reports whether a limit was passed; other errors stay what they are.
func tooMany(err error) bool { return web.ProblemOf(err).Status == http.StatusTooManyRequests }
