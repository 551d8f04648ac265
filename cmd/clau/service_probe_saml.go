// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"net/http"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/services/preset"
)

// ownMetadata looks whether a service provider finds Clau's metadata, and
// whether the certificate that is to sign for it is there.
func (p prober) ownMetadata(ctx context.Context) []finding {
	const area = "metadata"
	address := preset.EndpointsOf(p.at.Issuer.String(), p.s).MetadataURL
	certificate, err := signingCertificate(ctx, p.keys, p.s)
	if err != nil {
		return []finding{fault(area, explain(err), "")}
	}
	if key := p.s.SAML.Settings.Key; certificate == nil && key != "" {
		return []finding{fault(area, "the certificate "+string(key)+", which is to sign for it, is not published", `choose one of "clau keys saml list", by "clau service set `+string(p.s.Name)+` --sign-with ID"`)}
	}
	answer, _, err := p.get(ctx, address, nil)
	switch {
	case err != nil:
		return []finding{fault(area, address+" cannot be reached: "+network(err), "start Clau, or see whether its name leads here")}
	case answer.StatusCode != http.StatusOK:
		return []finding{fault(area, fmt.Sprintf("%s answers %d", address, answer.StatusCode), "see whether a proxy in front leads to Clau")}
	}
	return []finding{ok(area, "Clau's is at "+address)}
}

// itsMetadata looks at the service provider's: whether it still holds, whether
// its source still says the same, and whether its hosts are there.
func (p prober) itsMetadata(ctx context.Context) []finding {
	const area = "provider"
	options := metadata.Options{Loopback: config.Loopback(p.at.Issuer.Hostname())}
	read, err := metadata.Parse(p.s.SAML.Metadata, p.now(), options)
	if err != nil {
		return []finding{fault(area, metadataFault(string(p.s.Name), err).Error(), `give new metadata by "clau service set `+string(p.s.Name)+` --metadata"`)}
	}
	out := p.source(ctx, read, options)
	for _, origin := range origins(endpoints(read)) {
		out = append(out, p.host(ctx, "address", origin))
	}
	if len(read.SLO) == 0 {
		out = append(out, warning("log-out", "its metadata names no place for log-outs: it is not told of those elsewhere", ""))
	}
	return out
}

// source compares the copy on hand with where it came from.
func (p prober) source(ctx context.Context, kept metadata.Provider, o metadata.Options) []finding {
	const area = "provider"
	from, fetched := metadata.SourceOf(*p.s.SAML)
	if !fetched {
		if end := kept.ValidUntil; !end.IsZero() && p.now().Add(soon).After(end) {
			return []finding{warning(area, "its metadata says that it ends on "+day(end), "it came as a file, and nobody renews it; give it by its address if it has one")}
		}
		return []finding{ok(area, "its metadata came as a file, and is sound")}
	}
	fetcher := metadata.NewFetcher(metadata.FetcherConfig{Client: p.client, Now: p.now, Loopback: o.Loopback})
	now, err := fetcher.Fetch(ctx, from)
	if err != nil {
		return []finding{fault(area, sourceFault(ctx, p.client, from.URL, err).Error(), "the copy of "+day(p.s.SAML.Settings.Fetched)+" goes on until it is too old by its own word")}
	}
	if len(now.Provider.SigningKeys) != len(kept.SigningKeys) || len(now.Provider.ACS) != len(kept.ACS) {
		return []finding{warning(area, "its metadata has changed; Clau has not read the new one yet", "wait, or give it by \"clau service set --metadata "+from.URL+`"`)}
	}
	return []finding{ok(area, "its metadata is at "+from.URL+", read on "+day(p.s.SAML.Settings.Fetched))}
}

// endpoints are where people's browsers, and Clau, are sent to.
func endpoints(p metadata.Provider) []string {
	var out []string
	for _, e := range append(p.ACS[:len(p.ACS):len(p.ACS)], p.SLO...) {
		out = append(out, e.Location)
	}
	return out
}
