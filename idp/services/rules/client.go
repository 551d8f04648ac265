// SPDX-License-Identifier: AGPL-3.0-or-later

package rules

import (
	"encoding/json"
	"errors"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// The words of registrations (RFC 7591 section 2).
const (
	AuthNone  = "none"
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	AuthJWT   = "private_key_jwt"

	GrantCode    = "authorization_code"
	GrantRefresh = "refresh_token"
	GrantSelf    = "client_credentials"
)

// Grants returns the grant types of a client, or those of one that named none.
func Grants(c directory.OIDCClient) []string {
	if len(c.Metadata.GrantTypes) == 0 {
		return []string{GrantCode, GrantRefresh}
	}
	return c.Metadata.GrantTypes
}

// Client finds everything that is wrong with a client's registration: its
// addresses, its keys, and what could never do what it is registered for.
func Client(c directory.OIDCClient) error {
	m := c.Metadata
	faults := []error{ClientID(string(c.ID)), Coherent(c), GroupNames(m.GroupNames, m.GroupFormat)}
	for _, uri := range slices.Concat(c.RedirectURIs, m.PostLogoutRedirectURIs) {
		faults = append(faults, Redirect(uri, c.Public()))
	}
	for _, uri := range []string{m.BackchannelLogoutURI, m.FrontchannelLogoutURI, m.JWKSURI, m.SectorIdentifierURI} {
		if uri != "" {
			faults = append(faults, Endpoint(uri))
		}
	}
	for _, uri := range []string{m.InitiateLoginURI, m.PolicyURI, m.TosURI} {
		if uri != "" {
			faults = append(faults, Link(uri))
		}
	}
	if len(m.JWKS) > 0 {
		faults = append(faults, Keys(m.JWKS))
	}
	return errors.Join(faults...)
}

// Coherent refuses a client that could never do what it is registered for.
func Coherent(c directory.OIDCClient) error {
	m, grants := c.Metadata, Grants(c)
	switch {
	case slices.Contains(grants, GrantCode) && len(c.RedirectURIs) == 0:
		return faultf("incoherent", "it needs an address that answers go to")
	case len(m.JWKS) > 0 && m.JWKSURI != "":
		return faultf("incoherent", "jwks and jwks_uri exclude each other (RFC 7591 section 2)")
	case m.AuthMethod == AuthJWT && len(m.JWKS) == 0 && m.JWKSURI == "":
		return faultf("incoherent", "private_key_jwt needs the service's public keys")
	case c.Public() && slices.Contains(grants, GrantSelf):
		return faultf("incoherent", "a public client has no secret and cannot have the client_credentials grant")
	case c.Public() && m.PKCEOptional:
		return faultf("incoherent", "a public client needs PKCE")
	}
	return nil
}

// ClientID refuses an id that HTTP Basic or an address could not carry.
func ClientID(id string) error {
	if len(id) > 128 {
		return faultf("client-id", "a client id has at most 128 characters")
	}
	for _, r := range id {
		if r <= ' ' || r > '~' || r == ':' { // a colon would end it in HTTP Basic
			return faultf("client-id", "the client id %q has a character that it must not have", id)
		}
	}
	return nil
}

// keysMax bounds the work that checking one signature can be.
const keysMax = 20

// Keys refuses what is no set of public keys (RFC 7517 section 5). A private
// half that is handed in by mistake is lost to its owner, and must not lie here.
func Keys(jwks []byte) error {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) == 0 || len(set.Keys) > keysMax {
		return faultf("keys", `it is not a set of keys, as {"keys": [...]}`)
	}
	for _, key := range set.Keys {
		for _, part := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			if _, secret := key[part]; secret {
				return faultf("private-key", "it holds a private key; give Clau the public half only")
			}
		}
	}
	return nil
}
