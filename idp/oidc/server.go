// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// server is what the library calls once it has parsed a request. Everything
// that it returns goes through [answer].
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

// answer keeps every error from the library, which would send its text to the
// client and write it to the log of the whole process. A refusal is an answer
// like any other; [answerWriter] gives it its status.
func answer(ctx context.Context, data any, err error) (*op.Response, error) {
	if err == nil {
		return op.NewResponse(data), nil
	}
	no := refusalOf(err)
	no.note(ctx)
	visitOf(ctx).status = no.status()
	return op.NewResponse(no.body()), nil
}

// VerifyClient implements [op.Server]. The door has authenticated the client.
func (s server) VerifyClient(ctx context.Context, _ *op.Request[op.ClientCredentials]) (op.Client, error) {
	c := visitOf(ctx).client
	if c.oidc.ID == "" {
		return nil, op.NewStatusError(oidc.ErrInvalidClient(), http.StatusUnauthorized)
	}
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
	about, err := s.p.introspect(ctx, visitOf(ctx).client, r.Data.Token)
	return answer(ctx, about, err)
}

// Revocation implements [op.Server].
func (s server) Revocation(ctx context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	return answer(ctx, nil, s.p.giveBack(ctx, r.Client.(client), r.Data.Token))
}
