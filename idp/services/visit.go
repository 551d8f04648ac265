// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// visit is a request of somebody who manages the collective, or keeps the
// service that the page is about: that is the guard's to know.
type visit struct {
	*http.Request
	name    directory.CollectiveName
	person  directory.Person
	manages bool
	key     string // of the session
	lang    string
}

type handler func(w http.ResponseWriter, v visit) error

func (a *Room) handle(next handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who := signon.VisitorOf(r.Context())
		p := who.Admission.Person
		name := directory.CollectiveName(r.PathValue("collective"))
		return next(w, visit{
			Request: r, name: name, person: p, manages: who.Admission.Standing.Manages(name), key: who.Session.Key,
			lang: a.Pages.Match(web.Language(r), p.Language, r.Header.Get("Accept-Language")),
		})
	}
}

// at is a page in the language of the visit, with what has just been done.
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

func (a *Room) fields(v visit) []themes.Field {
	return []themes.Field{{Name: "token", Value: web.FormToken(a.FormKey, v.key)}}
}

// notices are what the pages say has been done: the address says which, and an
// address can come from anywhere.
func notices() []string {
	return []string{
		"changed", "suspended", "activated", "overlap-ended", "approved", "refused", "removed", "api-key", "started", "stopped", "revoked",
	}
}

// manage is what stands around each page.
func (a *Room) manage(v visit, c directory.Collective) themes.Manage {
	m := themes.Manage{Title: c.Title, Here: "services", Fields: a.fields(v)}
	if v.manages {
		m.Base = path(v.name)
	}
	if done := v.URL.Query().Get("done"); v.Method == http.MethodGet && slices.Contains(notices(), done) {
		m.Notice = "registration.notice." + done
	}
	return m
}

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

func (a *Room) fault(v visit, field, label, code string) themes.Fault {
	return themes.Fault{Field: field, Label: a.Pages.Text(v.lang, label), Code: code}
}

// chairs asks the directory once more whether the visitor manages the
// collective: what they do is written by Clau, and nothing else would refuse it.
func (a *Room) chairs(ctx context.Context, v visit) (directory.Collective, error) {
	c, err := a.Source.Collective(ctx, v.name)
	if err != nil {
		return c, absent(err)
	}
	if !slices.Contains(c.Managers, v.person.ID) {
		return c, notThere(nil)
	}
	return c, cmp.Or(v.writes(c), a.enters(ctx, v))
}

// writes refuses to change anything in a collective that is closed. What there is
// may be read.
func (v visit) writes(c directory.Collective) error {
	if v.Method == http.MethodGet || c.State == directory.Active {
		return nil
	}
	return forbidden(errors.New("services: the collective is closed"))
}

func (a *Room) enters(ctx context.Context, v visit) error {
	p, err := a.Source.Person(ctx, v.person.ID)
	if err != nil {
		return absent(err)
	}
	if !p.MayEnter(a.Now()) {
		return notThere(nil)
	}
	return nil
}

// desk is a service in the hands of somebody who keeps it.
type desk struct {
	visit
	collective directory.Collective
	service    directory.Service
	typed      web.Form
	faults     []themes.Fault
	wrong      string // key of why nothing was done
	open       string // the form that is shown unfolded
}

// stand reads the service of the path from the directory itself, and whether the
// visitor keeps it still.
func (a *Room) stand(v visit) (*desk, error) {
	ctx := v.Context()
	s, err := a.Source.ServiceByName(ctx, directory.ServiceName(v.PathValue("service")))
	if err != nil {
		return nil, absent(err)
	}
	c, err := a.Source.Collective(ctx, v.name)
	if err != nil {
		return nil, absent(err)
	}
	v.manages = slices.Contains(c.Managers, v.person.ID)
	if s.Collective != v.name || !v.manages && !slices.Contains(s.Managers, v.person.ID) {
		return nil, notThere(nil)
	}
	return &desk{visit: v, collective: c, service: s}, cmp.Or(v.writes(c), a.enters(ctx, v))
}

func (d *desk) status() int {
	switch {
	case d.wrong == "collective.error.unavailable":
		return http.StatusServiceUnavailable
	case d.wrong != "":
		return http.StatusConflict
	case len(d.faults) > 0:
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (a *Room) record(ctx context.Context, kind audit.Kind, v visit, s directory.Service, reason string) {
	a.Audit.Write(ctx, audit.Event{
		Kind: kind, Actor: v.person.ID, Service: s.ID, Collective: s.Collective, Reason: reason, Reference: web.Reference(ctx),
	})
}
