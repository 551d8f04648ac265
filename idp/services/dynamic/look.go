// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
)

// lookWait is how long software waits at most for all that is looked at.
const lookWait = 15 * time.Second

// look asks the addresses that a service names whether they hold what it says,
// and keeps what pages need. A logo that is there already is not asked for again.
func (a *Room) look(ctx context.Context, s *directory.Service, before directory.OIDCClient) error {
	ctx, cancel := context.WithTimeout(ctx, lookWait)
	defer cancel()
	m := s.OIDC.Metadata
	if err := a.lookAtSector(ctx, s, before); err != nil {
		return refuse(invalidMetadata, "sector_identifier_uri"+unreachableFault).because(err)
	}
	if m.JWKSURI != "" && m.JWKSURI != before.Metadata.JWKSURI {
		set, err := a.fetch(ctx, m.JWKSURI)
		if err = errors.Join(err, keysFault(set, err)); err != nil {
			return refuse(invalidMetadata, "jwks_uri"+unreachableFault).because(err)
		}
	}
	if m.LogoURI == before.Metadata.LogoURI {
		return nil
	}
	if s.Logo = nil; m.LogoURI == "" {
		return nil
	}
	raw, err := a.fetch(ctx, m.LogoURI)
	if err == nil {
		s.Logo, err = rules.Picture(raw)
	}
	if err != nil {
		return refuse(invalidMetadata, "logo_uri"+unreachableFault).because(err)
	}
	return nil
}

func keysFault(set []byte, err error) error {
	if err != nil {
		return nil
	}
	return rules.Keys(set)
}

// lookAtSector puts the service in the sector of the host that vouches for all
// its redirect addresses (OpenID Connect Dynamic Client Registration section 5).
// A sector is the collective's: the same host elsewhere is another one. One that
// an operator chose stays: people would be strangers to the service.
func (a *Room) lookAtSector(ctx context.Context, s *directory.Service, before directory.OIDCClient) error {
	chosen := s.Sector != "" && !strings.HasPrefix(s.Sector, sectorPrefix)
	uri := s.OIDC.Metadata.SectorIdentifierURI
	if uri == "" {
		if !chosen {
			s.Sector = ""
		}
		return nil
	}
	if uri == before.Metadata.SectorIdentifierURI && slices.Equal(s.OIDC.RedirectURIs, before.RedirectURIs) {
		return nil
	}
	raw, err := a.fetch(ctx, uri)
	if err != nil {
		return err
	}
	var listed []string
	if err := json.Unmarshal(raw, &listed); err != nil {
		return err
	}
	for _, redirect := range s.OIDC.RedirectURIs {
		if !slices.Contains(listed, redirect) {
			return errors.New("dynamic: a redirect address is not listed")
		}
	}
	u, err := url.Parse(uri)
	if err != nil {
		return err
	}
	if !chosen {
		s.Sector = sectorPrefix + u.Host
	}
	return nil
}

// sectorPrefix tells sectors that a host vouches for from those that an operator
// chose.
const sectorPrefix = "uri:"

// fetchMax bounds an answer, in bytes.
const fetchMax = directory.LogoMax

func (a *Room) fetch(ctx context.Context, uri string) ([]byte, error) {
	if err := rules.Endpoint(uri); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, err
	}
	answer, err := a.Outbound.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, fetchMax+1))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode != http.StatusOK || len(body) > fetchMax:
		return nil, fmt.Errorf("dynamic: answered %d with %d bytes", answer.StatusCode, len(body))
	}
	return body, nil
}
