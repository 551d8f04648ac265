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
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Directory is what the pages read, from a short cache, and where the policy is
// written.
type Directory interface {
	Services(ctx context.Context) ([]directory.Service, error)
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
	PeopleByID(ctx context.Context, ids []directory.PersonID) ([]directory.Person, error)
	MemberIDs(ctx context.Context, name directory.CollectiveName) ([]directory.PersonID, error)
	Standing(ctx context.Context, id directory.PersonID) (directory.Standing, error)
	Holders(ctx context.Context, name directory.CollectiveName, service directory.ServiceID) ([]directory.Holder, error)
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
	DateTime(lang string, at time.Time) string
	Text(lang, key string, args ...string) string
}

// Room answers the pages.
type Room struct {
	Issuer    *url.URL
	Directory Directory
	Source    Source
	Pages     Words
	Audit     audit.Log
	FormKey   []byte // of [web.FormToken]
	Now       func() time.Time
	Mailless  bool // no mail leaves: what needs one is not offered

	Memberships Memberships
	Activity    activity.Reader

	names   names
	rosters rosters
}

var _ web.Area = (*Room)(nil)

// Routes implements [web.Area].
func (a *Room) Routes() []web.Route {
	manager := func(method, below string, next handler) web.Route {
		return web.Route{Pattern: method + " /collectives/{collective}" + below, Needs: web.Manager, Handle: a.managed(next)}
	}
	keeper := func(method, below string, next handler) web.Route {
		return web.Route{Pattern: method + " /collectives/{collective}" + below, Needs: web.Keeper, Handle: a.managed(next)}
	}
	upload := manager("POST", "/logo", a.changeLogo)
	upload.Body = directory.LogoMax + formMax
	return []web.Route{
		manager("GET", "", a.overview),
		manager("GET", "/requests", a.requests),
		manager("GET", "/requests/{case}", a.request),
		manager("POST", "/requests/{case}", a.decide),
		manager("GET", "/members", a.members),
		manager("GET", "/members/{person}", a.member),
		manager("POST", "/members/{person}", a.act),
		manager("GET", "/invitations", a.invitations),
		manager("POST", "/invitations", a.invite),
		manager("POST", "/invitations/{invitation}", a.uninvite),
		keeper("GET", "/services/{service}", a.service),
		keeper("POST", "/services/{service}", a.admit),
		manager("GET", "/settings", a.settings),
		manager("POST", "/settings", a.configure),
		manager("GET", "/policy", a.showPolicy),
		manager("POST", "/policy", a.postPolicy),
		manager("GET", "/activity", a.log),
		{Pattern: "GET /collectives/{collective}/logo", Needs: web.Anyone, Handle: a.logo},
		upload,
	}
}

// formMax is how much a form may hold beside a file, in bytes.
const formMax = 16 << 10

func notThere(cause error) error { return web.Fail(http.StatusNotFound, "not-found", cause) }

func badRequest() error { return web.Fail(http.StatusBadRequest, "bad-request", nil) }

// show draws a page in the colours of the collective.
func (a *Room) show(w http.ResponseWriter, v visit, status int, page themes.Page) error {
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	frame := themes.Frame{Lang: v.lang, Here: v.URL.RequestURI(), Person: v.person.Name, Branding: web.Brand(c)}
	if v.Method != http.MethodGet {
		frame.Here = "" // nothing to come back to in another language
	}
	return web.WritePage(w, a.Pages, status, frame, page)
}

// path is the address of a collective's page.
func path(name directory.CollectiveName, below ...string) string {
	u := url.URL{Path: "/collectives/" + string(name)}
	return u.JoinPath(below...).String()
}
