// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// nameMax is how long a name may be, in characters.
const nameMax = 100

func (a *Room) profile(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	p := v.Admission.Person
	page := a.profilePage(v, p.Language)
	page.Name, page.Given, page.Family = p.Name, p.GivenName, p.FamilyName
	if r.URL.Query().Get("done") == "saved" {
		page.Notice = "account.saved"
	}
	if err := a.seen(r, v, &page); err != nil {
		return err
	}
	return a.show(w, r, page)
}

func (a *Room) profilePage(v signon.Visitor, language string) themes.MyProfile {
	p := v.Admission.Person
	page := themes.MyProfile{
		Action: "/account/profile", Fields: a.fields(v), Anonymous: p.Anonymous, Handle: string(p.Handle),
	}
	for _, l := range a.Pages.Languages() {
		page.Languages = append(page.Languages, themes.LanguageView{Tag: l.Tag, Name: l.Name, Chosen: l.Tag == language})
	}
	return page
}

// seen shows what a service that the person chose sees of them, of those that
// see something.
func (a *Room) seen(r *http.Request, v signon.Visitor, page *themes.MyProfile) error {
	all, err := a.allHeld(r.Context(), v)
	if err != nil {
		return err
	}
	chosen := directory.ServiceName(r.URL.Query().Get("service"))
	for _, h := range all {
		if h.consent.State != directory.Active {
			continue
		}
		view := themes.SeenView{Title: h.service.Title, Path: "/account/profile?service=" + string(h.service.Name) + "#seen"}
		if h.service.Name == chosen {
			view.Chosen = true
			page.Seen = &themes.SeenBy{Title: h.service.Title, Detail: detailPath(h.service)}
			if page.Seen.Receives, err = a.receives(r, v, h); err != nil {
				return err
			}
		}
		page.Services = append(page.Services, view)
	}
	return nil
}

// saveProfile keeps how the person wants to be called, and in which language.
// It is written as them: the directory lets people change this and no more.
func (a *Room) saveProfile(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "name", "given-name", "family-name", "language")
	if err != nil {
		return err
	}
	page := a.profilePage(v, form["language"])
	page.Name, page.Given, page.Family = tidy(form["name"]), tidy(form["given-name"]), tidy(form["family-name"])
	if page.Error = profileFault(page); page.Error != "" {
		return a.draw(w, r, http.StatusUnprocessableEntity, page)
	}
	language := form["language"]
	known := slices.ContainsFunc(page.Languages, func(l themes.LanguageView) bool { return l.Chosen })
	if language != "" && !known {
		return web.Fail(http.StatusBadRequest, "bad-request", nil)
	}
	change := directory.PersonChange{Name: &page.Name, Language: &language}
	if !page.Anonymous {
		change.GivenName, change.FamilyName = &page.Given, &page.Family
	}
	if err := a.People.ChangePerson(r.Context(), directory.As(v.Session.Person), v.Session.Person, change); err != nil {
		return err
	}
	a.record(r.Context(), audit.ProfileChanged, v.Session.Person, "profile")
	web.ForgetLanguage(w)
	return back(w, r, "/account/profile", "saved")
}

// profileFault is what is wrong with the names; empty: nothing.
func profileFault(page themes.MyProfile) string {
	if page.Name == "" {
		return "profile.name"
	}
	for _, name := range []string{page.Name, page.Given, page.Family} {
		if utf8.RuneCountInString(name) > nameMax {
			return "profile.long"
		}
		if strings.ContainsFunc(name, membership.Unseen) {
			return "profile.odd"
		}
	}
	return ""
}

// tidy is what somebody typed, with single spaces.
func tidy(typed string) string { return strings.Join(strings.Fields(typed), " ") }
