// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// showLogin draws the login page. Without a sign-on it begins one to Clau's own
// pages, so that "/login" can be typed, kept and linked to.
func (p *Pipeline) showLogin(w http.ResponseWriter, r *http.Request) error {
	handle := r.URL.Query().Get(handleField)
	if handle == "" {
		return p.Begin(w, r, HomeRequest("/"))
	}
	u, err := p.resume(r, handle)
	if err != nil {
		return err
	}
	page := p.loginPage(r, u)
	page.Name = u.Request.LoginHint
	if _, person, ok := p.known(r); ok {
		page.Notice = "login.again"
		if !u.Switch && u.Request.SubjectHint == "" {
			page.Name, page.Fixed = string(person.Handle), true
		}
	}
	return p.show(w, r, u, http.StatusOK, page)
}

func (p *Pipeline) loginPage(r *http.Request, u underway) themes.Login {
	return themes.Login{
		Action: string(stepLogin), Fields: u.fields(r),
		Service: p.service(r, u.Request.Service), Cancel: u.cancelURL(),
	}
}

// postLogin takes name and password. Whatever goes wrong is said on the same
// page, with the same words for all that must look alike.
func (p *Pipeline) postLogin(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, handleField, "ui_locales", "username", "password")
	if err != nil {
		return err
	}
	u, err := p.resume(r, form[handleField])
	if err != nil {
		return err
	}
	name, password := form["username"], form["password"]
	page := p.loginPage(r, u)
	page.Name = name
	if name == "" || password == "" {
		page.Error = "login.empty"
		return p.show(w, r, u, http.StatusUnprocessableEntity, page)
	}
	outcome, err := p.c.Password.Prove(r.Context(), name, password, web.ClientAddr(r.Context()))
	if errors.Is(err, login.ErrRetired) && p.c.Retired != nil {
		// No session: all that they can do is to keep the account.
		return web.Redirect(w, r, p.c.Retired(outcome.Proof.Person))
	}
	if errors.Is(err, login.ErrSuspended) {
		return p.suspended(w, r, u, outcome.Proof.Person)
	}
	if err != nil {
		status, key := loginError(err)
		p.recordLogin(r, u, "", key, err)
		page.Error = key
		return p.show(w, r, u, status, page)
	}
	if outcome.MustChange {
		u.Changing, u.Expired = outcome.Proof.Person.ID, outcome.Advice.Expired
		if err := p.keep(r.Context(), &u); err != nil {
			return err
		}
		return u.redirect(w, r, stepPassword)
	}
	return p.proven(w, r, u, outcome.Proof)
}

// proven begins or goes on with a session and moves the sign-on forward.
func (p *Pipeline) proven(w http.ResponseWriter, r *http.Request, u underway, proof session.Proof) error {
	before, err := p.c.Sessions.Read(r)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return err
	}
	if before.Key != "" && before.Person != proof.Person.ID {
		if _, err := p.c.Logout.End(r.Context(), before.Key); err != nil {
			return err
		}
		before = session.Session{}
	}
	s, err := p.c.Sessions.Start(w, r, proof, before)
	if err != nil {
		return err
	}
	p.recordLogin(r, u, proof.Person.ID, "", nil)
	u.Proven, u.Changing = true, ""
	return p.proceed(w, r, u, s)
}

// loginError is the one place that says what a failed step looks like. A fault
// of ours is said on the page too: the person can press the button again.
func loginError(err error) (status int, key string) {
	switch {
	case errors.Is(err, login.ErrWrong):
		return http.StatusUnauthorized, "login.wrong"
	case errors.Is(err, login.ErrSlow):
		return http.StatusTooManyRequests, "login.slow"
	case errors.Is(err, login.ErrExpired):
		return http.StatusForbidden, "login.expired"
	case errors.Is(err, directory.ErrBusy):
		return http.StatusServiceUnavailable, "login.busy"
	case errors.Is(err, directory.ErrUnavailable), errors.Is(err, store.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "login.unavailable"
	}
	return http.StatusInternalServerError, "login.unavailable"
}

func (p *Pipeline) recordLogin(r *http.Request, u underway, who directory.PersonID, reason string, cause error) {
	kind := audit.LoginSucceeded
	if reason != "" {
		kind = audit.LoginFailed
	}
	if cause != nil {
		web.NoteError(r.Context(), cause)
	}
	p.record(r, kind, who, u.Request, reason)
}
