// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"fmt"
	"iter"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// Entity is one entity of a document.
type Entity struct {
	Provider
	element *etree.Element
}

// Broken is an entity that cannot be used. It says nothing about the others.
type Broken struct {
	EntityID string
	Cause    error
}

func (b *Broken) Error() string { return clip(b.EntityID) + ": " + b.Cause.Error() }
func (b *Broken) Unwrap() error { return b.Cause }

// Split reads a document of many entities, or of one: each is parsed alone, so
// that one which is broken ([Broken]) costs nobody else anything. Any other error
// is the document's, and comes alone. Nothing is verified: see [Fetcher].
func Split(raw []byte, at time.Time, o Options) iter.Seq2[Entity, error] {
	return func(yield func(Entity, error) bool) {
		doc, err := xmlsig.Read(string(raw), xmlsig.Aggregate())
		if err != nil {
			yield(Entity{}, Faults{{Code: "xml", Value: clip(err.Error())}})
			return
		}
		for el := range doc.Each(nsMD, "EntitiesDescriptor", "EntityDescriptor") {
			p, err := parseEntity(el, at, o)
			if err != nil {
				id, _ := xmlsig.Attr(el, "entityID")
				err = &Broken{EntityID: id, Cause: err}
			}
			if !yield(Entity{Provider: p, element: el}, err) {
				return
			}
		}
	}
}

// XML is the entity as a document of its own, with the validity of what it was
// in. A signature is left out: it was over other bytes. It is to be called while
// the entity is being yielded.
func (e Entity) XML() ([]byte, error) {
	for _, signature := range xmlsig.Children(e.element, xmlsig.Dsig, "Signature") {
		e.element.RemoveChild(signature)
	}
	if !e.ValidUntil.IsZero() {
		e.element.CreateAttr("validUntil", e.ValidUntil.Format(time.RFC3339))
	}
	if e.CacheDuration > 0 {
		e.element.CreateAttr("cacheDuration", lasting(e.CacheDuration))
	}
	raw, err := xmlsig.Bytes(e.element)
	if err != nil {
		return nil, fmt.Errorf("metadata: write: %w", err)
	}
	return raw, nil
}
