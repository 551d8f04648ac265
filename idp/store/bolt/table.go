// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"go.etcd.io/bbolt"
)

// kind says what a key holds.
type kind byte

const (
	valueKind   kind = 'v'
	recordKind  kind = 'r'
	setKind     kind = 's'
	counterKind kind = 'c'
)

// entry is what "entries" holds under a key. Times are Unix nanoseconds.
type entry struct {
	kind    kind
	expires int64
	due     int64 // where the key stands in "due"; never after expires
	body    []byte
}

const headerSize = 1 + 8 + 8

func (e entry) encode() []byte {
	b := make([]byte, headerSize, headerSize+len(e.body))
	b[0] = byte(e.kind)
	binary.BigEndian.PutUint64(b[1:], uint64(e.expires))
	binary.BigEndian.PutUint64(b[9:], uint64(e.due))
	return append(b, e.body...)
}

// decode aliases b, which lives no longer than its transaction.
func decode(b []byte) (entry, bool) {
	if len(b) < headerSize {
		return entry{}, false
	}
	return entry{
		kind:    kind(b[0]),
		expires: int64(binary.BigEndian.Uint64(b[1:])),
		due:     int64(binary.BigEndian.Uint64(b[9:])),
		body:    b[headerSize:],
	}, true
}

// table is the file as one transaction sees it at one moment.
type table struct {
	entries, due *bbolt.Bucket
	now          int64
	changed      bool
}

func tableOf(tx *bbolt.Tx, now time.Time) *table {
	return &table{entries: tx.Bucket(entriesBucket), due: tx.Bucket(dueBucket), now: now.UnixNano()}
}

// after is the moment ttl from now; a time too far to write down is the last one.
func (t *table) after(ttl time.Duration) int64 {
	if int64(ttl) > math.MaxInt64-t.now {
		return math.MaxInt64
	}
	return t.now + int64(ttl)
}

// raw finds what stands under key, expired or not.
func (t *table) raw(key string) (entry, bool) {
	return decode(t.entries.Get([]byte(key)))
}

// any finds what key holds now, of whatever kind.
func (t *table) any(key string) (entry, bool) {
	e, ok := t.raw(key)
	return e, ok && t.now < e.expires
}

// find finds what key holds now, if it is of kind k.
func (t *table) find(key string, k kind) (entry, bool) {
	e, ok := t.any(key)
	return e, ok && e.kind == k
}

// set writes over whatever key holds.
func (t *table) set(key string, k kind, body []byte, expires int64) error {
	old, ok := t.raw(key)
	if ok && old.kind == setKind {
		if _, err := t.purge(key, math.MaxInt); err != nil {
			return err
		}
	}
	return t.write(key, old, ok, entry{kind: k, expires: expires, body: body})
}

// renew gives e, which key holds, another body and time.
func (t *table) renew(key string, e entry, body []byte, expires int64) error {
	return t.write(key, e, true, entry{kind: e.kind, expires: expires, body: body})
}

// write leaves the key where it stands in "due" when its life is prolonged: a
// session touched all day moves there only when the sweeper comes by.
func (t *table) write(key string, old entry, had bool, e entry) error {
	t.changed = true
	switch {
	case had && old.due <= e.expires:
		e.due = old.due
	case had:
		if err := t.due.Delete(dueKey(old.due, key)); err != nil {
			return err
		}
		fallthrough
	default:
		e.due = e.expires
		if err := t.due.Put(dueKey(e.due, key), nil); err != nil {
			return err
		}
	}
	return t.entries.Put([]byte(key), e.encode())
}

// remove deletes whatever stands under key.
func (t *table) remove(key string) error {
	e, ok := t.raw(key)
	if !ok {
		return nil
	}
	t.changed = true
	if e.kind == setKind {
		if _, err := t.purge(key, math.MaxInt); err != nil {
			return err
		}
	}
	if err := t.due.Delete(dueKey(e.due, key)); err != nil {
		return err
	}
	return t.entries.Delete([]byte(key))
}

// memberKey is where a set keeps a member. No key has a zero byte in it.
func memberKey(key, member string) []byte {
	return []byte(key + "\x00" + member)
}

// members calls visit with each member of the set under key until it says no.
func (t *table) members(key string, visit func(member []byte) bool) {
	prefix := memberKey(key, "")
	c := t.entries.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if !visit(k[len(prefix):]) {
			return
		}
	}
}

// purge deletes up to limit members of the set under key and returns how many.
func (t *table) purge(key string, limit int) (int, error) {
	var gone []string
	t.members(key, func(member []byte) bool {
		if len(gone) == limit {
			return false
		}
		gone = append(gone, string(member))
		return true
	})
	for _, member := range gone {
		if err := t.entries.Delete(memberKey(key, member)); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

// dueKey orders keys by time; times after 1970 sort as their bytes do.
func dueKey(at int64, key string) []byte {
	b := make([]byte, 8, 8+len(key))
	binary.BigEndian.PutUint64(b, uint64(at))
	return append(b, key...)
}

func splitDueKey(b []byte) (at int64, key string) {
	return int64(binary.BigEndian.Uint64(b)), string(b[8:])
}
