// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/saml/metadata"
)

// ownLife is how long Clau's own metadata is served as it was written. All
// nodes write the same within it, so that readers see it change once.
const ownLife = time.Hour

// described is Clau's metadata as it was written, and what from.
type described struct {
	since time.Time
	keys  []directory.KeyID
	text  []byte
	tag   string
}

// serveMetadata answers with Clau's own metadata.
func (p *Provider) serveMetadata(w http.ResponseWriter, r *http.Request) error {
	own, err := p.describe()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("ETag", own.tag)
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(ownLife/time.Second)))
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Header.Get("If-None-Match") == own.tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", metadata.MediaType)
	h.Set("Content-Length", strconv.Itoa(len(own.text)))
	_, _ = w.Write(own.text) // a reader that went away misses nothing
	return nil
}

// describe writes the metadata anew when its hour is over or the keys changed.
// Two who do so at once write the same.
func (p *Provider) describe() (*described, error) {
	since := p.c.Now().UTC().Truncate(ownLife)
	published := p.c.Certificates.Published()
	ids := make([]directory.KeyID, len(published))
	for i, c := range published {
		ids[i] = c.ID
	}
	if own := p.own.Load(); own != nil && own.since.Equal(since) && slices.Equal(own.keys, ids) {
		return own, nil
	}
	text, err := p.writeMetadata(published, since)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	own := &described{since, ids, text, `"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`}
	p.own.Store(own)
	return own, nil
}

func (p *Provider) writeMetadata(published []keys.Certificate, now time.Time) ([]byte, error) {
	if len(published) == 0 {
		return nil, errors.New("saml: no certificate to publish")
	}
	own := p.c.Own
	own.EntityID, own.SSO, own.SLO, own.SOAP = p.EntityID(), p.url(ssoPath), p.url(sloPath), p.url(soapPath)
	own.Scopes = append([]string{p.host}, own.Scopes...)
	own.Signer, own.Now = published[0].Signer, now
	own.Certificates = nil
	for _, c := range published {
		own.Certificates = append(own.Certificates, c.DER)
	}
	text, err := metadata.Describe(own)
	if err != nil {
		return nil, fmt.Errorf("saml: own metadata: %w", err)
	}
	return text, nil
}
