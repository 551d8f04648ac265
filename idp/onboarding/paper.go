// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"net/http"
	"regexp"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// paper is what somebody without an address has to write down.
type paper struct{ Ticket, Code, Handle string }

// paper shows the code. The form carries it, so that who goes on without having
// written it down sees it once more: it is kept nowhere.
func (a *Room) paper(w http.ResponseWriter, v visit, c directory.Collective, p paper, status int) error {
	page := themes.JoinPaper{
		Action: "/join/application/noted", Title: c.Title, Handle: p.Handle, Code: p.Code,
		Return: a.Issuer.JoinPath("join", "return").String(),
		Fields: append(a.fields(v, p.Ticket), themes.Field{Name: "code", Value: p.Code}, themes.Field{Name: "handle", Value: p.Handle}),
	}
	if status != http.StatusOK {
		page.Error = "join.noted"
	}
	v.here = "" // a link away from here would lose the code
	return a.show(w, v, status, c, page)
}

// noted goes on to the application once the code is on paper.
func (a *Room) noted(w http.ResponseWriter, s step) error {
	form, err := web.ParseForm(s.Request, "noted", "code", "handle")
	if err != nil {
		return err
	}
	if form["noted"] == "yes" || !isPaperCode(form["code"]) || !directory.Handle(form["handle"]).Valid() {
		return web.Redirect(w, s.Request, s.to("/join/application", "t", s.ticket))
	}
	applicant, err := a.application(s.Context(), s.ticket)
	if err != nil {
		return a.missed(w, s.visit, "application", err)
	}
	p := paper{s.ticket, form["code"], form["handle"]}
	return a.paper(w, s.visit, applicant.Collective, p, http.StatusUnprocessableEntity)
}

// isPaperCode keeps anything else from being shown as one.
func isPaperCode(code string) bool {
	return regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}([ -]?[0-9A-HJKMNP-TV-Z]{4}){3}$`).MatchString(code)
}
