// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed site.html
var siteHTML string

//go:embed site.css
var siteCSS string

func parsePages() *template.Template {
	return template.Must(template.New("site").Parse(siteHTML))
}

// view is all that a page of a site may show.
type view struct {
	Site     SiteView
	Notice   string
	Error    string
	Received *receivedView
}

// SiteView is what every page says of the site.
type SiteView struct{ Name, Title, Tagline, Crowd, Issuer string }

type receivedView struct {
	Greeting     string
	FromIDToken  []claim
	FromUserinfo []claim
	Tokens       []claim
	Refreshed    int
}

func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	v := view{}
	if present, ok := s.visits.get(s.key(r)); ok && present.received != nil {
		v.Received = s.show(present.received)
	} else if r.URL.Query().Get("state") == "goodbye" {
		v.Notice = "You are logged out, here and at every other service of this session."
	}
	s.render(w, http.StatusOK, v)
}

func (s *Site) show(got *received) *receivedView {
	v := &receivedView{FromIDToken: got.fromIDToken, FromUserinfo: got.fromUserinfo, Refreshed: got.refreshed, Greeting: "somebody"}
	for _, c := range append(got.fromUserinfo, got.fromIDToken...) {
		if c.Name == "name" && c.Value != "" {
			v.Greeting = c.Value
			break
		}
	}
	v.Tokens = s.tokens(got)
	return v
}

// tokens says what the service keeps, without showing it.
func (s *Site) tokens(got *received) []claim {
	all := []claim{{"access-token", "access token", shape(got.token.AccessToken), "opens userinfo for this service"}}
	if !got.token.Expiry.IsZero() {
		left := got.token.Expiry.Sub(s.c.Now()).Round(time.Second)
		all = append(all, claim{"good-for", "good for", left.String(), "then the service must ask again"})
	}
	if got.token.RefreshToken != "" {
		all = append(all, claim{"refresh-token", "refresh token", shape(got.token.RefreshToken), "lets the service ask again without you"})
	}
	if scope, ok := got.token.Extra("scope").(string); ok {
		all = append(all, claim{"scope", "scope", scope, "what was asked for and allowed"})
	}
	return all
}

// shape says what a token looks like and does not show it: whoever reads it
// over a shoulder could use it.
func shape(token string) string {
	kind := "opaque"
	if strings.Count(token, ".") == 2 {
		kind = "JWT"
	}
	return kind + ", " + strconv.Itoa(len(token)) + " characters"
}

func (s *Site) render(w http.ResponseWriter, status int, v view) {
	v.Site = SiteView{s.c.Name, s.c.Title, s.c.Tagline, s.c.Crowd, s.c.Issuer}
	var page bytes.Buffer
	if err := s.pages.Execute(&page, v); err != nil {
		s.c.Logger.Error("page not drawn", "service", s.c.Name, "cause", err)
		http.Error(w, "something went wrong here", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

// fail shows a plain sentence. The cause is for the log.
func (s *Site) fail(w http.ResponseWriter, status int, sentence string, cause error) {
	s.c.Logger.Warn("a visit failed", "service", s.c.Name, "cause", cause)
	s.render(w, status, view{Error: sentence})
}

// refused shows what Clau answered instead of a code.
func (s *Site) refused(w http.ResponseWriter, code, description string) {
	if description != "" {
		code += ": " + description
	}
	s.render(w, http.StatusForbidden, view{Error: "Clau did not let you in here (" + code + ")."})
}

func (s *Site) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write([]byte(siteCSS))
}
