// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/logout"
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
	Standing(ctx context.Context, id directory.PersonID) (directory.Standing, error)
}

// Source is the directory itself. Whether a link was overtaken must not be
// judged by what a cache remembers.
type Source interface {
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
}

// People is where changes are written.
type People interface {
	ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error
	ProveAddress(ctx context.Context, id directory.PersonID, address string) error
}

// Words is what pages need of the themes beside drawing.
type Words interface {
	web.Pages
	Languages() []themes.Language
	Date(lang string, at time.Time) string
	DateTime(lang string, at time.Time) string
	Text(lang, key string, args ...string) string
	WriteExport(w io.Writer, lang string, e themes.Export) error
}

// Farewell leads the browser of who logs out to services that only it can tell,
// and shows what came of it; [farewell.Room] is one.
type Farewell interface {
	Begin(w http.ResponseWriter, r *http.Request, d logout.Departure, outcomes []logout.Outcome) error
}

// Room answers a person's own pages.
type Room struct {
	Issuer    *url.URL
	Directory Directory
	Source    Source
	People    People
	Consents  Consents
	SignOns   SignOns
	Receipts  Receipts
	Sessions  *session.Manager
	Logout    *logout.Room
	Farewell  Farewell // nil: no service is told through the browser
	Pages     Words
	Audit     audit.Log
	FormKey   []byte // of [web.FormToken]
	Now       func() time.Time
	Mailless  bool // no mail leaves: what needs one is not offered

	Memberships Memberships
	Activity    activity.Reader
	Tickets     *ticket.Desk
	Letters     letter.Writer
	Passwords   *login.Password
	Recovery    *login.Recovery
	Limiter     web.Limiter

	// Ends says what a log-out does to a session at a service: "closes",
	// "token-dies", "stays", or nothing where nobody knows. Nil: nobody does.
	Ends func(directory.Service) string
}

// Routes are the pages.
func (a *Room) Routes() []web.Route {
	return append(a.personRoutes(), []web.Route{
		{Pattern: "GET /privacy", Needs: web.Anyone, Handle: a.privacy},
		{Pattern: "GET /account/address/prove", Needs: web.Anyone, Handle: a.addressLink},
		{Pattern: "POST /account/address/prove", Needs: web.Anyone, Handle: a.proveByLink},
		{Pattern: "GET /erase/cancel", Needs: web.Anyone, Handle: a.eraseLink},
		{Pattern: "POST /erase/cancel", Needs: web.Anyone, Handle: a.cancelErasure},
		{Pattern: "GET /recover", Needs: web.Anyone, Handle: a.recover},
		{Pattern: "POST /recover", Needs: web.Anyone, Handle: a.askRecovery},
		{Pattern: "GET /recover/password", Needs: web.Anyone, Handle: a.recoverLink},
		{Pattern: "POST /recover/password", Needs: web.Anyone, Handle: a.recoverByLink},
		{Pattern: "GET /recover/code", Needs: web.Anyone, Handle: a.recoverCode},
		{Pattern: "POST /recover/code", Needs: web.Anyone, Handle: a.recoverByCode},
	}...)
}

// personRoutes are those of who is logged in.
func (a *Room) personRoutes() []web.Route {
	var routes []web.Route
	for _, one := range []struct {
		pattern string
		handle  web.Handler
	}{
		{"GET /{$}", a.portal},
		{"GET /account", a.account},
		{"POST /account/logout", a.logout},
		{"GET /account/profile", a.profile},
		{"POST /account/profile", a.saveProfile},
		{"GET /account/address", a.address},
		{"POST /account/address", a.saveAddress},
		{"POST /account/address/code", a.proveByCode},
		{"POST /account/address/again", a.sendAddressAgain},
		{"POST /account/address/forget", a.forgetAddress},
		{"GET /account/password", a.password},
		{"POST /account/password", a.changePassword},
		{"GET /account/code", a.code},
		{"POST /account/code", a.newCode},
		{"GET /account/sessions", a.sessions},
		{"POST /account/sessions/end", a.endSession},
		{"POST /account/sessions/others", a.endOthers},
		{"GET /account/collectives", a.collectives},
		{"POST /account/collectives", a.askToJoin},
		{"POST /account/collectives/{collective}/home", a.askHome},
		{"GET /account/collectives/{collective}/leave", a.leaving},
		{"POST /account/collectives/{collective}/leave", a.leave},
		{"POST /account/collectives/{collective}/cases/{case}/reply", a.reply},
		{"POST /account/collectives/{collective}/cases/{case}/back", a.takeBack},
		{"GET /account/activity", a.activity},
		{"GET /account/export", a.data},
		{"POST /account/export", a.export},
		{"GET /account/erase", a.erase},
		{"POST /account/erase", a.retire},
		{"GET /account/services", a.services},
		{"GET /account/services/{service}", a.service},
		{"POST /account/services/{service}/stop", a.stop},
		{"POST /account/services/{service}/ask", a.askAgain},
		{"POST /account/services/{service}/renew", a.renew},
		{"GET /account/services/{service}/receipts/{receipt}", a.receipt},
	} {
		routes = append(routes, web.Route{Pattern: one.pattern, Needs: web.Person, Handle: one.handle})
	}
	return routes
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

// show draws a page that was asked for and is all right.
func (a *Room) show(w http.ResponseWriter, r *http.Request, page themes.Page) error {
	return a.draw(w, r, http.StatusOK, page)
}

// draw draws a page, for its visitor, if there is one.
func (a *Room) draw(w http.ResponseWriter, r *http.Request, status int, page themes.Page) error {
	v := signon.VisitorOf(r.Context())
	frame := themes.Frame{
		Lang: a.lang(r, v.Admission.Person.Language), Here: r.URL.RequestURI(), Person: v.Admission.Person.Name,
	}
	if r.Method != http.MethodGet {
		frame.Here = emptied(page)
	}
	return web.WritePage(w, a.Pages, status, frame, page)
}

// emptied is where to read a page in another language that answers a form: the
// form, empty, of those who have no account yet to keep a language in. Others
// have nothing to come back to.
func emptied(page themes.Page) string {
	switch page.(type) {
	case themes.Recover:
		return "/recover"
	case themes.RecoverCode:
		return "/recover/code"
	}
	return ""
}

// lang is what the person chose on a page, or keeps as their language, or their
// browser prefers.
func (a *Room) lang(r *http.Request, own string) string {
	return a.Pages.Match(web.Language(r), own, r.Header.Get("Accept-Language"))
}
