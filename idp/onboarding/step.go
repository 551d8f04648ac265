// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// step is a form that was sent by who holds a ticket.
type step struct {
	visit
	ticket string
}

// stepped checks that the form was drawn for the ticket, and not too often.
func (a *Room) stepped(next func(w http.ResponseWriter, s step) error) web.Handler {
	return a.visited(func(w http.ResponseWriter, v visit) error {
		form, err := web.ParseForm(v.Request, "t", "token")
		if err != nil {
			return err
		}
		if err := web.CheckFormToken(a.FormKey, ticketBinding(form["t"]), form["token"]); err != nil {
			return err
		}
		if err := a.brake(v); err != nil {
			return err
		}
		v.here = opened(v.URL.Path, form["t"])
		return next(w, step{v, form["t"]})
	})
}

// opened is the page on which a ticket was used.
func opened(path, ticket string) string {
	const application = "/join/application"
	if strings.HasPrefix(path, application) {
		path = application
	}
	return path + "?t=" + url.QueryEscape(ticket)
}

// fields mark a form as drawn for a ticket.
func (a *Room) fields(v visit, ticket string) []themes.Field {
	return v.langField(
		themes.Field{Name: "t", Value: ticket},
		themes.Field{Name: "token", Value: web.FormToken(a.FormKey, ticketBinding(ticket))},
	)
}

func ticketBinding(ticket string) string { return "ticket\x00" + ticket }

// post is a form of one button, or of few fields, for a ticket.
func (a *Room) post(v visit, path, ticket string) themes.Post {
	return themes.Post{Action: path, Fields: a.fields(v, ticket)}
}

// missed says what a ticket opens no more; any other error stays what it is.
func (a *Room) missed(w http.ResponseWriter, v visit, kind string, err error) error {
	if isOver(err) {
		return a.over(w, v, kind, directory.Collective{})
	}
	return failed(err)
}

// isOver is one answer for all that a ticket can suffer: forged, expired, used,
// overtaken, of another person or purpose.
func isOver(err error) bool {
	return errors.Is(err, membership.ErrTicket) || errors.Is(err, membership.ErrNotThere) ||
		errors.Is(err, directory.ErrNotFound)
}

// over says that a link is old, and how to get a new one.
func (a *Room) over(w http.ResponseWriter, v visit, kind string, c directory.Collective) error {
	web.Note(v.Context(), "over", kind)
	return a.show(w, v, http.StatusGone, c, themes.JoinOver{Kind: kind})
}

// failed is the one place where errors of package membership become answers of
// their own, where no page has a better one.
func failed(err error) error {
	switch {
	case errors.Is(err, membership.ErrNotThere), errors.Is(err, directory.ErrNotFound):
		return notThere(err)
	case errors.Is(err, membership.ErrSlow):
		return web.Fail(http.StatusTooManyRequests, "too-many", err)
	}
	return err
}
