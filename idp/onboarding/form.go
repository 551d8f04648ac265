// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// lapseDays is what holds where a collective says nothing.
const lapseDays = 14

// sheet is the form to join a collective, on somebody's way through it.
type sheet struct {
	visit
	collective directory.Collective
	anonymous  bool   // without name and address
	invitation string // its ticket; empty: none
	byMail     bool   // which was sent to an address
	mailless   bool   // nobody can prove an address
	seal       seal
	typed      web.Form
}

// showForm draws the form of a collective.
func (a *Room) showForm(w http.ResponseWriter, v visit) error {
	asked, err := web.ParseForm(v.Request, "as", "invitation")
	if err != nil {
		return err
	}
	s, err := a.lay(v, asked)
	if err != nil {
		return err
	}
	if err := a.invited(s); err != nil {
		return a.missed(w, v, "invitation", err)
	}
	s.seal = a.sealed(s.collective.Name, a.Now())
	return a.draw(w, s, http.StatusOK, themes.JoinForm{})
}

// invited reads the invitation of the form, if there is one. Who was sent one by
// mail owns the address, and whoever sent it knows who they are: they are not
// offered to come without a name.
func (a *Room) invited(s *sheet) error {
	if s.invitation == "" {
		return nil
	}
	i, err := a.Memberships.Invited(s.Context(), s.invitation)
	if err == nil && i.Collective != s.collective.Name {
		err = membership.ErrTicket
	}
	if err != nil || i.Mail == "" {
		return err
	}
	s.byMail, s.anonymous = true, false
	s.typed["mail"] = cmp.Or(s.typed["mail"], i.Mail)
	return nil
}

// lay finds the collective, and by which way somebody wants to come to it.
func (a *Room) lay(v visit, asked web.Form) (*sheet, error) {
	c, err := a.collective(v.Context(), directory.CollectiveName(v.PathValue("collective")))
	if err != nil {
		return nil, err
	}
	if a.Mailless { // without an address there is one way, and only where there is that way
		if !membership.TakesAnonymous(c) {
			return nil, web.Fail(http.StatusServiceUnavailable, "no-mail", nil)
		}
		asked["as"] = "anonymous"
	}
	s := &sheet{
		visit: v, collective: c, typed: asked, invitation: asked["invitation"],
		anonymous: asked["as"] == "anonymous" && membership.TakesAnonymous(c),
	}
	s.mailless = a.Mailless
	s.here = s.to(v.URL.Path, "as", s.way(), "invitation", s.invitation)
	return s, nil
}

// way is what "as" says in addresses and forms.
func (s *sheet) way() string {
	if s.anonymous {
		return "anonymous"
	}
	return ""
}

// collective reads one that is there for people to see.
func (a *Room) collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error) {
	if !name.Valid() {
		return directory.Collective{}, notThere(nil)
	}
	c, err := a.Directory.Collective(ctx, name)
	if errors.Is(err, directory.ErrNotFound) {
		return c, notThere(err)
	}
	if err == nil && c.State != directory.Active {
		return c, notThere(nil)
	}
	return c, err
}

func notThere(cause error) error { return web.Fail(http.StatusNotFound, "not-found", cause) }

// draw completes the page with what was typed.
func (a *Room) draw(w http.ResponseWriter, s *sheet, status int, page themes.JoinForm) error {
	c := s.collective
	page.Title, page.Contact = c.Title, c.Mail
	page.Words = said(c.Settings.Words, s.lang, c)
	if s.invitation == "" { // which is an answer to the question
		page.Question = said(c.Settings.Question, s.lang, c)
	}
	page.Closed = c.Settings.Closed && s.invitation == ""
	page.Invited, page.Anonymous = s.invitation != "", s.anonymous
	page.Action, page.Fields = s.URL.Path, s.fields()
	page.OtherWay = s.otherWay()
	page.Handle, page.Name, page.Mail = s.typed["handle"], s.typed["name"], s.typed["mail"]
	page.ToManagers, page.Answer = s.typed["words"], s.typed["answer"]
	page.Languages = a.languages(cmp.Or(s.typed["language"], s.lang))
	page.Lapses = lapses(c)
	page.Together = together(c)
	return a.show(w, s.visit, status, c, page)
}

func lapses(c directory.Collective) int { return cmp.Or(c.Settings.LapseDays, lapseDays) }

func together(c directory.Collective) bool { return membership.Together(c, directory.CaseRegister) }

func (s *sheet) fields() []themes.Field {
	fields := s.seal.fields()
	if s.anonymous {
		fields = append(fields, themes.Field{Name: "as", Value: s.way()})
	}
	if s.invitation != "" {
		fields = append(fields, themes.Field{Name: "invitation", Value: s.invitation})
	}
	return s.langField(fields...)
}

// otherWay leads to the form with name and address, or without.
func (s *sheet) otherWay() string {
	if s.mailless {
		return ""
	}
	if s.anonymous {
		return s.to(s.URL.Path, "invitation", s.invitation)
	}
	if s.byMail || !membership.TakesAnonymous(s.collective) {
		return ""
	}
	return s.to(s.URL.Path, "as", "anonymous", "invitation", s.invitation)
}

func (a *Room) languages(chosen string) []themes.LanguageView {
	var views []themes.LanguageView
	for _, l := range a.Pages.Languages() {
		views = append(views, themes.LanguageView{Tag: l.Tag, Name: l.Name, Chosen: l.Tag == chosen})
	}
	return views
}

// faults are what package membership found, in the words of the page. What the
// page has no words for is told at the first field rather than not at all.
func faults(found membership.Faults) []themes.Fault {
	var out []themes.Fault
	for _, f := range found {
		code := "join." + f.Field + "-" + map[string]string{
			"empty": "empty", "malformed": "malformed", "taken": "taken", "too-long": "long", "wrong": "wrong",
		}[f.Code]
		field := f.Field
		if !slices.Contains(spoken(), code) {
			code = "join.fault-other"
		}
		if !slices.Contains(fieldNames(), field) {
			field = "handle"
		}
		out = append(out, themes.Fault{Field: field, Code: code})
	}
	return out
}

// fieldNames are the fields that people see, and spoken the faults of them that
// there are words for.
func fieldNames() []string {
	return []string{"handle", "mail", "name", "language", "words", "answer"}
}

func spoken() []string {
	return []string{
		"join.handle-empty", "join.handle-malformed", "join.handle-taken", "join.handle-long",
		"join.mail-empty", "join.mail-malformed", "join.mail-long", "join.mail-taken", "join.mail-wrong", "join.name-malformed", "join.name-long",
		"join.words-malformed", "join.words-long", "join.answer-empty", "join.answer-wrong",
	}
}
