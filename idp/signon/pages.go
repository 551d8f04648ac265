// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Routes are the pages of a sign-on in progress.
func (p *Pipeline) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /login", Needs: web.Anyone, Handle: p.showLogin},
		{Pattern: "POST /login", Needs: web.Anyone, Handle: p.postLogin},
		{Pattern: "GET /login/account", Needs: web.Anyone, Handle: p.showAccounts},
		{Pattern: "POST /login/account", Needs: web.Anyone, Handle: p.postAccount},
		{Pattern: "GET /login/password", Needs: web.Anyone, Handle: p.showPassword},
		{Pattern: "POST /login/password", Needs: web.Anyone, Handle: p.postPassword},
		{Pattern: "GET /login/consent", Needs: web.Anyone, Handle: p.showConsent},
		{Pattern: "POST /login/consent", Needs: web.Anyone, Handle: p.postConsent},
		{Pattern: "GET /login/closed", Needs: web.Anyone, Handle: p.showClosed},
		{Pattern: "GET /login/cancel", Needs: web.Anyone, Handle: p.cancel},
	}
}

// Home is the protocol of Clau's own pages: its sign-ons lead to no service.
const Home = "home"

// HomeRequest is a sign-on to Clau itself that leads to a path of its own.
func HomeRequest(path string) Request { return Request{Protocol: Home, Reply: []byte(path)} }

// cancel tells the service that the person said no.
func (p *Pipeline) cancel(w http.ResponseWriter, r *http.Request) error {
	u, err := p.resume(r, r.URL.Query().Get(handleField))
	if err != nil {
		return err
	}
	if _, err := p.c.Store.Take(r.Context(), u.key()); err != nil {
		return over(err)
	}
	return p.refuse(w, r, u.Request, AccessDenied, nil)
}

// show draws a page of a sign-on in the name of the service's collective.
func (p *Pipeline) show(w http.ResponseWriter, r *http.Request, u underway, status int, page themes.Page) error {
	return p.showIn(w, r, u, p.language(r, u.Request), status, p.branding(r, u.Request.Service), page)
}

// showIn draws a page of a sign-on in a language and a name. The answer to its form may be a redirect to
// the service, which browsers hold against the page's form-action.
func (p *Pipeline) showIn(w http.ResponseWriter, r *http.Request, u underway, lang string, status int, of themes.Branding, page themes.Page) error {
	if origin := u.Request.AnswerOrigin; origin != "" {
		if err := web.AllowFormTarget(w, origin); err != nil {
			return err
		}
	}
	here := url.URL{Path: r.URL.Path, RawQuery: u.query().Encode()}
	frame := themes.Frame{Lang: lang, Here: here.String(), Branding: of}
	return web.WritePage(w, p.c.Pages, status, frame, page)
}

// language is what the person chose on the page, or the service asked for, or
// the browser prefers.
func (p *Pipeline) language(r *http.Request, req Request) string {
	return p.c.Pages.Match(web.Language(r), req.UILocales, r.Header.Get("Accept-Language"))
}

// fields are the hidden fields of every form of a sign-on.
func (u underway) fields(r *http.Request) []themes.Field {
	out := []themes.Field{{Name: handleField, Value: u.handle}}
	if chosen := r.FormValue("ui_locales"); chosen != "" {
		out = append(out, themes.Field{Name: "ui_locales", Value: chosen})
	}
	return out
}

func (u underway) cancelURL() string {
	if u.Request.Protocol == Home {
		return ""
	}
	return "/login/cancel?" + u.query().Encode()
}

// service is how the page names where the person is going. A directory that is
// down costs the name, not the page.
func (p *Pipeline) service(r *http.Request, id directory.ServiceID) *themes.ServiceView {
	if id == "" {
		return nil
	}
	s, err := p.c.Directory.Service(r.Context(), id)
	if err != nil {
		return nil
	}
	view := &themes.ServiceView{Title: s.Title, Description: s.Description, URL: s.URL, Logo: web.ServiceLogoPath(s)}
	if s.OIDC != nil {
		view.Policy, view.Terms = s.OIDC.Metadata.PolicyURI, s.OIDC.Metadata.TosURI
	}
	if u, err := url.Parse(s.URL); err == nil {
		view.Host = u.Host
	}
	if c, err := p.c.Directory.Collective(r.Context(), s.Collective); err == nil {
		view.Collective = c.Title
	}
	return view
}

func (p *Pipeline) branding(r *http.Request, id directory.ServiceID) themes.Branding {
	if id == "" {
		return themes.Branding{}
	}
	s, err := p.c.Directory.Service(r.Context(), id)
	if err != nil {
		return themes.Branding{}
	}
	c, err := p.c.Directory.Collective(r.Context(), s.Collective)
	if err != nil {
		return themes.Branding{}
	}
	return web.Brand(c)
}

// known returns the session of the browser, if its account is usable.
func (p *Pipeline) known(r *http.Request) (session.Session, directory.Person, bool) {
	s, err := p.c.Sessions.Read(r)
	if err != nil {
		return session.Session{}, directory.Person{}, false
	}
	a, err := p.Admit(r.Context(), s.Person, "", s.Epoch, nil)
	if err != nil {
		return session.Session{}, directory.Person{}, false
	}
	return s, a.Person, true
}
