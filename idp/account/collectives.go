// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// Memberships is where what a person does about their memberships is decided,
// and the end of their account.
type Memberships interface {
	Open(ctx context.Context) ([]directory.Collective, error)
	Ask(ctx context.Context, person directory.PersonID, to directory.CollectiveName, words string) error
	AskHome(ctx context.Context, person directory.PersonID, to directory.CollectiveName) error
	Asked(ctx context.Context, person directory.PersonID) ([]directory.Case, error)
	ReplyAsked(ctx context.Context, person directory.PersonID, of directory.CollectiveName, id directory.CaseID, text string) error
	TakeBack(ctx context.Context, person directory.PersonID, of directory.CollectiveName, id directory.CaseID) error
	Leave(ctx context.Context, person directory.PersonID, name directory.CollectiveName) error

	Retire(ctx context.Context, person directory.PersonID) (until time.Time, told []logout.Outcome, err error)
	Reviving(ctx context.Context, ticket string) (directory.Person, error)
	Revive(ctx context.Context, ticket string) (directory.Person, error)
	ReviveTicket(p directory.Person) string
}

// wordsMax is how long a line to managers may be, in characters.
const wordsMax = 500

func (a *Room) collectives(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	page, err := a.collectivesPage(r, v)
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("done") {
	case "asked":
		page.Notice = "collectives.asked"
	case "answered":
		page.Notice = "collectives.answered"
	case "taken-back":
		page.Notice = "collectives.taken-back"
	case "left":
		page.Notice = "collectives.left"
	}
	return a.show(w, r, page)
}

func (a *Room) collectivesPage(r *http.Request, v signon.Visitor) (themes.MyCollectives, error) {
	page := themes.MyCollectives{Action: "/account/collectives", Fields: a.fields(v)}
	asked, err := a.Memberships.Asked(r.Context(), v.Session.Person)
	if err != nil {
		return page, err
	}
	for _, c := range asked {
		view, err := a.asked(r, v, c)
		if err != nil {
			return page, err
		}
		page.Asked = append(page.Asked, view)
	}
	if page.Memberships, err = a.memberships(r.Context(), v); err != nil {
		return page, err
	}
	open, err := a.Memberships.Open(r.Context())
	if err != nil {
		return page, err
	}
	for _, c := range open {
		waits := slices.ContainsFunc(asked, func(one directory.Case) bool { return one.Collective == c.Name })
		if !waits && !v.Admission.Standing.MemberOf(c.Name) {
			page.Joinable = append(page.Joinable, themes.LanguageView{Tag: string(c.Name), Name: c.Title})
		}
	}
	return page, nil
}

// asked is a case that the person opened, as they see it.
func (a *Room) asked(r *http.Request, v signon.Visitor, c directory.Case) (themes.AskedView, error) {
	lang := a.lang(r, v.Admission.Person.Language)
	of, err := a.Directory.Collective(r.Context(), c.Collective)
	if err != nil {
		return themes.AskedView{}, err
	}
	path := ownCollective(c.Collective) + "/cases/" + string(c.ID)
	view := themes.AskedView{
		Title: of.Title, Kind: string(c.Kind), Since: a.Pages.Date(lang, c.Created), Words: c.Words, ID: string(c.ID),
		Back: themes.Post{Action: path + "/back", Fields: a.fields(v)},
	}
	if !c.Expires.IsZero() {
		view.Lapses = a.Pages.Date(lang, c.Expires)
	}
	for _, line := range c.Dialogue {
		view.Dialogue = append(view.Dialogue, themes.AskedLine{
			Mine: line.By == "", When: a.Pages.DateTime(lang, line.At.UTC()), Text: line.Text,
		})
		view.Waits = line.By != ""
	}
	if view.Waits {
		view.Reply = themes.Post{Action: path + "/reply", Fields: a.fields(v)}
	}
	return view, nil
}

func (a *Room) askToJoin(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "to", "words")
	if err != nil {
		return err
	}
	if form["to"] == "" {
		return a.collectivesAgain(w, r, v, form["words"], refused(http.StatusUnprocessableEntity, "collectives.none-chosen"))
	}
	if utf8.RuneCountInString(form["words"]) > wordsMax {
		return a.collectivesAgain(w, r, v, form["words"], refused(http.StatusUnprocessableEntity, "collectives.long"))
	}
	err = a.Memberships.Ask(r.Context(), v.Session.Person, directory.CollectiveName(form["to"]), form["words"])
	return a.decided(w, r, v, form["words"], "asked", err)
}

func (a *Room) askHome(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	err := a.Memberships.AskHome(r.Context(), v.Session.Person, collectiveOf(r))
	return a.decided(w, r, v, "", "asked", err)
}

func (a *Room) reply(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "text")
	if err != nil {
		return err
	}
	if text := form["text"]; text == "" || utf8.RuneCountInString(text) > wordsMax {
		return a.collectivesAgain(w, r, v, "", refused(http.StatusUnprocessableEntity, "collectives.long"))
	}
	err = a.Memberships.ReplyAsked(r.Context(), v.Session.Person, collectiveOf(r), caseOf(r), form["text"])
	return a.decided(w, r, v, "", "answered", err)
}

func (a *Room) takeBack(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	err := a.Memberships.TakeBack(r.Context(), v.Session.Person, collectiveOf(r), caseOf(r))
	return a.decided(w, r, v, "", "taken-back", err)
}

// decided leads back to the page, which says what came of it.
func (a *Room) decided(w http.ResponseWriter, r *http.Request, v signon.Visitor, words, done string, err error) error {
	if err == nil {
		return back(w, r, "/account/collectives", done)
	}
	no := membershipRefusal(err)
	if no == nil {
		return err
	}
	return a.collectivesAgain(w, r, v, words, no)
}

func (a *Room) collectivesAgain(w http.ResponseWriter, r *http.Request, v signon.Visitor, words string, no *refusal) error {
	page, err := a.collectivesPage(r, v)
	if err != nil {
		return err
	}
	page.Words, page.Error = words, no.key
	return a.draw(w, r, no.status, page)
}

// membershipRefusal is the page's word for what package membership would not do.
// What is not there is not there on this page either.
func membershipRefusal(err error) *refusal {
	var faults membership.Faults
	switch {
	case errors.Is(err, membership.ErrNotThere):
		return refused(http.StatusNotFound, "collectives.unknown")
	case errors.Is(err, membership.ErrDone):
		return refused(http.StatusConflict, "collectives.again")
	case errors.Is(err, membership.ErrClosed):
		return refused(http.StatusConflict, "collectives.closed")
	case errors.Is(err, membership.ErrSlow):
		return refused(http.StatusTooManyRequests, "collectives.slow")
	case errors.Is(err, membership.ErrLastManager):
		return refused(http.StatusConflict, "leave.last-manager")
	case errors.As(err, &faults):
		return refused(http.StatusUnprocessableEntity, "collectives.long")
	}
	return nil
}

func collectiveOf(r *http.Request) directory.CollectiveName {
	return directory.CollectiveName(r.PathValue("collective"))
}

func caseOf(r *http.Request) directory.CaseID { return directory.CaseID(r.PathValue("case")) }
