// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Directory is what the pages read, from a short cache.
type Directory interface {
	Services(ctx context.Context) ([]directory.Service, error)
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
	ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
}

// People is where changes are written.
type People interface {
	ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error
}

// Words is what pages need of the themes beside drawing.
type Words interface {
	web.Pages
	Languages() []themes.Language
	Date(lang string, at time.Time) string
	DateTime(lang string, at time.Time) string
}

// Room answers a person's own pages.
type Room struct {
	Issuer    *url.URL
	Directory Directory
	People    People
	Consents  Consents
	SignOns   SignOns
	Receipts  Receipts
	Sessions  *session.Manager
	Logout    *logout.Room
	Pages     Words
	Audit     audit.Log
	FormKey   []byte // of [web.FormToken]
	Now       func() time.Time

	Memberships *membership.Room
	Activity    activity.Reader
	Tickets     *ticket.Desk
	Letters     letter.Writer
}

// Routes are the pages.
func (a *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /{$}", Needs: web.Person, Handle: a.portal},
		{Pattern: "GET /privacy", Needs: web.Anyone, Handle: a.privacy},
		{Pattern: "GET /account", Needs: web.Person, Handle: a.account},
		{Pattern: "GET /account/services", Needs: web.Person, Handle: a.services},
		{Pattern: "GET /account/services/{service}", Needs: web.Person, Handle: a.service},
		{Pattern: "POST /account/services/{service}/stop", Needs: web.Person, Handle: a.stop},
		{Pattern: "POST /account/services/{service}/ask", Needs: web.Person, Handle: a.askAgain},
		{Pattern: "POST /account/services/{service}/renew", Needs: web.Person, Handle: a.renew},
		{Pattern: "GET /account/services/{service}/receipts/{receipt}", Needs: web.Person, Handle: a.receipt},
		{Pattern: "POST /account/language", Needs: web.Person, Handle: a.language},
		{Pattern: "POST /account/logout", Needs: web.Person, Handle: a.logout},
	}
}

// Protocol is that of sign-ons to Clau's own pages.
func (a *Room) Protocol() string { return signon.Home }

// Answer leads on to the page that the sign-on was begun for.
func (a *Room) Answer(w http.ResponseWriter, r *http.Request, result signon.Result) error {
	http.Redirect(w, r, ownPath(string(result.Request.Reply)), http.StatusSeeOther)
	return nil
}

// Refuse says on a page why there is nothing to see.
func (a *Room) Refuse(_ http.ResponseWriter, _ *http.Request, _ signon.Request, reason signon.Reason) error {
	if reason == signon.Unavailable {
		return web.Fail(http.StatusServiceUnavailable, "unavailable", nil)
	}
	return web.Fail(http.StatusForbidden, "forbidden", nil)
}

// ownPath is a path of ours, whatever was asked for: "//host" and "/\host" are
// other people's.
func ownPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.Contains(path, `\`) {
		return "/"
	}
	return u.RequestURI()
}

func (a *Room) show(w http.ResponseWriter, r *http.Request, page themes.Page) error {
	v := signon.VisitorOf(r.Context())
	frame := themes.Frame{
		Lang: a.lang(r, v.Admission.Person.Language), Here: r.URL.Path, Person: v.Admission.Person.Name,
	}
	if r.Method != http.MethodGet {
		frame.Here = "" // nothing to come back to in another language
	}
	return web.WritePage(w, a.Pages, http.StatusOK, frame, page)
}

// lang is what the person chose on the page, or keeps as their language, or
// their browser prefers.
func (a *Room) lang(r *http.Request, own string) string {
	return a.Pages.Match(r.URL.Query().Get("ui_locales"), own, r.Header.Get("Accept-Language"))
}

func (a *Room) privacy(w http.ResponseWriter, r *http.Request) error {
	return a.show(w, r, themes.Privacy{Issuer: a.Issuer.String()})
}

// fields mark a form as drawn for this visitor's session.
func (a *Room) fields(v signon.Visitor) []themes.Field {
	return []themes.Field{{Name: "token", Value: web.FormToken(a.FormKey, v.Session.Key)}}
}
