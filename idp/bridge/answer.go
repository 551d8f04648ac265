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

// Answer implements [signon.Protocol]: it makes the grant and hands out its
// code. The grant, what the session is to take along when it ends and the
// pipeline's own writes are one round trip.
func (b *Bridge) Answer(w http.ResponseWriter, r *http.Request, result signon.Result) error {
	asked, err := replyOf(result.Request)
	if err != nil {
		return err
	}
	c, err := b.clientOf(result.Service)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	to, err := c.target(asked.Redirect)
	if err != nil {
		return err
	}
	if !b.usable(result.Release) {
		// The application would show an error of its own that explains nothing.
		cause := errors.New("bridge: nothing that the application could make an account of")
		return web.FailWith(web.Problem{
			Status: http.StatusForbidden, Code: "address-needed", Detail: c.service.Title, Back: c.service.URL,
		}, cause)
	}
	code, err := b.grant(r.Context(), c, to, result)
	if err != nil {
		return b.redirect(w, r, to, asked.State, refusalOf(err).params(r.Context()))
	}
	return b.redirect(w, r, to, asked.State, url.Values{"code": {code}})
}

// Refuse implements [signon.Protocol]. What the person declines must be told
// here: whatever fails later shows people a stack trace.
func (b *Bridge) Refuse(w http.ResponseWriter, r *http.Request, request signon.Request, reason signon.Reason) error {
	asked, err := replyOf(request)
	if err != nil {
		return err
	}
	// Proven when the request came. No secret goes along, so it need not be again.
	to, err := web.Vet(asked.Redirect, []string{asked.Redirect})
	if err != nil {
		return err
	}
	return b.redirect(w, r, to, asked.State, refusalFor(reason).params(r.Context()))
}

func replyOf(request signon.Request) (reply, error) {
	var to reply
	if err := json.Unmarshal(request.Reply, &to); err != nil {
		return reply{}, fmt.Errorf("bridge: reply: %w", err)
	}
	return to, nil
}
