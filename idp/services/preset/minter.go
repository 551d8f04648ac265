// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

// ErrNoSecret says that a service proves itself without a secret.
var ErrNoSecret = errors.New("preset: the service has no secret")

// Credentials are what a service must be told once. They are kept nowhere in
// this form, but for a forum's, which Clau needs to sign with.
type Credentials struct {
	Secret string // of the client, the forum or the proxy; empty: it has none
}

// Minter makes secrets.
type Minter struct {
	Rand   io.Reader
	Now    func() time.Time
	Sealer *keys.Sealer // for forums only
}

// Give puts a new secret before those that the service has. A service that
// proves itself otherwise gets none.
func (m Minter) Give(s *directory.Service) (Credentials, error) {
	if !Keeps(*s) {
		return Credentials{}, nil
	}
	secret, err := m.random()
	if err != nil {
		return Credentials{}, err
	}
	switch made := digest(secret); {
	case s.OIDC != nil:
		s.OIDC.Secrets = append([]directory.ClientSecret{made}, s.OIDC.Secrets...)
	case s.Forward != nil:
		s.Forward.Secrets = append([]directory.ClientSecret{made}, s.Forward.Secrets...)
	case s.Discourse != nil:
		err = m.change(s, func(of *directory.DiscourseSecrets) { of.Connect = append([]string{secret}, of.Connect...) })
	}
	return Credentials{Secret: secret}, err
}

// Keeps reports whether a secret is what the service proves itself with.
func Keeps(s directory.Service) bool {
	if s.OIDC != nil {
		return !s.OIDC.Public() && s.OIDC.Metadata.AuthMethod != "private_key_jwt"
	}
	return s.Discourse != nil || s.Forward != nil
}

// Rotate gives the service a new secret and lets the old ones end after the
// overlap, none later than it was going to.
func (m Minter) Rotate(s *directory.Service, overlap time.Duration) (Credentials, error) {
	if !Keeps(*s) {
		return Credentials{}, ErrNoSecret
	}
	now := m.Now()
	end := now.Add(max(overlap, 0)).UTC().Truncate(time.Second)
	switch {
	case s.OIDC != nil:
		s.OIDC.Secrets = expire(s.OIDC.Secrets, now, end)
	case s.Forward != nil:
		s.Forward.Secrets = expire(s.Forward.Secrets, now, end)
	case s.Discourse != nil:
		if err := m.expireConnect(s, now, end); err != nil {
			return Credentials{}, err
		}
	}
	return m.Give(s)
}

func expire(secrets []directory.ClientSecret, now, end time.Time) []directory.ClientSecret {
	secrets = slices.Clone(secrets)
	for i, s := range secrets {
		if s.Expires.IsZero() || s.Expires.After(end) {
			secrets[i].Expires = end
		}
	}
	return slices.DeleteFunc(secrets, func(s directory.ClientSecret) bool { return !s.Expires.After(now) })
}

// expireConnect keeps at most the secret that was the current one until now: a
// forum has one, and never needs an older.
func (m Minter) expireConnect(s *directory.Service, now, end time.Time) error {
	s.Discourse.Settings.OverlapEnds = end
	return m.change(s, func(of *directory.DiscourseSecrets) {
		of.Connect = of.Connect[:min(len(of.Connect), 1)]
		if !end.After(now) {
			of.Connect = nil
		}
	})
}

// SetAPIKey keeps the key of a forum's API, with which Clau ends sessions there,
// for the first of the addresses that the forum has now. An empty one removes it.
func (m Minter) SetAPIKey(s *directory.Service, key string) error {
	bases := s.Discourse.Bases()
	if key != "" && len(bases) == 0 {
		return errors.New("preset: a forum without an address has no API")
	}
	return m.change(s, func(of *directory.DiscourseSecrets) {
		of.APIKey, of.APIBase = key, ""
		if key != "" {
			of.APIBase = bases[0]
		}
	})
}

// SetReturnURLs changes where a forum takes answers. A key of its API goes when
// the forum does: whoever moved it elsewhere has to give one of there.
func (m Minter) SetReturnURLs(s *directory.Service, urls []string) error {
	forum := *s.Discourse
	forum.ReturnURLs, s.Discourse = urls, &forum
	if len(forum.Sealed) == 0 {
		return nil
	}
	return m.change(s, func(of *directory.DiscourseSecrets) {
		if !slices.Contains(forum.Bases(), of.APIBase) {
			of.APIKey, of.APIBase = "", ""
		}
	})
}

// change opens what Clau and a forum share, and seals it again.
func (m Minter) change(s *directory.Service, do func(*directory.DiscourseSecrets)) error {
	if m.Sealer == nil {
		return errors.New("preset: nothing to seal a forum's secret with")
	}
	var shared directory.DiscourseSecrets
	if len(s.Discourse.Sealed) > 0 {
		plain, err := m.Sealer.Open(s.Discourse.Sealed, s.SealedIn())
		if err != nil {
			return err
		}
		if err := json.Unmarshal(plain, &shared); err != nil {
			return fmt.Errorf("preset: a forum's secrets: %w", err)
		}
	}
	do(&shared)
	plain, err := json.Marshal(shared)
	if err != nil {
		return fmt.Errorf("preset: a forum's secrets: %w", err)
	}
	s.Discourse.Sealed, err = m.Sealer.Seal(plain, s.SealedIn())
	return err
}

// random is 256 bits in characters that mean nothing in a URL, in HTTP Basic or
// to a shell: applications disagree about how to encode others.
func (m Minter) random() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(m.Rand, b); err != nil {
		return "", fmt.Errorf("preset: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func digest(secret string) directory.ClientSecret {
	sum := sha256.Sum256([]byte(secret))
	return directory.ClientSecret{SHA256: base64.RawURLEncoding.EncodeToString(sum[:])}
}
