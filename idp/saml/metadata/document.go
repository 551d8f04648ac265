// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"context"
	"fmt"
	"time"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// validityMax is how far ahead the validity of what a pinned key signed may reach,
// be it of one entity or of many: it may come from any mirror. Until then
// whoever holds an old one can make us believe a key that was withdrawn.
const validityMax = 28 * 24 * time.Hour

// document is what a source delivered, trusted as far as it may be.
type document struct {
	parsed     *xmlsig.Document
	aggregate  bool
	signed     bool
	validUntil time.Time
	cache      time.Duration
	seen       seen
	at         time.Time
	options    Options
}

// document gets a source's document and decides whether it may be believed.
func (f *Fetcher) document(ctx context.Context, s Source, last seen) (*document, error) {
	text, now, err := f.get(ctx, s, last)
	if err != nil {
		return nil, err
	}
	limits := xmlsig.Aggregate()
	if len(s.Keys) == 0 {
		limits = xmlsig.Metadata()
	}
	parsed, err := xmlsig.Read(text, limits)
	if err != nil {
		return nil, Faults{{Code: "xml", Value: clip(err.Error())}}
	}
	doc := &document{parsed: parsed, seen: now, at: f.c.Now(), options: Options{Loopback: f.c.Loopback}}
	err = doc.kind()
	if err != nil {
		return nil, err
	}
	err = doc.trust(s)
	if err != nil {
		return nil, err
	}
	return doc, doc.validity()
}

// kind tells whether it speaks for one or for many.
func (d *document) kind() error {
	root := d.parsed.Root()
	d.aggregate = xmlsig.Is(root, nsMD, "EntitiesDescriptor")
	if !d.aggregate && !xmlsig.Is(root, nsMD, "EntityDescriptor") {
		return Faults{{Code: "not-metadata", Value: clip(root.Tag)}}
	}
	return nil
}

// trust asks who vouches for the document: see the package's comment.
func (d *document) trust(s Source) error {
	if len(s.Keys) == 0 && d.aggregate {
		return fmt.Errorf("%w: it speaks for many; pin the certificate that signs it", ErrUntrusted)
	}
	if len(s.Keys) == 0 {
		return nil
	}
	keys, err := pinnedKeys(s.Keys)
	if err != nil {
		return err
	}
	err = d.parsed.Verify(keys, xmlsig.Options{})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	d.signed = true
	return nil
}

// validity is that of the whole. An entity's own is checked with the entity.
func (d *document) validity() error {
	root := d.parsed.Root()
	var err error
	if d.validUntil, err = validUntil(root); err != nil {
		return fmt.Errorf("%w: validUntil %w", ErrValidity, err)
	}
	if d.cache, err = cacheDuration(root); err != nil {
		return fmt.Errorf("%w: cacheDuration %w", ErrValidity, err)
	}
	switch {
	case !d.validUntil.IsZero() && !d.at.Before(d.validUntil):
		return fmt.Errorf("%w: it was over at %s", ErrValidity, d.validUntil.Format(time.DateTime))
	case !d.signed: // TLS vouches for it anew each time
		return nil
	case d.validUntil.IsZero():
		return fmt.Errorf("%w: what is signed says until when it is valid", ErrValidity)
	case d.validUntil.Sub(d.at) > validityMax:
		return fmt.Errorf("%w: %s is more than 28 days ahead", ErrValidity, d.validUntil.Format(time.DateTime))
	}
	return nil
}
