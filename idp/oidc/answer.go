// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// Answer implements [signon.Protocol]: it makes the grant and hands out its
// code. The grant, what the session is to take along when it ends and the
// pipeline's own writes are one round trip.
func (p *Provider) Answer(w http.ResponseWriter, r *http.Request, result signon.Result) error {
	to, err := replyOf(result.Request)
	if err != nil {
		return err
	}
	c, err := clientOf(result.Service)
	if err != nil {
		return p.respondRefused(w, r, to, refuse(unauthorizedClient, "the client is not registered any more"))
	}
	// The registration may have changed while the person was logging in.
	if _, ok := prove(c.oidc.RedirectURIs, c.oidc.Public(), to.Target.URI); !ok {
		return web.FailDetail(http.StatusBadRequest, "redirect-unproven", c.service.Title, nil)
	}
	code, err := p.grant(r.Context(), c, to, result)
	if err != nil {
		return p.respondRefused(w, r, to, refusalOf(err))
	}
	return p.respond(w, r, to, c.success(code, result))
}

// success carries session_state where the service keeps it as the sid of its
// front-channel log-out (Moodle does).
func (c client) success(code string, result signon.Result) url.Values {
	params := url.Values{"code": {code}}
	if c.oidc.Metadata.SessionState {
		params.Set("session_state", result.SID)
	}
	return params
}

// Refuse implements [signon.Protocol].
func (p *Provider) Refuse(w http.ResponseWriter, r *http.Request, request signon.Request, reason signon.Reason) error {
	to, err := replyOf(request)
	if err != nil {
		return err
	}
	return p.respondRefused(w, r, to, refusalFor(reason))
}

// refusalFor puts a reason into the words of OpenID Connect Core section 3.1.2.6
// and RFC 6749 section 4.1.2.1. A reason that nobody has heard of tells nothing.
func refusalFor(reason signon.Reason) *refusal {
	switch reason {
	case signon.LoginRequired:
		return refuse(loginRequired, "the person is not logged in as asked")
	case signon.SelectionRequired:
		return refuse("account_selection_required", "an account is to be chosen")
	case signon.ConsentRequired:
		return refuse("consent_required", "the person is to be asked for consent")
	case signon.InteractionNeeded:
		return refuse("interaction_required", "the person is to be asked something")
	case signon.AccessDenied:
		return refuse("access_denied", "the person does not enter")
	case signon.ACRUnmet:
		return refuse("unmet_authentication_requirements", "none of the authentication contexts can be reached")
	case signon.Unavailable:
		return refuse(unavailable, "try again in a moment")
	}
	return refuse(serverError, "something went wrong here")
}

func replyOf(request signon.Request) (reply, error) {
	var to reply
	if err := json.Unmarshal(request.Reply, &to); err != nil {
		return reply{}, fmt.Errorf("oidc: reply: %w", err)
	}
	return to, nil
}
