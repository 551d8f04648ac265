// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"commonscloud.coop/clau/idp/store"
)

// renew turns a refresh token into its successor (RFC 6749 section 6). All that
// can fail is asked first; then one round trip spends the token. Nothing is
// written for the new tokens, so nothing is lost if the answer is.
func (p *Provider) renew(ctx context.Context, c client, r *oidc.RefreshTokenRequest) (*tokens, error) {
	t, err := p.openRefresh(c.oidc.ID, r.RefreshToken)
	if err != nil {
		return nil, refuse(invalidGrant, "the refresh token is not one of this client").because(err)
	}
	granted, no := t.scopes.narrow(r.Scopes)
	if no != nil {
		return nil, no
	}
	if _, err := p.admission(ctx, t.person, c.service.ID, t.epoch, t.scopes.need()); err != nil {
		return nil, err
	}
	next := t.step.next(p.c.Now())
	record, won, err := p.spend(ctx, t.key, t.step.String(), next)
	if err != nil {
		return nil, err
	}
	if !won {
		next, won = p.successor(record, t.step)
	}
	if !won {
		return nil, p.punish(ctx, t.key, record.Data, "refresh-used-twice", refuse(invalidGrant, "the refresh token was used before"))
	}
	return p.issueNext(ctx, c, record, t.key, next, granted)
}

func (p *Provider) issueNext(ctx context.Context, c client, record store.Record, key grantKey, next step, granted scopes) (*tokens, error) {
	g, err := parseGrant(record.Data)
	if err != nil {
		return nil, err
	}
	a, err := p.admit(ctx, g)
	if err != nil {
		return nil, err
	}
	return p.issue(issuance{client: c, key: key, grant: g, step: next, scopes: granted, admission: a})
}

// successor gives the step after one that was spent a moment ago and whose
// successor is unused: the answer was lost on the way, or the client asked
// twice at once. Anything later is a stolen token, of one side or the other.
func (p *Provider) successor(record store.Record, spent step) (step, bool) {
	now, ok := parseStep(record.State)
	age := p.c.Now().Sub(time.Unix(now.at, 0))
	return now, ok && now.n == spent.n+1 && age <= p.c.RefreshGrace
}
