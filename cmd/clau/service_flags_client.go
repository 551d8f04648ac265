// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
)

const algRS256 = "RS256"

// clientFlags are what can be said of a client of OpenID Connect, or of a bridge.
type clientFlags struct {
	id, authMethod, alg, accessToken, jwksFile string
	backchannel, frontchannel, initiateLogin   string
	redirects, afterLogout, grants, quirks     []string
	public, pkceOptional, claimsInIDToken      bool
}

func (f *clientFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.redirects, "redirect-uri", nil, "`address` that answers go to, exactly as the service sends it; may be repeated")
	flags.StringArrayVar(&f.afterLogout, "post-logout-redirect-uri", nil, "`address` to go on to after logging out; may be repeated")
	flags.StringVar(&f.backchannel, "backchannel-logout-uri", "", "`address` that is told when somebody logs out")
	flags.StringVar(&f.frontchannel, "frontchannel-logout-uri", "", "`address` that the browser opens when somebody logs out")
	flags.StringVar(&f.initiateLogin, "initiate-login-uri", "", "`address` at which a log-in begins when Clau sends somebody")
	flags.StringVar(&f.alg, "signing-alg", "", "how its id_tokens are signed: RS256, ES256 or EdDSA")
	flags.StringVar(&f.authMethod, "auth-method", "", "how it proves itself: client_secret_basic, client_secret_post, private_key_jwt or none")
	flags.StringVar(&f.jwksFile, "jwks-file", "", "`file` with its public keys, for private_key_jwt")
	flags.BoolVar(&f.public, "public-client", false, "it cannot keep a secret (an app on a phone, a page), as --auth-method none")
	flags.StringVar(&f.accessToken, "access-token", "", "what access tokens are: opaque or jwt")
	flags.StringArrayVar(&f.grants, "grant", nil, "grant `type`; may be repeated (default authorization_code and refresh_token)")
	flags.BoolVar(&f.pkceOptional, "pkce-optional", false, "let an old application do without PKCE")
	flags.BoolVar(&f.claimsInIDToken, "claims-in-id-token", false, "put claims into the id_token too, for one that never asks userinfo")
	flags.StringArrayVar(&f.quirks, "quirk", nil, "`habit` of the application that it needs Clau to know: "+fmt.Sprint(quirkWords())+"; may be repeated")
}

func clientWords() map[string][]string {
	return map[string][]string{
		"signing-alg": {"RS256", "ES256", "EdDSA"}, "auth-method": {rules.AuthBasic, rules.AuthPost, rules.AuthJWT, rules.AuthNone},
		"access-token": {"opaque", "jwt"}, "grant": {rules.GrantCode, rules.GrantRefresh, rules.GrantSelf}, "quirk": quirkWords(),
	}
}

// clientFlagNames are those that mean nothing for a service of another protocol.
func clientFlagNames() []string {
	return []string{
		"redirect-uri", "post-logout-redirect-uri", "backchannel-logout-uri", "frontchannel-logout-uri", "initiate-login-uri",
		"signing-alg", "auth-method", "jwks-file", "public-client", "access-token", "grant", "pkce-optional",
		"claims-in-id-token", "quirk", "client-id",
	}
}

// applyClient writes what the command line has over the client.
func (a *app) applyClient(c *cobra.Command, f *clientFlags, client *directory.OIDCClient) error {
	jwks, err := a.jwks(f.jwksFile)
	if err != nil {
		return err
	}
	m := &client.Metadata
	overwrite(c, "redirect-uri", &client.RedirectURIs, f.redirects)
	overwrite(c, "post-logout-redirect-uri", &m.PostLogoutRedirectURIs, f.afterLogout)
	overwrite(c, "backchannel-logout-uri", &m.BackchannelLogoutURI, f.backchannel)
	overwrite(c, "frontchannel-logout-uri", &m.FrontchannelLogoutURI, f.frontchannel)
	overwrite(c, "initiate-login-uri", &m.InitiateLoginURI, f.initiateLogin)
	overwrite(c, "signing-alg", &m.IDTokenAlg, f.alg)
	overwrite(c, "auth-method", &m.AuthMethod, f.authMethod)
	overwrite(c, "public-client", &m.AuthMethod, f.authMethod)
	overwrite(c, "jwks-file", &m.JWKS, jwks)
	overwrite(c, "access-token", &m.AccessTokenFormat, f.accessToken)
	overwrite(c, "grant", &m.GrantTypes, f.grants)
	overwrite(c, "pkce-optional", &m.PKCEOptional, f.pkceOptional)
	overwrite(c, "claims-in-id-token", &m.ClaimsInIDToken, f.claimsInIDToken)
	for _, quirk := range quirks() {
		overwrite(c, "quirk", quirk.of(m), slices.Contains(f.quirks, quirk.name))
	}
	return coherent(client)
}

// quirk is a habit of some applications, by the name that commands have for it.
type quirk struct {
	name string
	of   func(*directory.ClientMetadata) *bool
}

func quirks() []quirk {
	return []quirk{
		{"flat-introspect", func(m *directory.ClientMetadata) *bool { return &m.FlatIntrospect }},
		{"session-state", func(m *directory.ClientMetadata) *bool { return &m.SessionState }},
		{"prompt-stored", func(m *directory.ClientMetadata) *bool { return &m.PromptStored }},
		{"comma-scopes", func(m *directory.ClientMetadata) *bool { return &m.CommaScopes }},
	}
}

func quirkWords() []string {
	var out []string
	for _, q := range quirks() {
		out = append(out, q.name)
	}
	return out
}

func quirksOf(m directory.ClientMetadata) []string {
	var out []string
	for _, q := range quirks() {
		if *q.of(&m) {
			out = append(out, q.name)
		}
	}
	return out
}

// coherent refuses a client that could never do what it is registered for, and
// says which flag would help.
func coherent(c *directory.OIDCClient) error {
	err := rules.Coherent(*c)
	switch {
	case err == nil && c.Public() && c.Metadata.Bridge != "":
		return said("the client of a bridge proves itself with a secret")
	case err == nil:
		return nil
	case len(c.RedirectURIs) == 0:
		return sayf("%w; add --redirect-uri", err)
	case c.Metadata.AuthMethod == rules.AuthJWT:
		return sayf("%w; add --jwks-file", err)
	case c.Public() && c.Metadata.PKCEOptional:
		return sayf("%w; leave out --pkce-optional", err)
	}
	return err
}

// jwks reads the public keys of a service, as the service publishes them.
func (a *app) jwks(file string) (json.RawMessage, error) {
	if file == "" {
		return nil, nil
	}
	text, err := a.read(file)
	if err != nil {
		return nil, err
	}
	if err := rules.Keys(text); err != nil {
		return nil, sayf("%s: %w", file, err)
	}
	return text, nil
}
