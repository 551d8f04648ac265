// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"net/url"
	"strings"

	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// responseMode is how an authorization response travels. The empty one is
// "query", the default of response_type=code (OAuth 2.0 Multiple Response Types
// section 2.1).
type responseMode string

const (
	fragmentMode responseMode = "fragment"
	formPostMode responseMode = "form_post"
)

func parseMode(parameter string) (responseMode, bool) {
	switch mode := responseMode(parameter); mode {
	case "", "query":
		return "", true
	case fragmentMode, formPostMode:
		return mode, true
	}
	return "", false
}

// reply is what an authorization request leaves for its answer, success or
// not. Its target was proven when the request arrived; it waits in the store
// together with the sign-on, never in the browser.
type reply struct {
	Target    target        `json:"target"`
	Mode      responseMode  `json:"mode,omitempty"`
	State     string        `json:"state,omitempty"`
	UILocales string        `json:"ui_locales,omitempty"`
	Scopes    scopes        `json:"scopes,omitempty"`
	Nonce     string        `json:"nonce,omitempty"`
	Challenge string        `json:"challenge,omitempty"`
	Claims    claimsRequest `json:"claims,omitzero"`
}

// respond is the one way an authorization response leaves, whatever it says.
// State comes back byte by byte, and iss says who answers (RFC 9207).
func (p *Provider) respond(w http.ResponseWriter, r *http.Request, to reply, params url.Values) error {
	params.Set("iss", p.c.Issuer)
	if to.State != "" {
		params.Set("state", to.State)
	}
	w.Header().Set("Cache-Control", "no-store")
	switch to.Mode {
	case formPostMode:
		return p.postForm(w, r, to, params)
	case fragmentMode:
		return seeOther(w, to.Target.with('#', params))
	}
	return seeOther(w, to.Target.with('?', params))
}

// respondRefused tells the client why there is no code.
func (p *Provider) respondRefused(w http.ResponseWriter, r *http.Request, to reply, no *refusal) error {
	no.note(r.Context())
	params := url.Values{"error": {no.code}}
	if no.description != "" {
		params.Set("error_description", no.description)
	}
	return p.respond(w, r, to, params)
}

// seeOther redirects with 303, after which a browser never posts what it was
// posting once more (RFC 9700 section 4.12). The address is sent as it is:
// [http.Redirect] would parse and clean it.
func seeOther(w http.ResponseWriter, address string) error {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// postForm is OAuth 2.0 Form Post Response Mode.
func (p *Provider) postForm(w http.ResponseWriter, r *http.Request, to reply, params url.Values) error {
	fields := map[string]string{}
	for name, values := range params {
		fields[name] = values[0]
	}
	return web.SendForm(w, p.c.Pages, p.frame(r, to.UILocales), web.Posted{To: to.Target.URI, Fields: fields})
}

// show draws a page in the first language that the service or the browser asks for.
func (p *Provider) show(w http.ResponseWriter, r *http.Request, uiLocales string, page themes.Page) error {
	return web.WritePage(w, p.c.Pages, http.StatusOK, p.frame(r, uiLocales), page)
}

func (p *Provider) frame(r *http.Request, uiLocales string) themes.Frame {
	return themes.Frame{Lang: p.c.Pages.Match(append(strings.Fields(uiLocales), r.Header.Get("Accept-Language"))...)}
}
