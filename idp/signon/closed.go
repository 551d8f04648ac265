// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// showClosed tells somebody why a service is not open to them, and whom to ask.
// The service itself can only be told that they do not enter: sent there at
// once, people would read its words for an error, or nothing.
func (p *Pipeline) showClosed(w http.ResponseWriter, r *http.Request) error {
	u, err := p.resume(r, r.URL.Query().Get(handleField))
	if err != nil {
		return err
	}
	s, err := p.c.Sessions.Read(r)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return err
	}
	v, err := p.judge(r.Context(), u.progress, s)
	if err != nil {
		return err
	}
	if v.ask != stepClosed { // the door was opened meanwhile
		return p.proceed(w, r, u, s)
	}
	page, who, err := p.closedPage(r.Context(), u, s)
	if err != nil {
		return err
	}
	if view := p.service(r, u.Request.Service); view != nil {
		page.Service = *view
	}
	lang := p.c.Pages.Match(web.Language(r), u.Request.UILocales, who.Language, r.Header.Get("Accept-Language"))
	return p.showIn(w, r, u, lang, http.StatusForbidden, p.branding(r, u.Request.Service), page)
}

func (p *Pipeline) closedPage(ctx context.Context, u underway, s session.Session) (themes.Closed, directory.Person, error) {
	page := themes.Closed{Back: u.cancelURL()}
	a, err := p.door(ctx, u.entry(s))
	if err != nil && !errors.Is(err, ErrClosed) {
		return page, directory.Person{}, err
	}
	page.Person, page.Reason = a.Person.Name, closedBecause(a)
	ask := a.Service.Collective
	if page.Reason == "anonymous" || page.Reason == "handle" {
		ask = a.verdict.Collective // whose rule it is
	}
	c, err := p.c.Directory.Collective(ctx, ask)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		web.NoteError(ctx, err) // costs the contact, not the page
	}
	page.Collective, page.Contact = c.Title, c.Mail
	return page, a.Person, nil
}

// closedBecause is a key of the pages' words below "closed.".
func closedBecause(a Admission) string {
	switch {
	case a.Service.ID == "" || a.Service.State != directory.Active:
		return "stopped"
	case errors.Is(a.verdict.Refused, consent.ErrAnonymous):
		return "anonymous"
	case errors.Is(a.verdict.Refused, consent.ErrForbidden):
		return "handle"
	case a.Service.Open(a.Standing):
		return "account" // no seed: something is wrong with the account itself
	case a.Service.Access == directory.AccessCollective:
		return "members"
	}
	return "group"
}

// suspended tells somebody who gave the right password why the account is shut,
// until when, and whom to ask. No session begins.
func (p *Pipeline) suspended(w http.ResponseWriter, r *http.Request, u underway, who directory.Person) error {
	p.record(r, audit.LoginFailed, who.ID, u.Request, "login.suspended")
	page := themes.Closed{Person: who.Name, Reason: "suspended", Words: who.Reason, Back: u.cancelURL()}
	lang := p.c.Pages.Match(web.Language(r), who.Language, r.Header.Get("Accept-Language"))
	if !who.Until.IsZero() {
		page.Until = p.c.Dates.Date(lang, who.Until)
	}
	c, err := p.c.Directory.Collective(r.Context(), who.Primary)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		web.NoteError(r.Context(), err) // costs the contact, not the page
	}
	page.Collective, page.Contact = c.Title, c.Mail
	return p.showIn(w, r, u, lang, http.StatusForbidden, web.Brand(c), page)
}
