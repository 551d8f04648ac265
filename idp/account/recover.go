// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// visitorFields mark a form as drawn for the browser of somebody who is not
// logged in.
func (a *Room) visitorFields(w http.ResponseWriter, r *http.Request) ([]themes.Field, error) {
	browser, err := a.Sessions.NameBrowser(w, r)
	if err != nil {
		return nil, err
	}
	return []themes.Field{{Name: "token", Value: web.FormToken(a.FormKey, "recover "+browser)}}, nil
}

// visitorForm reads such a form.
func (a *Room) visitorForm(r *http.Request, names ...string) (web.Form, error) {
	form, err := web.ParseForm(r, append(names, "token")...)
	if err != nil {
		return nil, err
	}
	browser, ok := a.Sessions.Browser(r)
	if !ok {
		browser = ""
	}
	return form, web.CheckFormToken(a.FormKey, "recover "+browser, form["token"])
}

func (a *Room) recover(w http.ResponseWriter, r *http.Request) error {
	if a.Mailless {
		return web.Redirect(w, r, "/recover/code")
	}
	return a.recoverPage(w, r, http.StatusOK, themes.Recover{})
}

func (a *Room) recoverPage(w http.ResponseWriter, r *http.Request, status int, page themes.Recover) error {
	fields, err := a.visitorFields(w, r)
	if err != nil {
		return err
	}
	page.Action, page.Fields = "/recover", fields
	return a.draw(w, r, status, page)
}

// askRecovery says the same to everybody, and does the same for everybody
// before it says so; see [login.Recovery.Ask].
func (a *Room) askRecovery(w http.ResponseWriter, r *http.Request) error {
	if a.Mailless {
		return web.Fail(http.StatusServiceUnavailable, "no-mail", nil)
	}
	form, err := a.visitorForm(r, "username")
	if err != nil {
		return err
	}
	if form["username"] == "" {
		return a.recoverPage(w, r, http.StatusUnprocessableEntity, themes.Recover{Error: "recover.empty"})
	}
	err = a.Recovery.Ask(r.Context(), form["username"], web.ClientAddr(r.Context()))
	if errors.Is(err, login.ErrSlow) {
		return a.recoverPage(w, r, http.StatusTooManyRequests, themes.Recover{Error: "recover.slow"})
	}
	if err != nil {
		return err
	}
	return a.recoverPage(w, r, http.StatusOK, themes.Recover{Sent: true})
}

// recoverLink is where the letter's link leads; it changes nothing.
func (a *Room) recoverLink(w http.ResponseWriter, r *http.Request) error {
	link := r.URL.Query().Get("t")
	p, err := a.Recovery.Reset(r.Context(), link)
	if err != nil {
		return a.oldRecovery(w, r, err)
	}
	return a.show(w, r, a.newPasswordPage(p, link))
}

func (a *Room) newPasswordPage(p directory.Person, link string) themes.RecoverPassword {
	return themes.RecoverPassword{
		Action: "/recover/password", Fields: a.ticketFields(link), Handle: string(p.Handle), MinLength: passwordMin,
	}
}

// oldRecovery offers a new link to who came with an old one.
func (a *Room) oldRecovery(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, login.ErrLink) {
		return err
	}
	return a.recoverPage(w, r, http.StatusGone, themes.Recover{Error: "recover.old-link"})
}

func (a *Room) recoverByLink(w http.ResponseWriter, r *http.Request) error {
	form, err := a.ticketForm(r, "password", "password-again")
	if err != nil {
		return err
	}
	p, err := a.Recovery.Reset(r.Context(), form["t"])
	if err != nil {
		return a.oldRecovery(w, r, err)
	}
	no := refused(http.StatusUnprocessableEntity, "password.differ")
	if form["password"] == form["password-again"] {
		p, err = a.Recovery.SetByLink(r.Context(), form["t"], form["password"])
		if errors.Is(err, login.ErrLink) {
			return a.oldRecovery(w, r, err)
		}
		no = refusalOf(r, err)
	}
	if no != nil {
		page := a.newPasswordPage(p, form["t"])
		page.Error = no.key
		return a.draw(w, r, no.status, page)
	}
	return a.recovered(w, r, p, "")
}

func refusalOf(r *http.Request, err error) *refusal {
	if err == nil {
		return nil
	}
	web.NoteError(r.Context(), err)
	return passwordRefusal(err)
}

// recovered ends what others may have open with the old password, and tells
// their services. It begins no session: the door is the login, where it is asked
// who may enter.
func (a *Room) recovered(w http.ResponseWriter, r *http.Request, p directory.Person, code string) error {
	if _, err := a.Logout.EndPerson(r.Context(), p.ID); err != nil {
		// They open nothing any more, and a new code is shown now or never.
		web.NoteError(r.Context(), err)
	}
	return a.show(w, r, themes.Recovered{Code: code, Stopped: !p.MayEnter(a.Now())})
}

func (a *Room) recoverCode(w http.ResponseWriter, r *http.Request) error {
	return a.recoverCodePage(w, r, http.StatusOK, themes.RecoverCode{})
}

func (a *Room) recoverCodePage(w http.ResponseWriter, r *http.Request, status int, page themes.RecoverCode) error {
	fields, err := a.visitorFields(w, r)
	if err != nil {
		return err
	}
	page.Action, page.Fields, page.MinLength = "/recover/code", fields, passwordMin
	return a.draw(w, r, status, page)
}

func (a *Room) recoverByCode(w http.ResponseWriter, r *http.Request) error {
	form, err := a.visitorForm(r, "username", "code", "password", "password-again")
	if err != nil {
		return err
	}
	page := themes.RecoverCode{Name: form["username"]}
	if form["password"] != form["password-again"] {
		page.Error = "password.differ"
		return a.recoverCodePage(w, r, http.StatusUnprocessableEntity, page)
	}
	p, code, err := a.Recovery.SetByCode(r.Context(), form["username"], form["code"], form["password"], web.ClientAddr(r.Context()))
	if err != nil {
		no := refusalOf(r, err)
		page.Error = no.key
		if errors.Is(err, login.ErrWrong) {
			page.Error = "recover.wrong"
		}
		return a.recoverCodePage(w, r, no.status, page)
	}
	return a.recovered(w, r, p, code)
}
