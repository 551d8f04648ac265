// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/trace"
)

// userinfo is OpenID Connect Core section 5.3: what the access token's scopes
// and the claims parameter asked for, decided anew.
func (p *Provider) userinfo(ctx context.Context, token string) (map[string]any, error) {
	t, g, a, err := p.inUse(ctx, token)
	if err != nil {
		return nil, err
	}
	c, err := clientOf(a.Service)
	if err != nil {
		return nil, err
	}
	visitOf(ctx).serves(c)
	trace.Of(ctx).Granted(g.Traced, g.Person, g.Service)
	if g.Person == "" || !t.scopes.has(openidScope) {
		return nil, refuse(insufficientScope, "the token is not one of OpenID Connect")
	}
	claims := map[string]any{}
	c.addClaims(claims, releaseFor(g, t.scopes, a, union(t.scopes.need(), g.Claims.Userinfo)))
	claims["sub"] = g.Subject
	return claims, nil
}

// inUse is what is known of an access token that may be used now: one round
// trip. Every other token, whatever its fault, is the same invalid_token.
func (p *Provider) inUse(ctx context.Context, token string) (accessToken, grant, signon.Admission, error) {
	t, err := p.openAccess(token)
	if err == nil && t.expired(p.c.Now()) {
		err = errNoToken
	}
	var g grant
	if err == nil {
		g, err = p.load(ctx, t.key)
	}
	var a signon.Admission
	if err == nil {
		a, err = p.admit(ctx, g)
	}
	if ended(err) {
		return accessToken{}, grant{}, signon.Admission{}, refuse(invalidToken, "the token is not good any more").because(err)
	}
	return t, g, a, err
}

// ended reports whether err says that a token is over, and not that nobody can
// tell right now.
func ended(err error) bool {
	return errors.Is(err, errNoToken) || errors.Is(err, store.ErrNotFound) || notAdmitted(err)
}
