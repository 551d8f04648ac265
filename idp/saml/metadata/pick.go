// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"fmt"
	"time"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// Select takes one entity out of a document that an admin hands in, whose word is
// all that vouches for it; an empty entityID is the only one there is. What is
// wrong with the entity comes as [Faults]; of others nothing is said.
func Select(raw []byte, entityID string, at time.Time, o Options) (Copy, error) {
	parsed, err := xmlsig.Read(string(raw), xmlsig.Aggregate())
	if err != nil {
		return Copy{}, Faults{{Code: "xml", Value: clip(err.Error())}}
	}
	doc := &document{parsed: parsed, at: at, options: o}
	err = doc.kind()
	if err != nil {
		return Copy{}, err
	}
	found := doc.choose(entityID)
	return found.copies[entityID], found.missing[entityID]
}

// chosen are the entities of a document that somebody asked for.
type chosen struct {
	copies   map[string]Copy  // by the entityID that was asked for
	missing  map[string]error // why not
	entities int              // in the whole document
}

// choose takes entities out of a document; "" is the only one there is. The
// others are counted and not looked into. One that is there twice is not taken:
// which of the two a federation meant is not for Clau to guess.
func (d *document) choose(ids ...string) chosen {
	c := chosen{copies: map[string]Copy{}, missing: map[string]error{}}
	for _, id := range ids {
		c.missing[id] = fmt.Errorf("%w: %q", ErrEntity, clip(id))
	}
	found := map[string]int{}
	for el := range d.parsed.Each(nsMD, "EntitiesDescriptor", "EntityDescriptor") {
		c.entities++
		id, _ := xmlsig.Attr(el, "entityID")
		_, wanted := c.missing[id]
		if _, only := c.missing[""]; only && !d.aggregate {
			id, wanted = "", true
		}
		if !wanted {
			continue
		}
		found[id]++
		p, err := parseEntity(el, d.at, d.options)
		if err == nil {
			err = c.take(id, Entity{Provider: p, element: el}, d.signed)
		}
		c.missing[id] = err
	}
	for id, times := range found {
		if times > 1 {
			c.missing[id] = fmt.Errorf("%w: %q is in it %d times", ErrEntity, clip(id), times)
		}
		if c.missing[id] != nil {
			delete(c.copies, id)
		}
	}
	if d.aggregate && c.missing[""] != nil {
		c.missing[""] = Faults{{Code: "aggregate", Value: "EntitiesDescriptor"}}
	}
	return c
}

func (c chosen) take(id string, e Entity, signed bool) error {
	raw, err := e.XML()
	if err != nil {
		return err
	}
	c.copies[id] = Copy{Provider: e.Provider, Metadata: raw, Signed: signed}
	return nil
}
