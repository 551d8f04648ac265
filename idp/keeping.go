// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/services"
	"commonscloud.coop/clau/idp/services/dynamic"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/services/rules"
	"commonscloud.coop/clau/idp/web"
)

// keeping wires the rooms where services are registered and kept: pages,
// software, pictures.
func (f *foundation) keeping() ([]web.Area, error) {
	presets, err := preset.Load()
	if err != nil {
		return nil, err
	}
	software := &dynamic.Room{
		Issuer: f.c.Issuer, Directory: f.cache, Source: f.c.Directory, Outbound: f.c.Outbound,
		Limiter: web.Limiter{Store: f.c.Store}, Audit: f.c.Audit, Now: f.c.Now, Rand: f.c.Rand,
	}
	loopback := rules.Loopback(f.c.Issuer.Hostname())
	room := &services.Room{
		Issuer: f.c.Issuer, Directory: f.cache, Source: f.c.Directory, Presets: presets, Dynamic: software,
		Providers: providers{
			from: metadata.NewFetcher(metadata.FetcherConfig{Client: f.c.Outbound, Now: f.c.Now, Loopback: loopback}),
			now:  f.c.Now, options: metadata.Options{Loopback: loopback},
		},
		Uses: f.book, Deliveries: f.logout, Traces: f.traces, Limiter: web.Limiter{Store: f.c.Store}, Pages: f.c.Themes,
		Audit: f.c.Audit, FormKey: f.forms, Sealer: f.sealer, Now: f.c.Now, Rand: f.c.Rand, Certificate: f.certificate,
	}
	return []web.Area{software, room, &services.Logos{Directory: f.cache}}, nil
}

// registration is the address at which software registers services.
func (f *foundation) registration() string { return f.c.Issuer.String() + "/register" }

func (f *foundation) certificate(id directory.KeyID) []byte {
	found, err := f.certs.Signing(id)
	if err != nil {
		return nil // not loaded yet, or not published any more: a placeholder stands in its place
	}
	return found.DER
}

// providers reads metadata for pages that know nothing of SAML.
type providers struct {
	from    *metadata.Fetcher
	now     func() time.Time
	options metadata.Options
}

var _ services.Providers = providers{}

// Read implements [services.Providers].
func (p providers) Read(raw []byte) (directory.SAMLProvider, error) {
	read, err := metadata.Parse(raw, p.now(), p.options)
	if err != nil {
		return directory.SAMLProvider{}, reading(err)
	}
	return directory.SAMLProvider{EntityID: read.EntityID, Metadata: raw}, nil
}

// Fetch implements [services.Providers].
func (p providers) Fetch(ctx context.Context, address string) (directory.SAMLProvider, error) {
	from := metadata.Source{URL: address}
	got, err := p.from.Fetch(ctx, from)
	if err != nil {
		return directory.SAMLProvider{}, reading(err)
	}
	return from.Record(got, p.now()), nil
}

func reading(err error) error {
	switch {
	case errors.Is(err, metadata.ErrSource), errors.Is(err, metadata.ErrEntity):
		return fmt.Errorf("%w: %w", services.ErrSource, err)
	case errors.Is(err, metadata.ErrExpired), errors.Is(err, metadata.ErrValidity):
		return fmt.Errorf("%w: %w", services.ErrExpired, err)
	}
	return err
}
