// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"encoding/binary"
	"fmt"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// Write is a view that can also be changed. Its changes come to stay all
// together, or not at all when the function returns an error.
type Write struct {
	Read
	dirty bool // something was changed since the function began
	stamp string
}

// Stamp returns the change sequence number of the next change.
func (w *Write) Stamp() string {
	if w.stamp == "" {
		w.stamp = nextCSN(w.CSN(), w.Now())
	}
	return w.stamp
}

// Add stores a new entry with its members, and sets its ID.
func (w *Write) Add(e *model.Entry, members []string) error {
	id, err := w.bucket(entriesBucket).NextSequence()
	if err != nil {
		return fmt.Errorf("tree: add: %w", err)
	}
	e.ID = id
	if err := w.put(namesBucket, pathKey(e.Path), idKey(id)); err != nil {
		return err
	}
	for _, key := range w.keysOf(e) {
		if err := w.put(key.bucket, []byte(key.key), nil); err != nil {
			return err
		}
	}
	for _, m := range members {
		if err := w.AddMember(id, m); err != nil {
			return err
		}
	}
	if err := w.put(entriesBucket, idKey(id), encode(e)); err != nil {
		return err
	}
	return w.log(Added, e)
}

// Replace stores an entry over what it was. Both have the same ID; the path may
// differ when the parent exists.
func (w *Write) Replace(old, e *model.Entry) error {
	if err := w.rename(old, e); err != nil {
		return err
	}
	before := map[indexEntry]bool{}
	for _, key := range w.keysOf(old) {
		before[key] = true
	}
	for _, key := range w.keysOf(e) {
		if before[key] {
			delete(before, key)
			continue
		}
		if err := w.put(key.bucket, []byte(key.key), nil); err != nil {
			return err
		}
	}
	for key := range before {
		if err := w.remove(key.bucket, []byte(key.key)); err != nil {
			return err
		}
	}
	if err := w.put(entriesBucket, idKey(e.ID), encode(e)); err != nil {
		return err
	}
	return w.log(Modified, e)
}

func (w *Write) rename(old, e *model.Entry) error {
	from, to := pathKey(old.Path), pathKey(e.Path)
	if string(from) == string(to) {
		return nil
	}
	if err := w.remove(namesBucket, from); err != nil {
		return err
	}
	return w.put(namesBucket, to, idKey(e.ID))
}

// Delete removes an entry, which must have no children, with its members.
func (w *Write) Delete(e *model.Entry) error {
	for _, key := range w.keysOf(e) {
		if err := w.remove(key.bucket, []byte(key.key)); err != nil {
			return err
		}
	}
	for _, m := range w.Members(e.ID) {
		if err := w.RemoveMember(e.ID, m); err != nil {
			return err
		}
	}
	if err := w.remove(namesBucket, pathKey(e.Path)); err != nil {
		return err
	}
	if err := w.remove(entriesBucket, idKey(e.ID)); err != nil {
		return err
	}
	return w.log(Deleted, e)
}

// AddMember puts a DN into a group.
func (w *Write) AddMember(id uint64, dn string) error {
	norm, err := w.Schema.Normalize(w.member, dn)
	if err != nil {
		return fmt.Errorf("tree: member: %w", err)
	}
	if err := w.put(membersBucket, memberKey(id, norm), []byte(dn)); err != nil {
		return err
	}
	return w.put(string(w.buckets[w.member]), indexKey(norm, id), nil)
}

// RemoveMember takes a DN out of a group.
func (w *Write) RemoveMember(id uint64, dn string) error {
	norm, err := w.Schema.Normalize(w.member, dn)
	if err != nil {
		return fmt.Errorf("tree: member: %w", err)
	}
	if err := w.remove(membersBucket, memberKey(id, norm)); err != nil {
		return err
	}
	return w.remove(string(w.buckets[w.member]), indexKey(norm, id))
}

func (w *Write) put(bucket string, key, value []byte) error {
	w.dirty = true
	if err := w.bucket(bucket).Put(key, value); err != nil {
		return fmt.Errorf("tree: put: %w", err)
	}
	return nil
}

func (w *Write) remove(bucket string, key []byte) error {
	w.dirty = true
	if err := w.bucket(bucket).Delete(key); err != nil {
		return fmt.Errorf("tree: delete: %w", err)
	}
	return nil
}

func number8(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
