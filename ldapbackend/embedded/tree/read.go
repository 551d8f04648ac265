// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// Read is one consistent view. It is valid only inside the function that was
// given it; entries and strings that come out of it stay valid.
type Read struct {
	*Store
	tx *bbolt.Tx
}

// View calls f with a view of the last finished write. f must be quick, and
// must not talk to a network: old pages cannot be freed while it runs.
func (s *Store) View(f func(*Read) error) error {
	tx, err := s.begin()
	if err != nil {
		return fmt.Errorf("tree: view: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return f(&Read{s, tx})
}

func (r *Read) bucket(name string) *bbolt.Bucket { return r.tx.Bucket([]byte(name)) }

// Find returns the id of the entry at a path from the root.
func (r *Read) Find(path []string) (uint64, bool) {
	v := r.bucket(namesBucket).Get(pathKey(path))
	if len(v) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(v), true
}

// Entry returns an entry without the values that are kept apart; nil if there
// is none.
func (r *Read) Entry(id uint64) (*model.Entry, error) {
	blob := r.bucket(entriesBucket).Get(idKey(id))
	if blob == nil {
		return nil, nil
	}
	e, err := decode(r.Schema, id, blob)
	if err != nil {
		return nil, fmt.Errorf("%w: entry %d", err, id)
	}
	return e, nil
}

// At returns the entry at a path from the root; nil if there is none.
func (r *Read) At(path []string) (*model.Entry, error) {
	id, ok := r.Find(path)
	if !ok {
		return nil, nil
	}
	return r.Entry(id)
}

// Members returns the members of a group, sorted.
func (r *Read) Members(id uint64) []string {
	var all []string
	prefix := idKey(id)
	c := r.bucket(membersBucket).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		all = append(all, string(v))
	}
	return all
}

// HasMember reports whether a group has a member of this normalized DN.
func (r *Read) HasMember(id uint64, norm string) bool {
	return r.bucket(membersBucket).Get(memberKey(id, norm)) != nil
}

// HasMembers reports whether a group has more than so many members.
func (r *Read) HasMembers(id uint64, moreThan int) bool {
	prefix := idKey(id)
	c := r.bucket(membersBucket).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if moreThan--; moreThan < 0 {
			return true
		}
	}
	return false
}

func memberKey(id uint64, norm string) []byte { return append(idKey(id), norm...) }

// HasChildren reports whether there are entries below a path.
func (r *Read) HasChildren(path []string) bool {
	key := pathKey(path)
	c := r.bucket(namesBucket).Cursor()
	if k, _ := c.Seek(key); !bytes.Equal(k, key) {
		return bytes.HasPrefix(k, key)
	}
	k, _ := c.Next()
	return bytes.HasPrefix(k, key)
}

// Subtree returns the entry at a path and all below, parents first, up to
// limit; more is set when there are others.
func (r *Read) Subtree(path []string, limit int) (ids []uint64, more bool) {
	key := pathKey(path)
	c := r.bucket(namesBucket).Cursor()
	for k, v := c.Seek(key); bytes.HasPrefix(k, key); k, v = c.Next() {
		if len(ids) == limit {
			return ids, true
		}
		ids = append(ids, binary.BigEndian.Uint64(v))
	}
	return ids, false
}

// Children returns the entries directly below a path, up to limit. What lies
// below them is skipped, not read.
func (r *Read) Children(path []string, limit int) (ids []uint64, more bool) {
	key := pathKey(path)
	c := r.bucket(namesBucket).Cursor()
	k, v := c.Seek(key)
	if bytes.Equal(k, key) {
		k, v = c.Next()
	}
	for bytes.HasPrefix(k, key) {
		if len(ids) == limit {
			return ids, true
		}
		ids = append(ids, binary.BigEndian.Uint64(v))
		k, v = c.Seek(append(bytes.Clone(k), 0xff))
	}
	return ids, false
}
