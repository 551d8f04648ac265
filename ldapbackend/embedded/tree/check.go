// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"fmt"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// Check holds names, indexes and members against the entries, and returns an
// error for the first that disagrees.
func (r *Read) Check() error {
	want := map[indexEntry]bool{}
	err := r.bucket(entriesBucket).ForEach(func(k, blob []byte) error {
		e, err := decode(r.Schema, number8(k), blob)
		if err != nil {
			return err
		}
		return r.checkEntry(e, want)
	})
	if err != nil {
		return err
	}
	if err := r.checkNames(); err != nil {
		return err
	}
	if err := r.checkMembers(want); err != nil {
		return err
	}
	return r.checkIndexes(want)
}

// checkEntry also notes the index keys that the entry must have.
func (r *Read) checkEntry(e *model.Entry, want map[indexEntry]bool) error {
	if id, ok := r.Find(e.Path); !ok || id != e.ID {
		return fmt.Errorf("%w: name of entry %d does not lead to it", ErrCorrupt, e.ID)
	}
	below, ok := r.Relative(e.Path)
	if !ok {
		return fmt.Errorf("%w: entry %d is outside of the base", ErrCorrupt, e.ID)
	}
	if len(below) > 0 {
		if _, ok := r.Find(e.Path[:len(e.Path)-1]); !ok {
			return fmt.Errorf("%w: entry %d has no parent", ErrCorrupt, e.ID)
		}
	}
	dn, err := r.Schema.ParseDN(e.DN)
	if err != nil || strings.Join(dn.Path(), "\x00") != strings.Join(e.Path, "\x00") {
		return fmt.Errorf("%w: entry %d has another path than its DN", ErrCorrupt, e.ID)
	}
	for _, key := range r.keysOf(e) {
		want[key] = true
	}
	return nil
}

func (r *Read) checkNames() error {
	return r.bucket(namesBucket).ForEach(func(k, v []byte) error {
		e, err := r.Entry(number8(v))
		if err != nil {
			return err
		}
		if e == nil || string(pathKey(e.Path)) != string(k) {
			return fmt.Errorf("%w: name %q leads nowhere", ErrCorrupt, k)
		}
		return nil
	})
}

func (r *Read) checkMembers(want map[indexEntry]bool) error {
	return r.bucket(membersBucket).ForEach(func(k, v []byte) error {
		id, norm := number8(k[:8]), string(k[8:])
		if r.bucket(entriesBucket).Get(k[:8]) == nil {
			return fmt.Errorf("%w: members of entry %d, which does not exist", ErrCorrupt, id)
		}
		if n, err := r.Schema.Normalize(r.member, string(v)); err != nil || n != norm {
			return fmt.Errorf("%w: member %q of entry %d is stored as %q", ErrCorrupt, v, id, norm)
		}
		want[indexEntry{string(r.buckets[r.member]), string(indexKey(norm, id))}] = true
		return nil
	})
}

func (r *Read) checkIndexes(want map[indexEntry]bool) error {
	for _, bucket := range r.buckets {
		err := r.tx.Bucket(bucket).ForEach(func(k, _ []byte) error {
			key := indexEntry{string(bucket), string(k)}
			if !want[key] {
				return fmt.Errorf("%w: %s has %q too much", ErrCorrupt, bucket, k)
			}
			delete(want, key)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for key := range want {
		return fmt.Errorf("%w: %s lacks %q", ErrCorrupt, key.bucket, key.key)
	}
	return nil
}
