// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

func (a *app) service() *cobra.Command {
	c := &cobra.Command{
		Use:   "service",
		Short: "the applications that rely on Clau",
		Long: `A service belongs to one collective. It is open to that collective's members, or
to everybody with an account if it is public.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(
		a.serviceAdd(), a.serviceList(), a.serviceShow(), a.serviceSet(),
		a.serviceRotateSecret(), a.serviceLink(), a.serviceRemove(),
	)
	return c
}

// serviceView is a service as commands print it. The names of its fields are a
// promise to scripts; where a standard has a name, it is that.
type serviceView struct {
	Service       directory.ServiceName      `json:"service"`
	ID            directory.ServiceID        `json:"id"`
	Title         string                     `json:"title"`
	Description   string                     `json:"description,omitempty"`
	Collective    directory.CollectiveName   `json:"collective"`
	State         directory.State            `json:"state"`
	Access        directory.AccessPolicy     `json:"access"`
	Guests        []directory.CollectiveName `json:"guests,omitempty"`
	URL           string                     `json:"url,omitempty"`
	Sector        string                     `json:"sector,omitempty"`
	Preset        string                     `json:"preset,omitempty"`
	Issuer        string                     `json:"issuer"`
	ClientID      directory.ClientID         `json:"client_id"`
	ClientSecret  string                     `json:"client_secret,omitempty"` // only when just made
	SecretsExpire []time.Time                `json:"old_secrets_expire,omitempty"`
	PublicClient  bool                       `json:"public_client"`
	RedirectURIs  []string                   `json:"redirect_uris"`
	AfterLogout   []string                   `json:"post_logout_redirect_uris"`
	Backchannel   string                     `json:"backchannel_logout_uri,omitempty"`
	AuthMethod    string                     `json:"token_endpoint_auth_method"`
	GrantTypes    []string                   `json:"grant_types"`
	SigningAlg    string                     `json:"id_token_signed_response_alg"`
	SubjectType   string                     `json:"subject_type"`
	AccessToken   string                     `json:"access_token"`
	PKCE          string                     `json:"code_challenge_method"` // S256; empty: not demanded
	Scopes        []string                   `json:"scopes"`                // that it may ask for
	UserClaim     string                     `json:"user_name_claim"`
	Discovery     string                     `json:"discovery_uri"`
	EndSession    string                     `json:"end_session_endpoint"`
}

func viewService(s directory.Service, issuer string) serviceView {
	v := serviceView{
		Service: s.Name, ID: s.ID, Title: s.Title, Description: s.Description, Collective: s.Collective,
		State: s.State, Access: s.Access, Guests: s.Guests, URL: s.URL, Sector: s.Sector,
		Issuer: issuer, RedirectURIs: []string{}, AfterLogout: []string{}, GrantTypes: []string{},
	}
	if s.OIDC == nil {
		return v
	}
	m := s.OIDC.Metadata
	v.ClientID, v.PublicClient, v.Preset = s.OIDC.ID, s.OIDC.Public(), s.Preset
	v.RedirectURIs = append(v.RedirectURIs, s.OIDC.RedirectURIs...)
	v.AfterLogout = append(v.AfterLogout, m.PostLogoutRedirectURIs...)
	v.Backchannel, v.AuthMethod = m.BackchannelLogoutURI, orElse(m.AuthMethod, authBasic)
	v.GrantTypes = append(v.GrantTypes, m.GrantTypes...)
	if len(v.GrantTypes) == 0 {
		v.GrantTypes = defaultGrants()
	}
	v.SigningAlg, v.SubjectType = orElse(m.IDTokenAlg, algRS256), orElse(m.SubjectType, "pairwise")
	v.AccessToken = orElse(m.AccessTokenFormat, "opaque")
	if !m.PKCEOptional {
		v.PKCE = "S256"
	}
	v.Scopes = []string{"openid", "profile", "email", "groups"}
	if slices.Contains(v.GrantTypes, "refresh_token") {
		v.Scopes = append(v.Scopes, "offline_access")
	}
	v.UserClaim = "preferred_username"
	v.Discovery, v.EndSession = issuer+"/.well-known/openid-configuration", issuer+"/logout"
	for _, secret := range s.OIDC.Secrets {
		if !secret.Expires.IsZero() {
			v.SecretsExpire = append(v.SecretsExpire, secret.Expires)
		}
	}
	return v
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (a *app) printService(v serviceView) error {
	if a.json {
		return a.printJSON(v)
	}
	var old []string
	for _, t := range v.SecretsExpire {
		old = append(old, "valid until "+t.Local().Format("2006-01-02 15:04"))
	}
	a.printFields(
		field{"service", string(v.Service)}, field{"title", v.Title}, field{"description", v.Description},
		field{"collective", string(v.Collective)}, field{"state", string(v.State)}, field{"access", v.openTo()},
		field{"guests", lines(v.Guests)}, field{"url", v.URL}, field{"sector", v.Sector}, field{"preset", v.Preset},
		field{"old secrets", lines(old)}, field{"public client", yesNo(v.PublicClient)},
		field{"redirect uris", lines(v.RedirectURIs)}, field{"after log-out", orElse(lines(v.AfterLogout), "none registered")},
		field{"back-channel log-out", orElse(v.Backchannel, "none registered: it is not told of log-outs elsewhere")},
		field{"grants", strings.Join(v.GrantTypes, " ")},
		field{"subject", v.SubjectType}, field{"access token", v.AccessToken},
	)
	if v.ClientID == "" {
		return nil
	}
	fmt.Fprintln(a.out, "\nenter at the service:")
	a.printFields(
		field{"issuer", v.Issuer}, field{"discovery", v.Discovery},
		field{"client id", string(v.ClientID)}, field{"client secret", v.ClientSecret},
		field{"authentication", v.AuthMethod}, field{"PKCE", orElse(v.PKCE, "not demanded; S256 if it can")},
		field{"scopes", strings.Join(v.Scopes, " ")}, field{"user name", v.UserClaim},
		field{"signing", v.SigningAlg}, field{"log-out", v.EndSession},
	)
	return nil
}

// openTo says to whom a service is open.
func (v serviceView) openTo() string {
	switch v.Access {
	case directory.AccessPublic:
		return "public: everybody with an account"
	case directory.AccessCollective:
		return "collective: members of " + strings.Join(append([]string{string(v.Collective)}, names(v.Guests)...), " and ")
	case directory.AccessGroup:
		return "group: whom the managers admit one by one"
	}
	return string(v.Access)
}

func names(of []directory.CollectiveName) []string {
	out := make([]string, len(of))
	for i, name := range of {
		out[i] = string(name)
	}
	return out
}

// findService reads a service by its name.
func findService(ctx context.Context, d directory.Backend, name directory.ServiceName) (directory.Service, error) {
	s, err := d.ServiceByName(ctx, name)
	if errors.Is(err, directory.ErrNotFound) {
		return s, sayf(`there is no service %q; "clau service list" shows those there are`, name)
	}
	return s, err
}

// serviceRun is the action of a command on services, which prints the issuer
// beside what it read: who copies the one into an application needs the other.
type serviceRun func(ctx context.Context, d directory.Backend, issuer string, args []string) error

func (a *app) inServices(run serviceRun) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		s, err := a.settings()
		if err != nil {
			return err
		}
		return a.within(c.Context(), s, func(ctx context.Context, d directory.Backend) error {
			return run(ctx, d, s.Issuer.String(), args)
		})
	}
}
