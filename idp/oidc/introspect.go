// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"

	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

// introspection is RFC 7662 section 2.2, and what the token's scopes release of
// the person to programs that decide by it. Its aud is one string.
type introspection struct {
	Active   bool   `json:"active"`
	Scope    string `json:"scope,omitempty"`
	Client   string `json:"client_id,omitempty"`
	Username any    `json:"username,omitempty"`
	Email    any    `json:"email,omitempty"`
	Type     string `json:"token_type,omitempty"`
	Expires  int64  `json:"exp,omitempty"`
	Issued   int64  `json:"iat,omitempty"`
	Subject  string `json:"sub,omitempty"`
	Audience string `json:"aud,omitempty"`
	Issuer   string `json:"iss,omitempty"`
	AuthTime int64  `json:"auth_time,omitempty"`
	ACR      string `json:"acr,omitempty"`
	Groups   any    `json:"groups,omitempty"`
	Roles    any    `json:"roles,omitempty"`
}

// introspect answers about the caller's own tokens only: whatever else is
// shown is as inactive as a token that never was (RFC 7662 section 2.2). Who
// asks without a proof, as public clients would, does not come through the door.
func (p *Provider) introspect(ctx context.Context, c client, token string) (introspection, error) {
	about, err := p.aboutAccess(ctx, c, token)
	if err == nil && !about.Active {
		about, err = p.aboutRefresh(ctx, c, token)
	}
	return about, err
}

func (p *Provider) aboutAccess(ctx context.Context, c client, token string) (introspection, error) {
	t, g, a, err := p.inUse(ctx, token)
	if err != nil && refusalOf(err).code == invalidToken || err == nil && g.Client != c.oidc.ID {
		return introspection{}, nil
	}
	if err != nil {
		return introspection{}, err
	}
	about := p.about(c, g, t.scopes, a)
	about.Type, about.Issued, about.Expires = "Bearer", t.issued, t.expires
	return about, nil
}

// aboutRefresh never spends the token.
func (p *Provider) aboutRefresh(ctx context.Context, c client, token string) (introspection, error) {
	t, err := p.openRefresh(c.oidc.ID, token)
	if err != nil {
		return introspection{}, nil
	}
	record, err := p.c.Store.Record(ctx, t.key.inStore())
	if err != nil && !ended(err) {
		return introspection{}, err
	}
	if err != nil || record.State != t.step.String() {
		return introspection{}, nil
	}
	g, err := parseGrant(record.Data)
	if err != nil {
		return introspection{}, err
	}
	a, err := p.admit(ctx, g)
	if ended(err) {
		return introspection{}, nil
	}
	if err != nil {
		return introspection{}, err
	}
	about := p.about(c, g, g.Scopes, a)
	about.Type, about.Issued, about.Expires = "refresh_token", t.step.at, g.Ends
	return about, nil
}

// about tells a mail server no lists, which it cannot read (Dovecot's JSON is
// flat), and calls the person by their mailbox.
func (p *Provider) about(c client, g grant, granted scopes, a signon.Admission) introspection {
	released := releaseFor(g, granted, a, granted.need())
	about := introspection{
		Active: true, Scope: granted.String(), Client: string(g.Client),
		Username: released[release.Handle], Email: released[release.Mail],
		Subject: g.Subject, Audience: string(g.Client), Issuer: p.c.Issuer,
		AuthTime: g.AuthTime, ACR: g.ACR,
	}
	if !c.oidc.Metadata.FlatIntrospect {
		about.Groups, about.Roles = release.GroupValues(released, c.oidc.Metadata.GroupFormat), released[release.Roles]
		return about
	}
	if about.Email != nil {
		about.Username = about.Email
	}
	return about
}
