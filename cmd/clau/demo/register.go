// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"commonscloud.coop/clau/idp/directory"
)

// Sample is a service of the sample federation.
type Sample struct {
	Name       directory.ServiceName
	Title      string
	Tagline    string
	Crowd      string // who may enter, in words
	Collective directory.CollectiveName
	Access     directory.AccessPolicy
	Alg        string // how its id_tokens are signed
	Format     string // of its access tokens
}

// Running are the services that the demonstration runs; Elsewhere one that is
// only registered, as most are.
func Running() []Sample {
	return []Sample{
		{
			Name: "forum", Title: "Fòrum obert", Tagline: "L’assemblea que no es tanca mai.",
			Crowd:      "It is open to everybody with an account.",
			Collective: Ateneu, Access: directory.AccessPublic, Alg: "RS256", Format: "opaque",
		},
		{
			Name: "nuvol", Title: "Núvol de l'ateneu", Tagline: "Papers, actes i fotografies de la casa.",
			Crowd:      "It is for members of the Ateneu.",
			Collective: Ateneu, Access: directory.AccessCollective, Alg: "ES256", Format: "jwt",
		},
	}
}

// Elsewhere is private to the other collective, and does not run.
func Elsewhere() Sample {
	return Sample{
		Name: "cistella", Title: "Cistella de l'horta", Crowd: "It is for members of Horta Viva.",
		Collective: Horta, Access: directory.AccessCollective, Alg: "EdDSA", Format: "opaque",
	}
}

// Addresses are where a service is found, and where Clau finds it.
type Addresses struct{ Home, Redirect, AfterLogout, Backchannel string }

// Addresses of the site.
func (s *Site) Addresses() Addresses {
	return Addresses{s.c.Address.String(), s.at("/callback"), s.at("/"), s.at("/backchannel-logout")}
}

// Register writes a service with a new secret, which it returns. A service that
// is there already moves to the new addresses: a demonstration that is kept may
// find its ports taken the next time.
func (s Seeder) Register(ctx context.Context, sample Sample, at Addresses) (string, error) {
	secret, err := random(s.Rand)
	if err != nil {
		return "", err
	}
	present, err := s.Directory.ServiceByName(ctx, sample.Name)
	if errors.Is(err, directory.ErrNotFound) {
		return secret, s.addService(ctx, sample, at, secret)
	}
	if err != nil {
		return "", err
	}
	present.URL, present.OIDC = at.Home, sample.client(at, secret)
	return secret, s.Directory.ReplaceService(ctx, directory.System(), present)
}

func (s Seeder) addService(ctx context.Context, sample Sample, at Addresses, secret string) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	return s.Directory.AddService(ctx, directory.System(), directory.Service{
		ID: directory.ServiceID(id), Name: sample.Name, Collective: sample.Collective, State: directory.Active,
		Access: sample.Access, Title: sample.Title, Description: sample.Tagline, URL: at.Home, Created: s.now(), Preset: "generic-oidc",
		OIDC: sample.client(at, secret),
	})
}

func (sample Sample) client(at Addresses, secret string) *directory.OIDCClient {
	digest := sha256.Sum256([]byte(secret))
	c := &directory.OIDCClient{
		ID:           directory.ClientID(sample.Name),
		Secrets:      []directory.ClientSecret{{SHA256: base64.RawURLEncoding.EncodeToString(digest[:])}},
		RedirectURIs: []string{at.Redirect},
		Metadata: directory.ClientMetadata{
			AuthMethod: "client_secret_basic", IDTokenAlg: sample.Alg, AccessTokenFormat: sample.Format,
			BackchannelLogoutURI: at.Backchannel,
		},
	}
	if at.AfterLogout != "" {
		c.Metadata.PostLogoutRedirectURIs = []string{at.AfterLogout}
	}
	return c
}
