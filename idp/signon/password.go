// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// passwordMin is what the page says; the directory's policy decides.
const passwordMin = 10

// showPassword asks for a new password. Only a sign-on whose browser has just
// proven the old one comes here.
func (p *Pipeline) showPassword(w http.ResponseWriter, r *http.Request) error {
	u, err := p.resume(r, r.URL.Query().Get(handleField))
	if err != nil {
		return err
	}
	if u.Changing == "" {
		return u.redirect(w, r, stepLogin)
	}
	return p.show(w, r, u, http.StatusOK, p.passwordPage(r, u))
}

func (p *Pipeline) passwordPage(r *http.Request, u underway) themes.ChangePassword {
	page := themes.ChangePassword{
		Action: string(stepPassword), Fields: u.fields(r),
		Service: p.service(r, u.Request.Service), Cancel: u.cancelURL(),
		Reason: "password.must-change", MinLength: passwordMin,
	}
	if person, err := p.c.Directory.Person(r.Context(), u.Changing); err == nil {
		page.Name = string(person.Handle)
	}
	if u.Expired {
		page.Reason = "password.expired"
	}
	return page
}

func (p *Pipeline) postPassword(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, handleField, "ui_locales", "password", "password-again")
	if err != nil {
		return err
	}
	u, err := p.resume(r, form[handleField])
	if err != nil {
		return err
	}
	if u.Changing == "" {
		return u.redirect(w, r, stepLogin)
	}
	page := p.passwordPage(r, u)
	if form["password"] != form["password-again"] {
		page.Error = "password.differ"
		return p.show(w, r, u, http.StatusUnprocessableEntity, page)
	}
	proof, err := p.c.Password.Change(r.Context(), u.Changing, form["password"])
	if err != nil {
		status, key := changeError(err)
		web.NoteError(r.Context(), err)
		page.Error = key
		return p.show(w, r, u, status, page)
	}
	p.record(r, audit.PasswordChanged, proof.Person.ID, u.Request, "")
	p.c.Notify.PasswordChanged(r.Context(), proof.Person)
	return p.proven(w, r, u, proof)
}

func changeError(err error) (status int, key string) {
	switch {
	case errors.Is(err, login.ErrWeak):
		return http.StatusUnprocessableEntity, "password.weak"
	case errors.Is(err, login.ErrSame):
		return http.StatusUnprocessableEntity, "password.same"
	}
	return loginError(err)
}
