// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/services/preset"
)

// providerFor reads the metadata of a new service provider: what was named, or
// what the preset knows of the application's address. Nil: the preset needs none.
func (a *app) providerFor(ctx context.Context, c *cobra.Command, p preset.Preset, at config.Settings, in preset.Input, f *serviceFlags) (*directory.SAMLProvider, error) {
	if c.Flags().Changed("metadata") {
		return a.readProvider(ctx, at, f)
	}
	if p.TakesNoMetadata() {
		return nil, nil
	}
	address, err := p.MetadataURL(in)
	if err != nil {
		return nil, registrationFault(err)
	}
	if address == "" {
		return nil, nil // Register says that it is missing
	}
	f.provider.metadata = address
	provider, err := a.readProvider(ctx, at, f)
	if err != nil {
		return nil, fmt.Errorf("%w\nset the application up first, as \"clau service guide %s --preset %s --url %s\" says, or give its metadata by --metadata", err, in.Name, p.Name, in.URL)
	}
	return provider, nil
}

// renewMetadata takes new metadata for a service that is there. It may not be of
// another entity: people would be led to a stranger.
func (a *app) renewMetadata(ctx context.Context, c *cobra.Command, at config.Settings, f *serviceFlags, s *directory.Service) error {
	if !c.Flags().Changed("metadata") || s.SAML == nil {
		return nil
	}
	if f.provider.entityID == "" {
		f.provider.entityID = s.SAML.EntityID
	}
	read, err := a.readProvider(ctx, at, f)
	if err != nil {
		return err
	}
	if read.EntityID != s.SAML.EntityID {
		return sayf("that is the metadata of %s, and %s is %s", read.EntityID, s.Name, s.SAML.EntityID)
	}
	s.SAML.Metadata = read.Metadata
	settings := &s.SAML.Settings
	settings.MetadataURL, settings.MetadataKeys, settings.Fetched = read.Settings.MetadataURL, read.Settings.MetadataKeys, read.Settings.Fetched
	return nil
}

// readProvider reads metadata from a file, or fetches it.
func (a *app) readProvider(ctx context.Context, at config.Settings, f *serviceFlags) (*directory.SAMLProvider, error) {
	if strings.HasPrefix(f.provider.metadata, "https://") || strings.HasPrefix(f.provider.metadata, "http://") {
		return a.fetchProvider(ctx, at, f)
	}
	text, err := a.read(f.provider.metadata)
	if err != nil {
		return nil, err
	}
	got, err := metadata.Select(text, f.provider.entityID, a.now(), metadata.Options{Loopback: config.Loopback(at.Issuer.Hostname())})
	if err != nil {
		return nil, metadataFault(f.provider.metadata, err)
	}
	a.noteMetadata(got.Provider)
	return &directory.SAMLProvider{EntityID: got.Provider.EntityID, Metadata: got.Metadata}, nil
}

func (a *app) fetchProvider(ctx context.Context, at config.Settings, f *serviceFlags) (*directory.SAMLProvider, error) {
	from := metadata.Source{URL: f.provider.metadata, EntityID: f.provider.entityID}
	if f.provider.metadataKey != "" {
		text, err := a.read(f.provider.metadataKey)
		if err != nil {
			return nil, err
		}
		if from.Keys, err = metadata.Pin(text); err != nil {
			return nil, sayf("%s holds no certificate that could sign metadata", f.provider.metadataKey)
		}
	}
	client := bulk(at)
	fetcher := metadata.NewFetcher(metadata.FetcherConfig{Client: client, Now: a.now, Loopback: config.Loopback(at.Issuer.Hostname())})
	got, err := fetcher.Fetch(ctx, from)
	if err != nil {
		return nil, sourceFault(ctx, client, from.URL, err)
	}
	if !got.Signed {
		fmt.Fprintln(a.err, "nobody signs this metadata: that it is the right one, only the address says; --metadata-key pins a signer")
	}
	a.noteMetadata(got.Provider)
	record := from.Record(got, a.now())
	return &record, nil
}

// noteMetadata says what of it Clau cannot use.
func (a *app) noteMetadata(p metadata.Provider) {
	for _, note := range p.Notes {
		fmt.Fprintln(a.err, "left out:", note.Error())
	}
}

// sourceFault looks once more at an address that gave no good metadata: whoever
// typed it has to know whether nobody is there or somebody else is.
func sourceFault(ctx context.Context, client *http.Client, address string, err error) error {
	if why := answered(ctx, client, address); why != "" {
		return sayf("the metadata at %s cannot be fetched: %s", address, why)
	}
	return metadataFault(address, err)
}

// answered is what is wrong with an answer before anybody reads it, or "".
func answered(ctx context.Context, client *http.Client, address string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "it is no address"
	}
	answer, err := client.Do(request)
	if err != nil {
		return network(err)
	}
	defer answer.Body.Close()
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case answer.StatusCode/100 == 3:
		return "it sends on to another address; name that one"
	case answer.StatusCode != http.StatusOK:
		return fmt.Sprintf("it answers %d", answer.StatusCode)
	case kind == "text/html":
		return "it answers with a web page"
	}
	return ""
}

// metadataFault says everything that is wrong with metadata at once.
func metadataFault(from string, err error) error {
	var faults metadata.Faults
	if errors.As(err, &faults) {
		all := []error{sayf("the metadata of %s cannot be used:", from)}
		for _, f := range faults {
			if f.Code == "xml" { // what the parser says begins with where it says it
				f.Value = f.Value[strings.LastIndex(f.Value, ": ")+1:]
			}
			all = append(all, said("  "+f.Error()))
		}
		return errors.Join(all...)
	}
	for _, known := range []struct {
		is   error
		says string
	}{
		{metadata.ErrEntity, "does not describe that entity, or does so twice; see --entity-id"},
		{metadata.ErrUntrusted, "is not signed by the key that --metadata-key names; metadata of many must be"},
		{metadata.ErrValidity, "does not say until when it is valid, or too late"},
		{metadata.ErrExpired, "is too old by its own word"},
		{metadata.ErrSource, "cannot be fetched: the address does not answer with metadata"},
	} {
		if errors.Is(err, known.is) {
			return sayf("the metadata at %s %s", from, known.says)
		}
	}
	return sayf("the metadata at %s cannot be read", from)
}
