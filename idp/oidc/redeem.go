// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/trace"
	"commonscloud.coop/clau/idp/web"
)

// redeem turns a code into tokens. The code is spent before it is looked at, so
// that of two hundred redemptions at once one goes on; whoever finds it spent
// ends the grant, tokens and all (RFC 9700 section 2.1.1). A code shown by the
// wrong client or with the wrong proof was stolen, and ends the grant as well.
func (p *Provider) redeem(ctx context.Context, c client, r *oidc.AccessTokenRequest) (*tokens, error) {
	key := keyOfCode(r.Code)
	first := step{}.next(p.c.Now())
	record, won, err := p.spend(ctx, key, freshState, first)
	if err != nil {
		return nil, err
	}
	if !won {
		return nil, p.punish(ctx, key, record.Data, "code-used-twice", refuse(invalidGrant, "the code was used before"))
	}
	g, err := parseGrant(record.Data)
	if err != nil {
		return nil, err
	}
	trace.Of(ctx).Granted(g.Traced, g.Person, g.Service)
	if no := g.redeemable(c, r, p.c.Now(), p.c.CodeLife); no != nil {
		return nil, p.punish(ctx, key, record.Data, "code-misused", no)
	}
	return p.issueFirst(ctx, c, key, g, first)
}

// issueFirst puts the code back when it cannot be decided now whether the grant
// still holds: the client may ask once more.
func (p *Provider) issueFirst(ctx context.Context, c client, key grantKey, g grant, first step) (*tokens, error) {
	a, err := p.admit(ctx, g)
	if err != nil && refusalOf(err).code == unavailable {
		_, _, undo := p.c.Store.Advance(context.WithoutCancel(ctx), key.inStore(), first.String(), freshState)
		return nil, errors.Join(err, undo)
	}
	if err != nil {
		return nil, errors.Join(err, p.revoke(context.WithoutCancel(ctx), key))
	}
	return p.issue(issuance{client: c, key: key, grant: g, step: first, scopes: g.Scopes, admission: a, nonce: g.Nonce})
}

// redeemable holds a redemption against what the authorization request said.
// Every difference is the same error, and none of the checks is skipped for
// something that is missing (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
func (g grant) redeemable(c client, r *oidc.AccessTokenRequest, now time.Time, life time.Duration) *refusal {
	switch {
	case g.Client != c.oidc.ID:
		return refuse(invalidGrant, "the code is another client's")
	case now.Sub(time.Unix(g.Begun, 0)) > life:
		return refuse(invalidGrant, "the code has expired")
	case g.Redirect != r.RedirectURI:
		return refuse(invalidGrant, "redirect_uri is not the one of the authorization request")
	case !g.proves(r.CodeVerifier):
		return refuse(invalidGrant, "code_verifier does not match")
	}
	return nil
}

// proves also refuses a verifier where there was no challenge: somebody took
// the challenge out of the request (RFC 9700 section 2.1.1).
func (g grant) proves(verifier string) bool {
	if g.Challenge == "" {
		return verifier == ""
	}
	if len(verifier) < 43 || len(verifier) > 128 || !unreserved(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(challenge), []byte(g.Challenge)) == 1
}

// punish ends a grant that somebody misused, records it, and says what the
// client is told. If it cannot be ended now, the client is told to come back:
// not that all is over.
func (p *Provider) punish(ctx context.Context, key grantKey, raw []byte, reason string, why *refusal) error {
	ctx = context.WithoutCancel(ctx) // a thief who hangs up is punished all the same
	if err := p.revoke(ctx, key); err != nil {
		return err
	}
	g, err := parseGrant(raw)
	if err != nil {
		return err
	}
	p.record(ctx, audit.Event{Kind: audit.TokensRevoked, Person: g.Person, Service: g.Service, Reason: reason})
	return why
}

func (p *Provider) record(ctx context.Context, e audit.Event) {
	if p.c.Audit == nil {
		return
	}
	e.Reference = web.Reference(ctx)
	p.c.Audit.Write(ctx, e)
}
