// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"errors"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// ownSessions are the sessions of the visitor that still open something.
func (a *Room) ownSessions(r *http.Request, v signon.Visitor) ([]session.Session, error) {
	all, err := a.Sessions.Of(r.Context(), v.Session.Person)
	void := func(s session.Session) bool { return s.Epoch < v.Admission.Person.Epoch }
	return slices.DeleteFunc(all, void), err
}

func (a *Room) sessions(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	all, err := a.ownSessions(r, v)
	if err != nil {
		return err
	}
	page := themes.MySessions{}
	if r.URL.Query().Get("done") == "ended" {
		page.Notice = "sessions.ended"
	}
	lang := a.lang(r, v.Admission.Person.Language)
	for _, s := range all {
		view := themes.SessionView{
			Current: s.Key == v.Session.Key, Since: a.Pages.DateTime(lang, s.AuthTime.UTC()),
			Seen: a.Pages.DateTime(lang, s.Seen.UTC()), Methods: s.AMR,
		}
		if !view.Current {
			view.End = themes.Post{Action: "/account/sessions/end", Fields: a.fields(v, themes.Field{Name: "session", Value: s.Key})}
		}
		page.Sessions = append(page.Sessions, view)
	}
	at, last, err := a.Logout.Last(r.Context(), v.Session.Person)
	if err != nil && !errors.Is(err, logout.ErrUnknown) {
		return err
	}
	if page.Last = a.told(r.Context(), last); len(page.Last) > 0 {
		page.LastWhen = a.Pages.DateTime(lang, at.UTC())
	}
	if len(all) > 1 {
		page.Others = themes.Post{Action: "/account/sessions/others", Fields: a.fields(v)}
	}
	return a.show(w, r, page)
}

// endSession ends one session of the visitor's own. One that is over already is
// no error, and somebody else's is as good as over.
func (a *Room) endSession(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "session")
	if err != nil {
		return err
	}
	all, err := a.ownSessions(r, v)
	if err != nil {
		return err
	}
	own := slices.ContainsFunc(all, func(s session.Session) bool { return s.Key == form["session"] })
	if !own {
		return web.Fail(http.StatusNotFound, "not-found", nil)
	}
	if _, err := a.Logout.End(r.Context(), form["session"]); err != nil {
		return err
	}
	a.record(r.Context(), audit.SessionEnded, v.Session.Person, "")
	return back(w, r, "/account/sessions", "ended")
}

func (a *Room) endOthers(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	others, err := a.others(r.Context(), v.Session)
	if err != nil {
		return err
	}
	if _, err := a.Logout.EndBut(r.Context(), "", others...); err != nil {
		return err
	}
	a.record(r.Context(), audit.SessionEnded, v.Session.Person, "others")
	return back(w, r, "/account/sessions", "ended")
}
