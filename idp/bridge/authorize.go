// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// What a request may hold at most, in bytes. Mattermost keeps a whole JSON
// document in its state.
const (
	stateMax    = 4096
	redirectMax = 2048
)

// reply is what a request leaves for its answer. It waits in the store together
// with the sign-on, never in the browser.
type reply struct {
	Redirect string `json:"redirect"`
	State    string `json:"state,omitempty"`
}

// authorize is the authorization endpoint (RFC 6749 section 4.1.1). Until client
// and redirect address are proven whatever is wrong is a page, and never a
// redirect; after that it goes to the application.
//
// It answers within its own origin or the application's, and nowhere else:
// Phabricator's button is a form, and browsers hold each redirect behind it
// against form-action, which names only these two.
func (b *Bridge) authorize(w http.ResponseWriter, r *http.Request) error {
	c, err := b.client(r)
	if errors.Is(err, errUnknownClient) {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "bad-request", errors.New("bridge: malformed query"))
	}
	if id, ok := single(form, "client_id"); !ok || id != string(c.ID) {
		return web.Fail(http.StatusBadRequest, "client-unknown", errUnknownClient)
	}
	uri, ok := single(form, "redirect_uri")
	if !ok || len(uri) > redirectMax {
		uri = ""
	}
	to, err := c.target(uri)
	if err != nil {
		return err
	}
	state, no := readAsking(form)
	if no != nil {
		return b.redirect(w, r, to, state, no.params(r.Context()))
	}
	request, err := b.request(c, to, state)
	if err != nil {
		return err
	}
	return b.c.SignOns.Begin(w, r, request)
}

// single is a parameter that is there exactly once (RFC 6749 section 3.1).
func single(form url.Values, name string) (string, bool) {
	values := form[name]
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// readAsking reads the rest of the request. The scope is no matter: Phabricator
// always sends an empty one.
func readAsking(form url.Values) (state string, no *refusal) {
	if len(form["state"]) > 1 || len(form.Get("state")) > stateMax {
		return "", refuse(invalidRequest, "state is there twice, or too long")
	}
	state = form.Get("state")
	kind, ok := single(form, "response_type")
	switch {
	case !ok:
		return state, refuse(invalidRequest, "response_type is missing, or there twice")
	case kind != "code":
		return state, refuse(unsupportedResponseType, "the response type is not supported")
	}
	return state, nil
}

// request says it in the words of the pipeline.
func (b *Bridge) request(c client, to web.Vetted, state string) (signon.Request, error) {
	raw, err := json.Marshal(reply{Redirect: to.String(), State: state})
	if err != nil {
		return signon.Request{}, fmt.Errorf("bridge: reply: %w", err)
	}
	u, err := url.Parse(to.String())
	if err != nil {
		return signon.Request{}, fmt.Errorf("bridge: redirect address: %w", err)
	}
	return signon.Request{
		Protocol: b.name(), Service: c.service.ID, Need: c.need(),
		AnswerOrigin: u.Scheme + "://" + u.Host,
		Reply:        raw,
	}, nil
}

// redirect is the one way an answer leaves. State comes back byte by byte.
func (b *Bridge) redirect(w http.ResponseWriter, r *http.Request, to web.Vetted, state string, params url.Values) error {
	if state != "" {
		params.Set("state", state)
	}
	return web.RedirectAway(w, r, to.With(params))
}
