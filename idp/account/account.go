// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

func (a *Room) account(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	p := v.Admission.Person
	page := themes.Account{
		Name: p.Name, Handle: string(p.Handle), Mail: p.Mail, Language: p.Language, Anonymous: p.Anonymous,
		Action: "/account/language", LogoutAction: "/account/logout", Fields: a.fields(v),
	}
	if r.URL.Query().Get("saved") == "language" {
		page.Notice = "account.language-saved"
	}
	var err error
	if page.Collectives, err = a.collectives(r.Context(), v); err != nil {
		return err
	}
	if page.Sessions, err = a.sessions(r, v); err != nil {
		return err
	}
	for _, l := range a.Pages.Languages() {
		page.Languages = append(page.Languages, themes.LanguageView{Tag: l.Tag, Name: l.Name, Chosen: l.Tag == p.Language})
	}
	return a.show(w, r, page)
}

func (a *Room) collectives(ctx context.Context, v signon.Visitor) ([]themes.CollectiveView, error) {
	var out []themes.CollectiveView
	for _, m := range v.Admission.Standing.Memberships {
		c, err := a.Directory.Collective(ctx, m.Collective)
		if err != nil {
			return nil, err
		}
		view := themes.CollectiveView{Title: c.Title, Manager: m.Manager, Contact: c.Mail}
		if m.Manager {
			view.Policy = "/collectives/" + string(c.Name) + "/policy"
		}
		out = append(out, view)
	}
	return out, nil
}

func (a *Room) sessions(r *http.Request, v signon.Visitor) ([]themes.SessionView, error) {
	all, err := a.Sessions.Of(r.Context(), v.Session.Person)
	if err != nil {
		return nil, err
	}
	lang := a.lang(r, v.Admission.Person.Language)
	var out []themes.SessionView
	for _, s := range all {
		if s.Epoch < v.Admission.Person.Epoch {
			continue // void already
		}
		out = append(out, themes.SessionView{
			Current: s.Key == v.Session.Key, Since: a.Pages.DateTime(lang, s.AuthTime), Methods: s.AMR,
		})
	}
	return out, nil
}

// language keeps the language that the person wants pages and mails in.
func (a *Room) language(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "language")
	if err != nil {
		return err
	}
	chosen := form["language"]
	known := slices.ContainsFunc(a.Pages.Languages(), func(l themes.Language) bool { return l.Tag == chosen })
	if !known && chosen != "" {
		return web.Fail(http.StatusBadRequest, "bad-request", nil)
	}
	change := directory.PersonChange{Language: &chosen}
	if err := a.People.ChangePerson(r.Context(), directory.As(v.Session.Person), v.Session.Person, change); err != nil {
		return err
	}
	http.Redirect(w, r, "/account?saved=language", http.StatusSeeOther)
	return nil
}

// logout ends this session and says what came of telling the services; with
// "everywhere" it ends all of the person's sessions.
func (a *Room) logout(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "everywhere")
	if err != nil {
		return err
	}
	keys := []string{v.Session.Key}
	if form["everywhere"] != "" {
		all, err := a.Sessions.Of(r.Context(), v.Session.Person)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.Key != v.Session.Key {
				keys = append(keys, s.Key)
			}
		}
	}
	page := themes.LoggedOut{}
	for _, key := range keys {
		outcomes, err := a.Logout.End(r.Context(), key)
		if err != nil {
			return err
		}
		page.Services = append(page.Services, a.told(r.Context(), outcomes)...)
	}
	a.Sessions.Forget(w)
	a.Audit.Write(r.Context(), audit.Event{Kind: audit.LoggedOut, Person: v.Session.Person})
	frame := themes.Frame{Lang: a.lang(r, v.Admission.Person.Language)}
	return web.WritePage(w, a.Pages, http.StatusOK, frame, page)
}

func (a *Room) told(ctx context.Context, outcomes []logout.Outcome) []themes.LogoutView {
	var out []themes.LogoutView
	for _, o := range outcomes {
		s, err := a.Directory.Service(ctx, o.Participant.Service)
		if err != nil {
			continue
		}
		out = append(out, themes.LogoutView{Title: s.Title, Status: string(o.Status)})
	}
	return out
}

// form reads a form that was drawn for this visitor.
func (a *Room) form(r *http.Request, v signon.Visitor, names ...string) (web.Form, error) {
	form, err := web.ParseForm(r, append(names, "token")...)
	if err != nil {
		return nil, err
	}
	return form, web.CheckFormToken(a.FormKey, v.Session.Key, form["token"])
}
