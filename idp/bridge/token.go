// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"context"
	"errors"
	"net/http"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/trace"
	"commonscloud.coop/clau/idp/web"
)

// token is the token endpoint (RFC 6749 section 4.1.3). The client proves itself
// in the body, as these applications do, and in no other way.
func (b *Bridge) token(w http.ResponseWriter, r *http.Request) error {
	t, err := b.redeem(r)
	if err != nil {
		no := refusalOf(err)
		no.note(r.Context())
		return web.WriteJSON(w, no.status(), no.body())
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Token     string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn int64  `json:"expires_in"` // seconds
	}{t.text, "Bearer", int64(b.c.TokenLife / time.Second)})
}

// redeem turns a code into a token. The code is spent before it is looked at, so
// that of two hundred redemptions at once one goes on; whoever finds it spent
// ends the grant, token and all (RFC 9700 section 2.1.1). A code shown by the
// wrong client, or for another address, was stolen and ends it as well.
func (b *Bridge) redeem(r *http.Request) (accessToken, error) {
	c, form, err := b.authenticated(r)
	if err != nil {
		return accessToken{}, err
	}
	ctx, key := r.Context(), keyOfCode(form["code"])
	t, err := b.newToken(key)
	if err != nil {
		return accessToken{}, err
	}
	g, won, err := b.spend(ctx, key, codeState, t.state())
	trace.Of(ctx).Granted(g.Traced, g.Person, g.Service)
	switch {
	case err != nil:
		return accessToken{}, err
	case !won:
		return accessToken{}, b.punish(ctx, key, g, "code-used-twice")
	case g.Service != c.service.ID, g.Client != c.ID, g.Redirect != form["redirect_uri"]:
		return accessToken{}, b.punish(ctx, key, g, "code-misused")
	case aged(g.Begun, b.c.Now(), b.c.CodeLife):
		return accessToken{}, errOver
	}
	_, err = b.admission(ctx, g)
	return t, err
}

// authenticated reads the form and finds out who sends it.
func (b *Bridge) authenticated(r *http.Request) (client, web.Form, error) {
	if r.Header.Get("Authorization") != "" {
		return client{}, nil, refuse(invalidRequest, "the client proves itself in the body")
	}
	form, err := web.ParseForm(r, "grant_type", "client_id", "client_secret", "code", "redirect_uri")
	if err != nil {
		return client{}, nil, &refusal{invalidRequest, "the body is no form that can be read", err}
	}
	c, err := b.client(r)
	switch {
	case err != nil:
		return client{}, nil, err
	case form["client_id"] != string(c.ID) || !c.proves(form["client_secret"], b.c.Now()):
		return client{}, nil, errUnknownClient
	case form["grant_type"] != "authorization_code":
		return client{}, nil, refuse(unsupportedGrantType, "the grant type is not supported")
	case form["code"] == "":
		return client{}, nil, refuse(invalidRequest, "code is missing")
	}
	return c, form, nil
}

// punish ends a grant that somebody misused, and records it. If it cannot be
// ended now, the application is told to come back: not that all is over.
func (b *Bridge) punish(ctx context.Context, key grantKey, g grant, reason string) error {
	ctx = context.WithoutCancel(ctx) // a thief who hangs up is punished all the same
	if err := b.c.Store.Write(ctx, store.Delete{Key: key.inStore()}); err != nil {
		return err
	}
	if b.c.Audit != nil {
		b.c.Audit.Write(ctx, audit.Event{
			Kind: audit.TokensRevoked, Person: g.Person, Service: g.Service, Reason: reason, Reference: web.Reference(ctx),
		})
	}
	return &refusal{invalidGrant, "the code is not good any more", errors.New("bridge: " + reason)}
}
