// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Directory is what the pages read, from a short cache, and where they write.
type Directory interface {
	Services(ctx context.Context) ([]directory.Service, error)
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	ChangeCollective(ctx context.Context, by directory.Actor, name directory.CollectiveName, change directory.CollectiveChange) error
}

// Source is the directory itself. What somebody is about to write over must not
// come from a cache.
type Source interface {
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	ListCollectives(ctx context.Context) iter.Seq2[directory.Collective, error]
}

// Words is what the pages need of the themes beside drawing.
type Words interface {
	web.Pages
	Languages() []themes.Language
	Date(lang string, at time.Time) string
	Text(lang, key string, args ...string) string
}

// Room answers the pages.
type Room struct {
	Directory Directory
	Source    Source
	Pages     Words
	Audit     audit.Log
	FormKey   []byte // of [web.FormToken]
	Now       func() time.Time

	Memberships *membership.Room
	Activity    activity.Reader
}

var _ web.Area = (*Room)(nil)

// Routes implements [web.Area].
func (a *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /collectives/{collective}/policy", Needs: web.Manager, Handle: a.managed(a.showPolicy)},
		{Pattern: "POST /collectives/{collective}/policy", Needs: web.Manager, Handle: a.managed(a.postPolicy)},
	}
}

// visit is a request of somebody who manages the collective.
type visit struct {
	*http.Request
	name   directory.CollectiveName
	person directory.Person
	key    string // of the session
	lang   string
}

type handler func(w http.ResponseWriter, v visit) error

// managed hands over who is at the desk; that they manage the collective is the
// guard's to know.
func (a *Room) managed(next handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who := signon.VisitorOf(r.Context())
		name := directory.CollectiveName(r.PathValue("collective"))
		lang := a.Pages.Match(r.URL.Query().Get("ui_locales"), who.Admission.Person.Language, r.Header.Get("Accept-Language"))
		return next(w, visit{r, name, who.Admission.Person, who.Session.Key, lang})
	}
}

// here is the page itself, in the language that was asked for on it.
func (v visit) here(said ...string) string {
	query := url.Values{}
	if v.URL.Query().Has("ui_locales") {
		query.Set("ui_locales", v.lang)
	}
	for _, one := range said {
		query.Set("done", one)
	}
	return (&url.URL{Path: v.URL.Path, RawQuery: query.Encode()}).String()
}

func notThere(cause error) error { return web.Fail(http.StatusNotFound, "not-found", cause) }

func (a *Room) show(w http.ResponseWriter, v visit, status int, title string, page themes.Page) error {
	frame := themes.Frame{
		Lang: v.lang, Here: v.URL.Path, Person: v.person.Name, Branding: themes.Branding{Title: title},
	}
	if v.Method != http.MethodGet {
		frame.Here = "" // nothing to come back to in another language
	}
	return web.WritePage(w, a.Pages, status, frame, page)
}
