// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func (p *Party) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.home)
	mux.HandleFunc("GET /login", p.login)
	mux.HandleFunc("GET /callback", p.callback)
	mux.HandleFunc("POST /callback", p.callback)
	mux.HandleFunc("POST /refresh", p.refresh)
	mux.HandleFunc("POST /logout", p.logout)
	mux.HandleFunc("GET /left", p.left)
	mux.HandleFunc("POST /told", p.listen)
	return mux
}

var homePage = template.Must(template.New("home").Parse(`<!doctype html><html lang="en"><title>Site</title><body>
{{if .}}<p>You are in.</p>
<dl id="claims">{{range $k, $v := .Claims}}<dt>{{$k}}</dt><dd id="claim-{{$k}}">{{$v}}</dd>{{end}}</dl>
<dl>{{range $k, $v := .UserInfo}}<dt>{{$k}}</dt><dd id="userinfo-{{$k}}">{{$v}}</dd>{{end}}</dl>
<form method="post" action="/refresh"><button id="refresh">Refresh</button></form>
<form method="post" action="/logout"><button id="leave">Log out</button></form>
{{else}}<p>You are not logged in.</p><a id="enter" href="/login">Log in with Clau</a>{{end}}</body></html>`))

func (p *Party) home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	homePage.Execute(w, p.visit(r)) // a broken connection is the browser's to notice
}

func (p *Party) login(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, p.Begin(), http.StatusFound)
}

// callback takes an answer by query or by form, and shows an error as it came.
func (p *Party) callback(w http.ResponseWriter, r *http.Request) {
	if fault := r.FormValue("error"); fault != "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<p>Clau says: <b id="error">%s</b></p>`, template.HTMLEscapeString(fault))
		return
	}
	v, err := p.redeem(r.Context(), r.FormValue("state"), r.FormValue("code"))
	if err != nil {
		http.Error(w, "no token: "+err.Error(), http.StatusBadGateway)
		return
	}
	name := rawID()
	p.mu.Lock()
	p.visits[name], p.last = v, v
	p.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: p.cookie(), Value: name, Path: "/", HttpOnly: true})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *Party) redeem(ctx context.Context, state, code string) (*Visit, error) {
	p.mu.Lock()
	b, known := p.begun[state]
	delete(p.begun, state)
	p.mu.Unlock()
	if !known {
		return nil, errors.New("an answer to nothing")
	}
	ctx = p.context(ctx)
	token, err := p.config.Exchange(ctx, code, oauth2.VerifierOption(b.verifier))
	if err != nil {
		return nil, err
	}
	return p.read(ctx, token, b.nonce)
}

// read checks an id_token and asks for the userinfo. Without a nonce none is
// looked for: a refreshed id_token need not have one.
func (p *Party) read(ctx context.Context, token *oauth2.Token, nonce string) (*Visit, error) {
	v := &Visit{Token: token}
	v.IDToken, _ = token.Extra("id_token").(string)
	proven, err := p.provider.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(ctx, v.IDToken)
	if err != nil {
		return nil, err
	}
	if nonce != "" && proven.Nonce != nonce {
		return nil, errors.New("the nonce of somebody else")
	}
	if proven.AccessTokenHash != "" {
		if err := proven.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, err
		}
	}
	if err := proven.Claims(&v.Claims); err != nil {
		return nil, err
	}
	info, err := p.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	return v, info.Claims(&v.UserInfo)
}

func (p *Party) refresh(w http.ResponseWriter, r *http.Request) {
	v := p.visit(r)
	if v == nil {
		http.Error(w, "not logged in", http.StatusForbidden)
		return
	}
	ctx := p.context(r.Context())
	token, err := p.config.TokenSource(ctx, &oauth2.Token{RefreshToken: v.Token.RefreshToken}).Token()
	if err != nil {
		http.Error(w, "no refresh: "+err.Error(), http.StatusBadGateway)
		return
	}
	fresh, err := p.read(ctx, token, "")
	if err != nil {
		http.Error(w, "no refresh: "+err.Error(), http.StatusBadGateway)
		return
	}
	p.mu.Lock()
	*v = *fresh
	p.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// logout ends the visit, and asks Clau to end the rest (OpenID Connect
// RP-Initiated Logout 1.0).
func (p *Party) logout(w http.ResponseWriter, r *http.Request) {
	v := p.visit(r)
	if v == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p.mu.Lock()
	v.over = true
	p.mu.Unlock()
	http.Redirect(w, r, p.endpoints.EndSession+"?"+url.Values{
		"id_token_hint": {v.IDToken}, "post_logout_redirect_uri": {p.URL + "/left"}, "state": {"adeu"},
	}.Encode(), http.StatusFound)
}

func (p *Party) left(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, `<p>You have left, <b id="state">%s</b>.</p>`, template.HTMLEscapeString(r.FormValue("state")))
}

// listen is told of log-outs (OpenID Connect Back-Channel Logout 1.0).
func (p *Party) listen(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("logout_token")
	verifier := p.provider.Verifier(&oidc.Config{ClientID: p.config.ClientID})
	proven, err := verifier.Verify(p.context(r.Context()), token)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var claims struct {
		SID string `json:"sid"`
	}
	if err := proven.Claims(&claims); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, token)
	for _, v := range p.visits {
		v.over = v.over || v.SID() == claims.SID
	}
}

// visit is whose cookie the request carries; nil: nobody's, or it is over.
func (p *Party) visit(r *http.Request) *Visit {
	cookie, err := r.Cookie(p.cookie())
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.visits[cookie.Value]
	if v == nil || v.over {
		return nil
	}
	return v
}

// cookie has a name of its own for each site, since browsers do not tell the
// ports of a host apart.
func (p *Party) cookie() string { return "site-" + string(p.Service.Name) }

func rawID() string { return base64.RawURLEncoding.EncodeToString(random(24)) }
