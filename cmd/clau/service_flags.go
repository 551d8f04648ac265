// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

// The words that registrations of OAuth clients use (RFC 7591 section 2).
const (
	authNone   = "none"
	authBasic  = "client_secret_basic"
	authPost   = "client_secret_post"
	authJWT    = "private_key_jwt"
	grantCode  = "authorization_code"
	grantMore  = "refresh_token"
	grantSelf  = "client_credentials"
	algRS256   = "RS256"
	presetOIDC = "generic-oidc"
)

func defaultGrants() []string { return []string{grantCode, grantMore} }

// serviceFlags are what can be said of a service.
type serviceFlags struct {
	collective, title, description, url, access, state, sector, preset string
	guests                                                             []string
	public                                                             bool

	clientID, authMethod, alg, subjectType, accessToken, backchannel, jwksFile string
	redirects, afterLogout, grants                                             []string
	publicClient, pkceOptional, claimsInIDToken                                bool
}

// register adds the flags that adding and changing share.
func (f *serviceFlags) register(a *app, c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.title, "title", "", "the name as displayed (default: the short name)")
	flags.StringVar(&f.description, "description", "", "what it is, in a sentence")
	flags.StringVar(&f.url, "url", "", "`address` where people find it, for the page that lists services")
	flags.StringVar(&f.access, "access", string(directory.AccessCollective), "to whom it is open: public, collective or group")
	flags.BoolVar(&f.public, "public", false, "open to everybody with an account, as --access public")
	flags.StringArrayVar(&f.guests, "guest", nil, "`collective` whose members may enter too; may be repeated")
	flags.StringVar(&f.sector, "sector", "", "`name` of the group of services that may recognise the same person")
	flags.StringArrayVar(&f.redirects, "redirect-uri", nil, "`address` that answers go to, exactly as the service sends it; may be repeated")
	flags.StringArrayVar(&f.afterLogout, "post-logout-redirect-uri", nil, "`address` to go on to after logging out; may be repeated")
	flags.StringVar(&f.backchannel, "backchannel-logout-uri", "", "`address` that is told when somebody logs out")
	flags.StringVar(&f.alg, "signing-alg", algRS256, "how its id_tokens are signed: RS256, ES256 or EdDSA")
	flags.StringVar(&f.authMethod, "auth-method", authBasic, "how it proves itself: client_secret_basic, client_secret_post, private_key_jwt or none")
	flags.StringVar(&f.jwksFile, "jwks-file", "", "`file` with its public keys, for private_key_jwt")
	flags.BoolVar(&f.publicClient, "public-client", false, "it cannot keep a secret (an app on a phone, a page), as --auth-method none")
	flags.StringVar(&f.accessToken, "access-token", "opaque", "what access tokens are: opaque or jwt")
	flags.StringArrayVar(&f.grants, "grant", nil, "grant `type`; may be repeated (default authorization_code and refresh_token)")
	flags.StringVar(&f.subjectType, "subject-type", "pairwise", "pairwise, or public to give it handles as identifiers")
	flags.BoolVar(&f.pkceOptional, "pkce-optional", false, "let an old application do without PKCE")
	flags.BoolVar(&f.claimsInIDToken, "claims-in-id-token", false, "put claims into the id_token too, for one that never asks userinfo")
	c.MarkFlagsMutuallyExclusive("access", "public")
	c.MarkFlagsMutuallyExclusive("auth-method", "public-client")
	a.completeFlags(c, map[string][]string{
		"access": {"public", "collective", "group"}, "signing-alg": {"RS256", "ES256", "EdDSA"},
		"auth-method": {authBasic, authPost, authJWT, authNone}, "access-token": {"opaque", "jwt"},
		"grant": {grantCode, grantMore, grantSelf}, "subject-type": {"pairwise", "public"},
	})
}

// settleAliases gives --public and --public-client their longer meaning.
func (f *serviceFlags) settleAliases() {
	if f.public {
		f.access = string(directory.AccessPublic)
	}
	if f.publicClient {
		f.authMethod = authNone
	}
}

// check finds everything that is wrong with what was said.
func (f *serviceFlags) check() error {
	faults := []error{
		wordFault("access", f.access, "public", "collective", "group"),
		wordFault("signing-alg", f.alg, "RS256", "ES256", "EdDSA"),
		wordFault("auth-method", f.authMethod, authBasic, authPost, authJWT, authNone),
		wordFault("access-token", f.accessToken, "opaque", "jwt"),
		wordFault("subject-type", f.subjectType, "pairwise", "public"),
		linkFault(f.url), endpointFault(f.backchannel),
	}
	for _, grant := range f.grants {
		faults = append(faults, wordFault("grant", grant, grantCode, grantMore, grantSelf))
	}
	for _, uri := range slices.Concat(f.redirects, f.afterLogout) {
		faults = append(faults, redirectFault(uri, f.authMethod == authNone))
	}
	return errors.Join(faults...)
}

func wordFault(flag, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return sayf("--%s may be %s; %q is none of them", flag, strings.Join(words, ", "), value)
}

// jwks reads the public keys of a service, as the service publishes them.
func (f *serviceFlags) jwks() (json.RawMessage, error) {
	if f.jwksFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.jwksFile)
	if err != nil {
		return nil, sayf("the keys cannot be read: %v", err)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) == 0 {
		return nil, sayf(`%s is not a set of keys, as {"keys": [...]}`, f.jwksFile)
	}
	for _, key := range set.Keys {
		for _, part := range []string{"d", "p", "q", "k"} {
			if _, secret := key[part]; secret {
				return nil, fmt.Errorf("%s holds a private key; give Clau the public half only", f.jwksFile)
			}
		}
	}
	return text, nil
}
