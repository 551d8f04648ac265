// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"commonscloud.coop/clau/idp/web"
)

// server is what the library calls once it has parsed a request. Everything
// returned to it goes through [answer].
type server struct {
	op.UnimplementedServer
	p *Provider
}

var _ op.Server = server{}

// openLibrary mounts the endpoints that the library parses. Authorization,
// discovery, keys and log-out are ours; what is nil is not there.
func (p *Provider) openLibrary() http.Handler {
	return op.RegisterServer(server{p: p}, op.Endpoints{
		Token:         op.NewEndpoint(p.path + string(tokenEndpoint)),
		Userinfo:      op.NewEndpoint(p.path + string(userinfoEndpoint)),
		Introspection: op.NewEndpoint(p.path + string(introspectEndpoint)),
		Revocation:    op.NewEndpoint(p.path + string(revokeEndpoint)),
	}, op.WithServerCORSOptions(nil))
}

// answer keeps every error that is not the protocol's own inside.
func answer(ctx context.Context, data any, err error) (*op.Response, error) {
	if err != nil {
		noteRefusal(ctx, refusalOf(err))
		return nil, libraryError(err)
	}
	return op.NewResponse(data), nil
}

func noteRefusal(ctx context.Context, no *refusal) {
	web.Note(ctx, "oauth_error", no.code)
	if no.cause != nil {
		web.NoteError(ctx, no.cause)
	}
}

// VerifyClient implements [op.Server].
func (s server) VerifyClient(ctx context.Context, _ *op.Request[op.ClientCredentials]) (op.Client, error) {
	c, err := s.verified(ctx)
	if err != nil {
		_, err = answer(ctx, nil, err)
		return nil, err
	}
	return c, nil
}

func (s server) verified(ctx context.Context) (client, error) {
	v := visitOf(ctx)
	c, err := s.p.authenticate(ctx, v.given)
	if err != nil {
		return client{}, err
	}
	web.Note(ctx, "service", c.service.ID)
	v.serves(c)
	return c, nil
}

// CodeExchange implements [op.Server].
func (s server) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	tokens, err := s.p.redeem(ctx, r.Client.(client), r.Data)
	return answer(ctx, tokens, err)
}

// RefreshToken implements [op.Server].
func (s server) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	tokens, err := s.p.renew(ctx, r.Client.(client), r.Data)
	return answer(ctx, tokens, err)
}

// ClientCredentialsExchange implements [op.Server].
func (s server) ClientCredentialsExchange(ctx context.Context, r *op.ClientRequest[oidc.ClientCredentialsRequest]) (*op.Response, error) {
	tokens, err := s.p.grantItself(ctx, r.Client.(client))
	return answer(ctx, tokens, err)
}

// UserInfo implements [op.Server].
func (s server) UserInfo(ctx context.Context, r *op.Request[oidc.UserInfoRequest]) (*op.Response, error) {
	info, err := s.p.userinfo(ctx, r.Data.AccessToken)
	return answer(ctx, info, err)
}

// Introspect implements [op.Server].
func (s server) Introspect(ctx context.Context, r *op.Request[op.IntrospectionRequest]) (*op.Response, error) {
	c, err := s.verified(ctx)
	if err != nil {
		return answer(ctx, nil, err)
	}
	about, err := s.p.introspect(ctx, c, r.Data.Token)
	return answer(ctx, about, err)
}

// Revocation implements [op.Server].
func (s server) Revocation(ctx context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	return answer(ctx, nil, s.p.giveBack(ctx, r.Client.(client), r.Data.Token))
}
