// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"commonscloud.coop/clau/idp/directory"
)

// Grant types that Clau knows.
const (
	codeGrant        = string(oidc.GrantTypeCode)
	refreshGrant     = string(oidc.GrantTypeRefreshToken)
	credentialsGrant = string(oidc.GrantTypeClientCredentials)
)

func grantTypes() []string { return []string{codeGrant, refreshGrant, credentialsGrant} }

// errUnknownClient also stands for a client whose service is stopped, and for
// one that speaks a bridge's protocol: at these doors it is nobody.
var errUnknownClient = errors.New("oidc: unknown client")

// client is an active service as an OpenID Connect client. It is the library's
// [op.Client] too, whose questions about redirects, log-in and lifetimes are
// never asked: those doors are ours.
type client struct {
	service directory.Service
	oidc    directory.OIDCClient
}

var _ op.Client = client{}

// client finds an active client, or [errUnknownClient].
func (p *Provider) client(ctx context.Context, id directory.ClientID) (client, error) {
	s, err := p.c.Directory.ServiceByClientID(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return client{}, errUnknownClient
	}
	if err != nil {
		return client{}, err
	}
	return clientOf(s)
}

func clientOf(s directory.Service) (client, error) {
	if s.State != directory.Active || s.Protocol() != directory.ProtocolOIDC {
		return client{}, errUnknownClient
	}
	return client{service: s, oidc: *s.OIDC}, nil
}

// mayUse reports whether the client is registered for a grant type. The default
// is that of [directory.ClientMetadata].
func (c client) mayUse(grantType string) bool {
	registered := c.oidc.Metadata.GrantTypes
	if len(registered) == 0 {
		return grantType == codeGrant || grantType == refreshGrant
	}
	return slices.Contains(registered, grantType)
}

// GetID implements [op.Client].
func (c client) GetID() string { return string(c.oidc.ID) }

// GrantTypes implements [op.Client].
func (c client) GrantTypes() []oidc.GrantType {
	var out []oidc.GrantType
	for _, t := range grantTypes() {
		if c.mayUse(t) {
			out = append(out, oidc.GrantType(t))
		}
	}
	return out
}

// AuthMethod implements [op.Client].
func (c client) AuthMethod() oidc.AuthMethod {
	if c.oidc.Metadata.AuthMethod == "" {
		return oidc.AuthMethodBasic
	}
	return oidc.AuthMethod(c.oidc.Metadata.AuthMethod)
}

// ApplicationType implements [op.Client].
func (c client) ApplicationType() op.ApplicationType {
	if c.oidc.Public() {
		return op.ApplicationTypeNative
	}
	return op.ApplicationTypeWeb
}

// The rest of [op.Client] is asked by parts of the library that are not in use.

func (c client) RedirectURIs() []string           { return c.oidc.RedirectURIs }
func (c client) PostLogoutRedirectURIs() []string { return c.oidc.Metadata.PostLogoutRedirectURIs }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) LoginURL(string) string               { return "" }
func (c client) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration       { return 0 }
func (c client) DevMode() bool                        { return false }
func (c client) IsScopeAllowed(string) bool           { return false }
func (c client) IDTokenUserinfoClaimsAssertion() bool { return false }
func (c client) ClockSkew() time.Duration             { return 0 }

func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string     { return nothing }
func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return nothing }

func nothing([]string) []string { return nil }
