// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"commonscloud.coop/clau/idp/web"
)

// endpoint is one that the library parses.
type endpoint string

const (
	tokenEndpoint      endpoint = "/token"
	userinfoEndpoint   endpoint = "/userinfo"
	introspectEndpoint endpoint = "/introspect"
	revokeEndpoint     endpoint = "/revoke"
)

// visit is one request at a door, known to everything behind it.
type visit struct {
	endpoint endpoint
	given    credentials
	client   client   // authenticated; zero at userinfo
	status   int      // of a refusal; zero: none
	bearer   bool     // a token was shown
	origin   string   // of the page that asks, if one does
	readers  []string // origins whose pages may read the answer
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return &visit{}
	}
	return v
}

// door does what the library leaves out: parameters come from the body alone
// and once each, nothing secret stands in an address, client authentication is
// read in all its spellings, and answers have the headers that they must have.
func (p *Provider) door(e endpoint) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := &visit{endpoint: e, origin: r.Header.Get("Origin")}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		w = &answerWriter{ResponseWriter: w, visit: v}
		if err := p.letIn(w, r, v); err != nil {
			no := refusalOf(err)
			no.note(r.Context())
			return web.WriteJSON(w, no.status(), no.body())
		}
		p.library.ServeHTTP(w, r)
		return nil
	}
}

// letIn checks the request and, except at userinfo, who makes it.
func (p *Provider) letIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	if no := v.enter(w, r); no != nil {
		return no
	}
	if v.endpoint == userinfoEndpoint {
		return nil
	}
	c, err := p.authenticate(r.Context(), v.given)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "service", string(c.service.ID))
	v.client = c
	v.serves(c)
	return nil
}

// enter prepares the request for the library, or refuses it.
func (v *visit) enter(w http.ResponseWriter, r *http.Request) *refusal {
	if r.URL.RawQuery != "" && secretInAddress(r.URL.Query()) {
		return refuse(invalidRequest, "nothing secret may stand in an address")
	}
	address := *r.URL
	address.RawQuery, r.URL = "", &address
	r.Body = http.MaxBytesReader(w, r.Body, formMax)
	if err := r.ParseForm(); err != nil {
		return refuse(invalidRequest, "the body is not a form").because(err)
	}
	if r.PostForm == nil {
		r.PostForm = url.Values{}
	}
	for name, values := range r.PostForm {
		// RFC 8707 and RFC 8693 let these two be there several times.
		if len(values) > 1 && name != "resource" && name != "audience" {
			return refuse(invalidRequest, "a parameter is there twice")
		}
	}
	if v.endpoint == userinfoEndpoint {
		return v.enterWithToken(r)
	}
	return v.enterAsClient(r)
}

func secretInAddress(query url.Values) bool {
	for name := range query {
		switch name {
		case "client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "access_token", "token",
			"username", "password", "assertion":
			return true
		}
	}
	return false
}

// enterWithToken lets a token be shown in one way only (RFC 6750 section 2).
func (v *visit) enterWithToken(r *http.Request) *refusal {
	header, body := r.Header.Get("Authorization") != "", r.PostForm.Get("access_token") != ""
	v.bearer = header || body
	if header && body {
		return refuse(invalidRequest, "the token is shown in more than one way")
	}
	return nil
}

// enterAsClient reads the client's credentials and leaves the library a form
// that it reads in one way.
func (v *visit) enterAsClient(r *http.Request) *refusal {
	if v.endpoint == tokenEndpoint {
		asked := r.PostForm.Get("grant_type")
		if asked != "" && !slices.Contains(grantTypes(), asked) {
			return refuse(unsupportedGrantType, "the grant type is not supported")
		}
	}
	given, no := readCredentials(r)
	if no != nil {
		return no
	}
	if v.endpoint == introspectEndpoint && len(given.secrets) == 0 && given.assertion == "" {
		return refuse(invalidClient, "the client must authenticate")
	}
	v.given = given
	v.restate(r)
	return nil
}

// restate writes the credentials in the one way that the library reads without
// doubt. It does not check them; that is done before it sees them.
func (v *visit) restate(r *http.Request) {
	r.Header.Del("Authorization")
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		r.PostForm.Del(name)
	}
	r.PostForm.Set("client_id", v.given.id)
	switch {
	case v.given.assertion != "":
		r.PostForm.Set("client_assertion", v.given.assertion)
		r.PostForm.Set("client_assertion_type", oidc.ClientAssertionTypeJWTAssertion)
	case len(v.given.secrets) > 0:
		r.PostForm.Set("client_secret", v.given.secrets[0])
	}
	r.Form = r.PostForm
}

// answerWriter gives a refusal its status, and adds the headers that depend on
// how a request ended.
type answerWriter struct {
	http.ResponseWriter
	visit *visit
	done  bool
}

// Unwrap is for [http.ResponseController].
func (a *answerWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answerWriter) WriteHeader(status int) {
	if a.visit.status != 0 {
		status = a.visit.status
	}
	if !a.done {
		a.done = true
		a.visit.finish(a.Header(), status)
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerWriter) Write(b []byte) (int, error) {
	if !a.done {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(b)
}

// finish: RFC 6749 sections 5.1 and 5.2, RFC 6750 section 3. Without a token
// shown, the challenge says no more than the scheme.
func (v *visit) finish(h http.Header, status int) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	switch {
	case status == http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	case status == http.StatusForbidden && v.endpoint == userinfoEndpoint:
		h.Set("WWW-Authenticate", `Bearer realm="clau", error="insufficient_scope", scope="openid"`)
	case status == http.StatusUnauthorized && v.endpoint != userinfoEndpoint:
		h.Set("WWW-Authenticate", `Basic realm="clau"`)
	case status == http.StatusUnauthorized && v.bearer:
		h.Set("WWW-Authenticate", `Bearer realm="clau", error="invalid_token"`)
	case status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="clau"`)
	}
	v.allowOrigin(h)
}
