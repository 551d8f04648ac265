// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) serviceAdd() *cobra.Command {
	var f serviceFlags
	c := &cobra.Command{
		Use:   "add NAME --collective COLLECTIVE --redirect-uri ADDRESS",
		Short: "add a service",
		Long: `Adds a service that speaks OpenID Connect, and prints what to copy into its
configuration: issuer, client id and client secret. The secret is printed once
and kept nowhere; "clau service rotate-secret" makes another.

Redirect addresses are compared letter by letter. They must be https; only those
of this machine (localhost) may be http.`,
		Example: `  clau service add nuvol --collective ateneu --title "Núvol de l'ateneu" \
      --redirect-uri https://nuvol.ateneu.example/apps/user_oidc/code`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, issuer string, args []string) error {
			return a.addService(ctx, d, issuer, directory.ServiceName(args[0]), &f)
		}),
	}
	c.Flags().StringVar(&f.collective, "collective", "", "`collective` that it belongs to (needed)")
	c.Flags().StringVar(&f.clientID, "client-id", "", "client id (default: the name)")
	c.Flags().StringVar(&f.preset, "preset", presetOIDC, "kind of application: "+presetOIDC)
	f.register(a, c)
	_ = c.MarkFlagRequired("collective")
	return c
}

func (a *app) addService(ctx context.Context, d directory.Backend, issuer string, name directory.ServiceName, f *serviceFlags) error {
	f.settleAliases()
	s, err := a.newService(name, f)
	if err != nil {
		return err
	}
	for _, of := range slices.Concat([]string{f.collective}, f.guests) {
		if _, err := findCollective(ctx, d, directory.CollectiveName(of)); err != nil {
			return err
		}
	}
	secret, err := a.giveSecret(s.OIDC)
	if err != nil {
		return err
	}
	err = d.AddService(ctx, directory.System(), s)
	if errors.Is(err, directory.ErrExists) {
		return sayf(`there is a service %q, or one with that client id, already; "clau service list" shows them`, name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "service %s added\n", name)
	return a.showService(ctx, d, issuer, name, secret)
}

func (a *app) newService(name directory.ServiceName, f *serviceFlags) (directory.Service, error) {
	if !name.Valid() {
		return directory.Service{}, sayf("%q cannot name a service; use lower-case letters, digits, dots, dashes and underscores, at most 32, and no reserved word", name)
	}
	if err := errors.Join(f.check(), wordFault("preset", f.preset, presetOIDC), clientIDFault(f.clientID)); err != nil {
		return directory.Service{}, err
	}
	jwks, err := f.jwks()
	if err != nil {
		return directory.Service{}, err
	}
	id, err := uuid.NewRandomFromReader(a.rand)
	if err != nil {
		return directory.Service{}, err
	}
	s := directory.Service{
		ID: directory.ServiceID(id.String()), Name: name, Collective: directory.CollectiveName(f.collective),
		State: directory.Active, Access: directory.AccessPolicy(f.access), Guests: collectives(f.guests),
		Title: cmp.Or(f.title, string(name)), Description: f.description, URL: f.url, Sector: f.sector, Created: a.now(), Preset: f.preset,
		OIDC: &directory.OIDCClient{
			ID: directory.ClientID(cmp.Or(f.clientID, string(name))), RedirectURIs: f.redirects,
			Metadata: directory.ClientMetadata{
				PostLogoutRedirectURIs: f.afterLogout, AuthMethod: f.authMethod, GrantTypes: f.grants, IDTokenAlg: f.alg,
				JWKS: jwks, SubjectType: f.subjectType, BackchannelLogoutURI: f.backchannel,
				AccessTokenFormat: f.accessToken, PKCEOptional: f.pkceOptional, ClaimsInIDToken: f.claimsInIDToken,
			},
		},
	}
	return s, coherent(s.OIDC)
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
	case m.AuthMethod == authJWT && len(m.JWKS) == 0:
		return said("private_key_jwt needs the service's public keys; add --jwks-file")
	case c.Public() && slices.Contains(grants, grantSelf):
		return said("a public client has no secret and cannot have the client_credentials grant")
	case c.Public() && m.PKCEOptional:
		return said("a public client needs PKCE; leave out --pkce-optional")
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

func collectives(names []string) []directory.CollectiveName {
	var all []directory.CollectiveName
	for _, name := range names {
		all = append(all, directory.CollectiveName(name))
	}
	return all
}

// giveSecret puts a new secret before those that the client has, and returns
// it. Only its digest is kept. A client that proves itself otherwise gets none.
func (a *app) giveSecret(c *directory.OIDCClient) (string, error) {
	if c.Public() || c.Metadata.AuthMethod == authJWT {
		return "", nil
	}
	random := make([]byte, 32)
	if _, err := io.ReadFull(a.rand, random); err != nil {
		return "", err
	}
	secret := base64.RawURLEncoding.EncodeToString(random)
	digest := sha256.Sum256([]byte(secret))
	made := directory.ClientSecret{SHA256: base64.RawURLEncoding.EncodeToString(digest[:])}
	c.Secrets = append([]directory.ClientSecret{made}, c.Secrets...)
	return secret, nil
}
