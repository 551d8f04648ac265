// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) serviceSet() *cobra.Command {
	var f serviceFlags
	c := &cobra.Command{
		Use:   "set NAME",
		Short: "change how a service is registered",
		Long: `Changes what the flags name and leaves the rest. A flag that may be repeated
replaces all that was there before. With --state suspended the service is closed
to everybody until it is active again.`,
		Example:           `  clau service set nuvol --redirect-uri https://nuvol.ateneu.example/index.php/apps/user_oidc/code`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
	}
	f.register(a, c)
	c.Flags().StringVar(&f.state, "state", string(directory.Active), "active or suspended")
	c.RunE = a.inServices(func(ctx context.Context, d directory.Backend, issuer string, args []string) error {
		return a.setService(ctx, d, c, issuer, directory.ServiceName(args[0]), &f)
	})
	return c
}

func (a *app) setService(ctx context.Context, d directory.Backend, c *cobra.Command, issuer string, name directory.ServiceName, f *serviceFlags) error {
	f.settleAliases()
	s, err := findService(ctx, d, name)
	if err != nil {
		return err
	}
	if s.OIDC == nil {
		return sayf("%s does not speak OpenID Connect, and cannot be changed here", name)
	}
	if !c.Flags().Changed("auth-method") && !f.publicClient {
		f.authMethod = orElse(s.OIDC.Metadata.AuthMethod, authBasic)
	}
	if err := f.check(); err != nil {
		return err
	}
	if err := wordFault("state", f.state, "active", "suspended"); err != nil {
		return err
	}
	for _, guest := range f.guests {
		if _, err := findCollective(ctx, d, directory.CollectiveName(guest)); err != nil {
			return err
		}
	}
	secret, err := a.applyFlags(c, f, &s)
	if err != nil {
		return err
	}
	if err := d.ReplaceService(ctx, directory.System(), s); err != nil {
		return err
	}
	return a.showService(ctx, d, issuer, name, secret)
}

// applyFlags writes what the command line has over the service. A client that
// begins to need a secret is given one.
func (a *app) applyFlags(c *cobra.Command, f *serviceFlags, s *directory.Service) (string, error) {
	jwks, err := f.jwks()
	if err != nil {
		return "", err
	}
	if c.Flags().Changed("title") && f.title == "" {
		return "", said("a title cannot be empty")
	}
	m := &s.OIDC.Metadata
	guests := collectives(f.guests)
	overwrite(c, "title", &s.Title, f.title)
	overwrite(c, "description", &s.Description, f.description)
	overwrite(c, "url", &s.URL, f.url)
	overwrite(c, "access", &s.Access, directory.AccessPolicy(f.access))
	overwrite(c, "public", &s.Access, directory.AccessPolicy(f.access))
	overwrite(c, "guest", &s.Guests, guests)
	overwrite(c, "sector", &s.Sector, f.sector)
	overwrite(c, "state", &s.State, directory.State(f.state))
	overwrite(c, "redirect-uri", &s.OIDC.RedirectURIs, f.redirects)
	overwrite(c, "post-logout-redirect-uri", &m.PostLogoutRedirectURIs, f.afterLogout)
	overwrite(c, "backchannel-logout-uri", &m.BackchannelLogoutURI, f.backchannel)
	overwrite(c, "signing-alg", &m.IDTokenAlg, f.alg)
	overwrite(c, "auth-method", &m.AuthMethod, f.authMethod)
	overwrite(c, "public-client", &m.AuthMethod, f.authMethod)
	overwrite(c, "jwks-file", &m.JWKS, jwks)
	overwrite(c, "access-token", &m.AccessTokenFormat, f.accessToken)
	overwrite(c, "grant", &m.GrantTypes, f.grants)
	overwrite(c, "subject-type", &m.SubjectType, f.subjectType)
	overwrite(c, "pkce-optional", &m.PKCEOptional, f.pkceOptional)
	overwrite(c, "claims-in-id-token", &m.ClaimsInIDToken, f.claimsInIDToken)
	if err := coherent(s.OIDC); err != nil {
		return "", err
	}
	return a.matchSecret(s.OIDC)
}

func overwrite[T any](c *cobra.Command, flag string, where *T, value T) {
	if c.Flags().Changed(flag) {
		*where = value
	}
}

// matchSecret sees that a client has a secret if, and only if, it uses one.
func (a *app) matchSecret(client *directory.OIDCClient) (string, error) {
	if client.Public() || client.Metadata.AuthMethod == authJWT {
		client.Secrets = nil
		return "", nil
	}
	if len(client.Secrets) > 0 {
		return "", nil
	}
	return a.giveSecret(client)
}
