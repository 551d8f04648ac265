// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// visit is a request of somebody who need not be known.
type visit struct {
	*http.Request
	lang   string // of the page
	chosen bool   // by the link or form that led here: what comes next keeps it
	here   string // the page to come back to in another language; empty: there is none
}

type handler func(w http.ResponseWriter, v visit) error

// visited finds the language to answer in.
func (a *Room) visited(next handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		chosen := r.FormValue("ui_locales") // reads the form, where [web.Language] looks too
		lang := a.Pages.Match(web.Language(r), r.Header.Get("Accept-Language"))
		return next(w, visit{r, lang, chosen != "", back(r)})
	}
}

// back is the page itself, or the one with the empty form that was sent. What
// was typed is not lost before somebody follows the link.
func back(r *http.Request) string {
	if r.Method == http.MethodGet {
		return r.URL.RequestURI()
	}
	return r.URL.EscapedPath()
}

// of is the same visit in the language of a person, unless another was chosen.
func (v visit) of(pages Words, p directory.Person) visit {
	if web.Language(v.Request) == "" {
		v.lang = pages.Match(p.Language, v.Header.Get("Accept-Language"))
	}
	return v
}

// to is a path of ours, with the language that was chosen on the page before.
// What follows are the names and values of its query by turns; empty values
// are left out.
func (v visit) to(path string, query ...string) string {
	values := url.Values{}
	if v.chosen {
		values.Set("ui_locales", v.lang)
	}
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			values.Set(query[i], query[i+1])
		}
	}
	return (&url.URL{Path: path, RawQuery: values.Encode()}).String()
}

// langField carries a chosen language through a form.
func (v visit) langField(fields ...themes.Field) []themes.Field {
	if !v.chosen {
		return fields
	}
	return append(fields, themes.Field{Name: "ui_locales", Value: v.lang})
}

// show draws a page in the looks of a collective; the zero one is Clau's own.
func (a *Room) show(w http.ResponseWriter, v visit, status int, c directory.Collective, page themes.Page) error {
	frame := themes.Frame{Lang: v.lang, Here: v.here, Branding: web.Brand(c)}
	return web.WritePage(w, a.Pages, status, frame, page)
}

// said finds a text in the language of the page, or in the collective's own, or
// in any: a question must be asked in some.
func said(texts map[string]string, lang string, c directory.Collective) themes.WordsView {
	tags := append([]string{lang, c.Language}, c.Settings.Languages...)
	for _, tag := range append(tags, "ca", "es", "en") {
		if texts[tag] != "" {
			return themes.WordsView{Lang: tag, Text: texts[tag]}
		}
	}
	return themes.WordsView{}
}

// brake lets a network do so many steps with tickets. Applying and coming back
// are counted by package membership.
func (a *Room) brake(v visit) error {
	limit := web.Limit{Name: "join-steps", Max: 120, Window: time.Hour}
	return a.Brake.Take(v.Context(), limit, web.AddrKey(web.ClientAddr(v.Context())))
}
