// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"commonscloud.coop/clau/idp/directory"
)

// The words that registrations of OAuth clients use (RFC 7591 section 2).
const (
	authNone  = "none"
	authBasic = "client_secret_basic"
	authPost  = "client_secret_post"
	authJWT   = "private_key_jwt"
	grantCode = "authorization_code"
	grantMore = "refresh_token"
	grantSelf = "client_credentials"
	algRS256  = "RS256"
)

func defaultGrants() []string { return []string{grantCode, grantMore} }

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
		"signing-alg": {"RS256", "ES256", "EdDSA"}, "auth-method": {authBasic, authPost, authJWT, authNone},
		"access-token": {"opaque", "jwt"}, "grant": {grantCode, grantMore, grantSelf}, "quirk": quirkWords(),
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

// apply writes what the command line has over the client.
func (f *clientFlags) apply(c *cobra.Command, client *directory.OIDCClient) error {
	jwks, err := f.jwks()
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

// coherent refuses a client that could never do what it is registered for.
func coherent(c *directory.OIDCClient) error {
	m := c.Metadata
	grants := m.GrantTypes
	if len(grants) == 0 {
		grants = defaultGrants()
	}
	switch {
	case slices.Contains(grants, grantCode) && len(c.RedirectURIs) == 0:
		return said("it needs an address that answers go to; add --redirect-uri")
	case m.AuthMethod == authJWT && len(m.JWKS) == 0 && m.JWKSURI == "":
		return said("private_key_jwt needs the service's public keys; add --jwks-file")
	case c.Public() && slices.Contains(grants, grantSelf):
		return said("a public client has no secret and cannot have the client_credentials grant")
	case c.Public() && m.PKCEOptional:
		return said("a public client needs PKCE; leave out --pkce-optional")
	case c.Public() && m.Bridge != "":
		return said("the client of a bridge proves itself with a secret")
	}
	return nil
}

func clientIDFault(id string) error {
	if len(id) > 128 {
		return said("a client id has at most 128 characters")
	}
	for _, r := range id {
		if r <= ' ' || r > '~' || r == ':' { // a colon would end it in HTTP Basic
			return sayf("the client id %q has a character that it must not have", id)
		}
	}
	return nil
}

// jwks reads the public keys of a service, as the service publishes them.
func (f *clientFlags) jwks() (json.RawMessage, error) {
	if f.jwksFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.jwksFile)
	if err != nil {
		return nil, sayf("the keys cannot be read: %v", cause(err))
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) == 0 {
		return nil, sayf(`%s is not a set of keys, as {"keys": [...]}`, f.jwksFile)
	}
	for _, key := range set.Keys {
		for _, part := range []string{"d", "p", "q", "k"} {
			if _, secret := key[part]; secret {
				return nil, sayf("%s holds a private key; give Clau the public half only", f.jwksFile)
			}
		}
	}
	return text, nil
}
