// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"errors"
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// erase explains what erasing the account means, before anything is done.
func (a *Room) erase(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	page, err := a.erasePage(r, v)
	if err != nil {
		return err
	}
	return a.show(w, r, page)
}

func (a *Room) erasePage(r *http.Request, v signon.Visitor) (themes.EraseAccount, error) {
	page := themes.EraseAccount{
		Action: "/account/erase", Fields: a.fields(v), Days: membership.GraceDays, Anonymous: v.Admission.Person.Code != "",
	}
	all, err := a.allHeld(r.Context(), v)
	for _, h := range all {
		page.Services = append(page.Services, h.service.Title)
	}
	return page, err
}

// retire shuts the account, to be erased when the grace is over, and says what
// each service answered. Nothing of the visitor's is read after it: for them
// the session is over.
func (a *Room) retire(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "current")
	if err != nil {
		return err
	}
	page, err := a.erasePage(r, v)
	if err != nil {
		return err
	}
	if no := a.provesSomehow(r, v, form["current"]); no != nil {
		page.Error = no.key
		return a.draw(w, r, no.status, page)
	}
	until, told, err := a.Memberships.Retire(r.Context(), v.Session.Person)
	if errors.Is(err, membership.ErrLastManager) {
		page.Error = "erase.last-manager"
		return a.draw(w, r, http.StatusConflict, page)
	}
	if err != nil {
		return err
	}
	a.Sessions.Forget(w)
	lang := a.lang(r, v.Admission.Person.Language)
	return a.retired(w, r, v, themes.EraseBegun{Until: a.Pages.DateTime(lang, until.UTC())}, told)
}

// provesSomehow takes the code on paper as well as the password.
func (a *Room) provesSomehow(r *http.Request, v signon.Visitor, typed string) *refusal {
	if login.IsCode(v.Admission.Person, typed) {
		return nil
	}
	return a.proves(r, v, typed)
}

func (a *Room) retired(w http.ResponseWriter, r *http.Request, v signon.Visitor, page themes.EraseBegun, told []logout.Outcome) error {
	page.Services, page.Mail = a.told(r.Context(), told), v.Admission.Person.Mail
	if page.Mail == "" {
		p, err := a.Source.Person(r.Context(), v.Session.Person)
		if err != nil {
			return err
		}
		page.Cancel = CancelPath(a.Memberships.ReviveTicket(p))
	}
	return a.show(w, r, page)
}

// CancelPath is the path where somebody with the ticket cancels the erasure of
// their account.
func CancelPath(ticket string) string { return "/erase/cancel?t=" + url.QueryEscape(ticket) }

// eraseLink is where the letter's link leads; it changes nothing.
func (a *Room) eraseLink(w http.ResponseWriter, r *http.Request) error {
	link := r.URL.Query().Get("t")
	p, err := a.Memberships.Reviving(r.Context(), link)
	if err != nil {
		return a.oldErasure(w, r, err)
	}
	lang := a.lang(r, p.Language)
	return a.show(w, r, themes.CancelErasure{
		Action: "/erase/cancel", Fields: a.ticketFields(link), Handle: string(p.Handle), Until: a.Pages.DateTime(lang, p.Expires.UTC()),
	})
}

func (a *Room) oldErasure(w http.ResponseWriter, r *http.Request, err error) error {
	gone := errors.Is(err, membership.ErrTicket) || errors.Is(err, membership.ErrNotThere) || errors.Is(err, directory.ErrNotFound)
	if !gone {
		return err
	}
	return a.draw(w, r, http.StatusGone, themes.CancelErasure{Error: "erase.old-link"})
}

func (a *Room) cancelErasure(w http.ResponseWriter, r *http.Request) error {
	form, err := a.ticketForm(r)
	if err != nil {
		return err
	}
	p, err := a.Memberships.Revive(r.Context(), form["t"])
	if err != nil {
		return a.oldErasure(w, r, err)
	}
	return a.show(w, r, themes.CancelErasure{Handle: string(p.Handle), Done: true})
}
