// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

// tokens is the answer of the token endpoint (RFC 6749 section 5.1, OpenID
// Connect Core section 3.1.3.3).
type tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int64  `json:"expires_in"` // seconds
	Refresh   string `json:"refresh_token,omitempty"`
	ID        string `json:"id_token,omitempty"`
	Scope     string `json:"scope,omitempty"`
}

// issuance is all that tokens are made from.
type issuance struct {
	client    client
	key       grantKey
	grant     grant
	step      step
	scopes    scopes // of the access token: what was granted, or less
	admission signon.Admission
	nonce     string // of the first id_token only (OpenID Connect Core section 12.2)
}

// issue is the one place where tokens are made. It writes nothing.
func (p *Provider) issue(i issuance) (*tokens, error) {
	now := p.c.Now()
	access := accessToken{key: i.key, issued: now.Unix(), scopes: i.scopes}
	access.expires = min(now.Add(p.c.AccessLife).Unix(), i.grant.Ends)
	out := &tokens{Type: "Bearer", ExpiresIn: access.expires - access.issued, Scope: i.scopes.String()}
	var err error
	if out.Access, err = p.makeAccess(i, access); err != nil {
		return nil, err
	}
	if i.grant.Person == "" {
		return out, nil
	}
	if i.client.mayUse(refreshGrant) {
		out.Refresh = p.sealRefresh(i.client.oidc.ID, refreshToken{
			key: i.key, step: i.step, epoch: i.grant.Epoch, person: i.grant.Person, scopes: i.grant.Scopes,
		})
	}
	if i.scopes.has(openidScope) {
		out.ID, err = p.signID(i, out.Access, now)
	}
	return out, err
}

func (p *Provider) makeAccess(i issuance, t accessToken) (string, error) {
	if i.client.oidc.Metadata.AccessTokenFormat == "jwt" {
		return p.signAccess(i.grant, t)
	}
	return p.sealAccess(t), nil
}

// signID makes an id_token (OpenID Connect Core section 2).
func (p *Provider) signID(i issuance, access string, now time.Time) (string, error) {
	alg, err := i.client.idTokenAlg()
	if err != nil {
		return "", err
	}
	g := i.grant
	claims := map[string]any{}
	i.client.addClaims(claims, i.releaseFor(i.idTokenNeed()))
	claims["iss"], claims["sub"], claims["aud"] = p.c.Issuer, g.Subject, string(g.Client)
	claims["iat"], claims["exp"] = now.Unix(), now.Add(p.c.IDTokenLife).Unix()
	claims["at_hash"] = keys.Hash(alg, access)
	if g.AuthTime != 0 {
		claims["auth_time"] = g.AuthTime
	}
	for name, value := range map[string]string{"acr": g.ACR, "sid": g.SID, "nonce": i.nonce} {
		if value != "" {
			claims[name] = value
		}
	}
	if len(g.AMR) > 0 {
		claims["amr"] = g.AMR
	}
	return p.c.Keys.Sign(alg, idTokenType, claims)
}

// idTokenNeed is what goes into the id_token: what was asked for there, and
// what the scopes mean where the service reads no userinfo.
func (i issuance) idTokenNeed() release.Need {
	if i.client.oidc.Metadata.ClaimsInIDToken {
		return union(i.grant.Claims.IDToken, i.scopes.need())
	}
	return i.grant.Claims.IDToken
}

func (i issuance) releaseFor(place release.Need) release.Release {
	return releaseFor(i.grant, i.scopes, i.admission, place)
}

// releaseFor decides anew what may be handed over, and takes the part that has
// its place in this answer.
func releaseFor(g grant, granted scopes, a signon.Admission, place release.Need) release.Release {
	all := union(granted.need(), g.Claims.IDToken, g.Claims.Userinfo)
	return release.Decide(all, release.Facts{Person: a.Person, Standing: a.Standing, Service: a.Service, Terms: a.Terms}).Only(place)
}

// addClaims writes down what is released, groups in the client's own format.
func (c client) addClaims(claims map[string]any, r release.Release) {
	for attribute, value := range r {
		claims[string(attribute)] = value
	}
	if _, asked := r[release.Groups]; !asked {
		return
	}
	groups := release.GroupValues(r, c.oidc.Metadata.GroupFormat)
	if claims[string(release.Groups)] = groups; groups == nil {
		delete(claims, string(release.Groups))
	}
}

// grantItself is client_credentials (RFC 6749 section 4.4): the client acts for
// itself, as nobody. No scope of ours means anything without a person.
func (p *Provider) grantItself(ctx context.Context, c client) (*tokens, error) {
	name, err := p.newCode()
	if err != nil {
		return nil, err
	}
	now, key := p.c.Now(), keyOfCode(name)
	g := grant{
		Client: c.oidc.ID, Service: c.service.ID, Subject: string(c.oidc.ID),
		Begun: now.Unix(), Ends: now.Add(p.c.AccessLife).Unix(),
	}
	a, err := p.admit(ctx, g)
	if err != nil {
		return nil, err
	}
	first := step{}.next(now)
	put, err := g.put(key, first.String(), p.c.AccessLife)
	if err != nil {
		return nil, err
	}
	if err := p.c.Store.Write(ctx, put); err != nil {
		return nil, err
	}
	return p.issue(issuance{client: c, key: key, grant: g, step: first, admission: a})
}
