// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// visit is a request of somebody who manages the collective, or keeps the
// service that the page is about.
type visit struct {
	*http.Request
	name     directory.CollectiveName
	person   directory.Person
	standing directory.Standing
	key      string // of the session
	lang     string
}

type handler func(w http.ResponseWriter, v visit) error

// managed hands over who is at the desk; that they manage the collective is the
// guard's to know.
func (a *Room) managed(next handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who := signon.VisitorOf(r.Context())
		p := who.Admission.Person
		lang := a.Pages.Match(web.Language(r), p.Language, r.Header.Get("Accept-Language"))
		name := directory.CollectiveName(r.PathValue("collective"))
		return next(w, visit{r, name, p, who.Admission.Standing, who.Session.Key, lang})
	}
}

// by is who acts, for package membership to look at again.
func (v visit) by() membership.By {
	return membership.By{Person: v.person.ID, Collective: v.name, Standing: v.standing}
}

// manages reports whether the visitor manages the collective; a service's own
// admins see the one page of their service.
func (v visit) manages() bool { return v.standing.Manages(v.name) }

// here is the page itself, in the language that was asked for on it.
func (v visit) here(said ...string) string { return v.at(v.URL.Path, said...) }

// at is another page, in that language, with what has just been done.
func (v visit) at(path string, said ...string) string {
	query := url.Values{}
	if v.URL.Query().Has("ui_locales") {
		query.Set("ui_locales", v.lang)
	}
	for _, one := range said {
		query.Set("done", one)
	}
	return (&url.URL{Path: path, RawQuery: query.Encode()}).String()
}

// form reads a form that was drawn for this visitor.
func (a *Room) form(v visit, names ...string) (web.Form, error) {
	form, err := web.ParseForm(v.Request, append(names, "token", "do")...)
	if err != nil {
		return nil, err
	}
	return form, web.CheckFormToken(a.FormKey, v.key, form["token"])
}

// fields mark a form as drawn for this visitor.
func (a *Room) fields(v visit) []themes.Field {
	return []themes.Field{{Name: "token", Value: web.FormToken(a.FormKey, v.key)}}
}

// manage is what stands around each page. What was done a moment ago is said
// once the browser has come back from doing it.
func (a *Room) manage(v visit, c directory.Collective, here string) themes.Manage {
	m := themes.Manage{Title: c.Title, Here: here, Fields: a.fields(v)}
	if v.manages() {
		m.Base = path(v.name)
	}
	if v.Method == http.MethodGet {
		m.Notice = noticeOf(v.URL.Query().Get("done"))
	}
	return m
}
