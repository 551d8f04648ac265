// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/themes"
)

// Where an application is, in the words of the page.
const (
	proving  = "proving"
	waiting  = "waiting"
	onPaper  = "paper" // waiting, where no letter will come
	asked    = "asked"
	accepted = "accepted"
	inUse    = "in-use"
)

func stateOf(of membership.Applicant) string {
	lines := of.Case.Dialogue
	switch {
	case of.InUse:
		return inUse
	case of.Accepted:
		return accepted
	case of.Person.State == directory.PendingConfirmation:
		return proving
	case len(lines) > 0 && lines[len(lines)-1].By != "":
		return asked
	case withoutLetters(of.Person):
		return onPaper
	}
	return waiting
}

// withoutLetters reports whether no letter reaches the person: they set their
// first password where others read that a letter is on its way.
func withoutLetters(p directory.Person) bool { return p.Mail == "" && len(p.Verified) == 0 }

func (a *Room) showApplication(w http.ResponseWriter, v visit) error {
	page := themes.JoinApplication{}
	switch v.URL.Query().Get("done") {
	case "proved":
		page.Notice = "join.proved"
	case "sent":
		page.Notice = "join.sent"
	case "replied":
		page.Notice = "join.replied"
	}
	return a.follow(w, v, v.URL.Query().Get("t"), http.StatusOK, page)
}

// follow draws the application that a ticket opens. While its address is not
// proven the page is the same for one that has an account already, and for a
// decoy: it says what was typed, in the language of the browser.
func (a *Room) follow(w http.ResponseWriter, v visit, ticket string, status int, page themes.JoinApplication) error {
	of, err := a.application(v.Context(), ticket)
	if err != nil {
		return a.missed(w, v, "application", err)
	}
	state := stateOf(of)
	if state != proving {
		v = v.of(a.Pages, of.Person)
	}
	if state == accepted && withoutLetters(of.Person) {
		return a.askPassword(w, v, ticket, http.StatusOK, "")
	}
	page.State, page.Title, page.Contact = state, of.Collective.Title, of.Collective.Mail
	page.Together = together(of.Collective)
	a.tell(v, &page, of)
	a.offer(v, &page, ticket)
	return a.show(w, v, status, of.Collective, page)
}

// tell writes down what is known of the application.
func (a *Room) tell(v visit, page *themes.JoinApplication, of membership.Applicant) {
	page.Handle = string(of.Person.Handle)
	if page.State == proving {
		page.Address = of.Person.Pending
	}
	if !of.Case.Created.IsZero() {
		page.Since = a.Pages.Date(v.lang, of.Case.Created)
	}
	if !of.Case.Expires.IsZero() {
		page.Lapses = a.Pages.Date(v.lang, of.Case.Expires)
	}
	for _, line := range of.Case.Dialogue {
		page.Dialogue = append(page.Dialogue, themes.LineView{
			Mine: line.By == "", When: a.Pages.DateTime(v.lang, line.At), Text: line.Text,
		})
	}
}

// offer draws the forms of what can be done now.
func (a *Room) offer(v visit, page *themes.JoinApplication, ticket string) {
	const path = "/join/application/"
	switch page.State {
	case proving:
		page.Code, page.Again = a.post(v, path+"code", ticket), a.post(v, path+"again", ticket)
	case asked:
		page.Reply = a.post(v, path+"reply", ticket)
	case waiting, onPaper:
	default:
		return
	}
	page.Withdraw = a.post(v, path+"withdraw", ticket)
}
