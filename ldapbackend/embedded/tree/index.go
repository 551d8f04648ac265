// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"bytes"
	"encoding/binary"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// Equal returns the entries that have a normalized value, up to limit; more is
// set when there are others.
func (r *Read) Equal(a *model.Attribute, norm string, limit int) (ids []uint64, more bool) {
	prefix := indexPrefix(norm)
	c := r.tx.Bucket(r.buckets[a]).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if len(k) != len(prefix)+8 {
			continue // a longer value with a NUL inside
		}
		if len(ids) == limit {
			return ids, true
		}
		ids = append(ids, binary.BigEndian.Uint64(k[len(prefix):]))
	}
	return ids, false
}

// Range returns the entries whose normalized value lies between from and to,
// inclusive; an empty bound is none. The type must be [Ranged].
func (r *Read) Range(a *model.Attribute, from, to string, limit int) (ids []uint64, more bool) {
	c := r.tx.Bucket(r.buckets[a]).Cursor()
	for k, _ := c.Seek([]byte(wholeSeconds(from))); len(k) > 9; k, _ = c.Next() {
		value := string(k[:len(k)-9])
		if to != "" && wholeSeconds(value) > wholeSeconds(to) {
			break
		}
		below, _ := a.Kind.Compare(value, from)
		above, _ := a.Kind.Compare(value, to)
		if below < 0 || to != "" && above > 0 {
			continue
		}
		if len(ids) == limit {
			return ids, true
		}
		ids = append(ids, binary.BigEndian.Uint64(k[len(k)-8:]))
	}
	return ids, false
}

// Ranged reports whether [Read.Range] can answer for a type.
func (s *Store) Ranged(a *model.Attribute) bool { return s.Indexed(a) && a.Kind == model.Time }

// wholeSeconds cuts the fraction of a time. In the index "…00.5Z" sorts before
// "…00Z", so that only whole seconds are in order.
func wholeSeconds(v string) string {
	whole, _, _ := strings.Cut(strings.TrimSuffix(v, "Z"), ".")
	return whole
}

// keysOf lists the index keys of an entry, members left out.
func (s *Store) keysOf(e *model.Entry) []indexEntry {
	var keys []indexEntry
	for _, v := range e.Values {
		bucket := s.buckets[v.Attribute]
		if bucket == nil || s.Apart(v.Attribute) {
			continue
		}
		for _, value := range v.All {
			for _, norm := range s.indexValues(v.Attribute, value) {
				keys = append(keys, indexEntry{string(bucket), string(indexKey(norm, e.ID))})
			}
		}
	}
	return keys
}

// indexEntry is one key of one index.
type indexEntry struct{ bucket, key string }

// indexValues: an entry is found by its classes and by all above them.
func (s *Store) indexValues(a *model.Attribute, value string) []string {
	if a == s.class {
		return s.Schema.Superclasses(value)
	}
	norm, err := s.Schema.Normalize(a, value)
	if err != nil {
		return nil
	}
	return []string{norm}
}
