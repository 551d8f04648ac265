// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// thisAccount is the form's name for the account of the browser's session.
const thisAccount = "this"

func (p *Pipeline) showAccounts(w http.ResponseWriter, r *http.Request) error {
	u, err := p.resume(r, r.URL.Query().Get(handleField))
	if err != nil {
		return err
	}
	page := themes.ChooseAccount{
		Action: string(stepChoose), Fields: u.fields(r),
		Service: p.service(r, u.Request.Service), Cancel: u.cancelURL(),
	}
	if _, person, ok := p.known(r); ok {
		page.Accounts = []themes.AccountView{{Name: person.Name, Handle: string(person.Handle), Value: thisAccount}}
	}
	return p.show(w, r, u, http.StatusOK, page)
}

func (p *Pipeline) postAccount(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, handleField, "ui_locales", "account")
	if err != nil {
		return err
	}
	u, err := p.resume(r, form[handleField])
	if err != nil {
		return err
	}
	s, err := p.c.Sessions.Read(r)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return err
	}
	u.Chosen = true
	u.Switch = form["account"] != thisAccount
	return p.proceed(w, r, u, s)
}
