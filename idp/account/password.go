// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// passwordMin is what pages say; the directory's policy decides.
const passwordMin = 10

func (a *Room) password(w http.ResponseWriter, r *http.Request) error {
	return a.show(w, r, a.passwordPage(signon.VisitorOf(r.Context())))
}

func (a *Room) passwordPage(v signon.Visitor) themes.MyPassword {
	return themes.MyPassword{
		Action: "/account/password", Fields: a.fields(v), Handle: string(v.Admission.Person.Handle), MinLength: passwordMin,
	}
}

// changePassword sets a new password for who gives the old one. Every session
// ends, and all that services were given; in this browser a new one begins.
func (a *Room) changePassword(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "current", "password", "password-again")
	if err != nil {
		return err
	}
	proof, no := a.changed(r, v, form["current"], form["password"], form["password-again"])
	if no != nil {
		page := a.passwordPage(v)
		page.Error = no.key
		return a.draw(w, r, no.status, page)
	}
	a.record(r.Context(), audit.PasswordChanged, v.Session.Person, "")
	a.Letters.Write(r.Context(), letter.Letter{Kind: letter.PasswordChanged, To: proof.Person, Collective: proof.Person.Primary})
	if _, err := a.Logout.EndPerson(r.Context(), v.Session.Person); err != nil {
		return err
	}
	if _, err := a.Sessions.Start(w, r, proof, session.Session{}); err != nil {
		return err
	}
	return back(w, r, "/account", "password")
}

func (a *Room) changed(r *http.Request, v signon.Visitor, current, password, again string) (session.Proof, *refusal) {
	if password != again {
		return session.Proof{}, refused(http.StatusUnprocessableEntity, "password.differ")
	}
	if no := a.proves(r, v, current); no != nil {
		return session.Proof{}, no
	}
	proof, err := a.Passwords.Change(r.Context(), v.Session.Person, password)
	if err != nil {
		return proof, passwordRefusal(err)
	}
	return proof, nil
}

// code is for who has no address: what is on paper brings them back.
func (a *Room) code(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if v.Admission.Person.Mail != "" {
		return notThere()
	}
	return a.show(w, r, a.codePage(v))
}

func (a *Room) codePage(v signon.Visitor) themes.MyCode {
	return themes.MyCode{Action: "/account/code", Fields: a.fields(v), Has: v.Admission.Person.Code != ""}
}

// newCode shows a new code, once; the one before is then worth nothing.
func (a *Room) newCode(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "current")
	if err != nil {
		return err
	}
	if v.Admission.Person.Mail != "" {
		return notThere()
	}
	page := a.codePage(v)
	if no := a.proves(r, v, form["current"]); no != nil {
		page.Error = no.key
		return a.draw(w, r, no.status, page)
	}
	if page.Code, err = a.Recovery.NewCode(r.Context(), v.Session.Person); err != nil {
		return err
	}
	a.record(r.Context(), audit.ProfileChanged, v.Session.Person, "code")
	return a.show(w, r, page)
}
