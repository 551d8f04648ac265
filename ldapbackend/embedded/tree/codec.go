// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// ErrCorrupt is returned when the file does not hold what was written to it.
var ErrCorrupt = errors.New("tree: file is corrupt")

// pathKey spells a path so that the keys of a subtree begin with that of its
// root. Normalized names hold no NUL, so that no name is a prefix of another.
func pathKey(path []string) []byte {
	key := []byte{'.'}
	for _, name := range path {
		key = append(append(key, name...), 0)
	}
	return key
}

func idKey(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// indexKey is a value and an entry that has it. bbolt takes keys of 32 KiB at
// most, so that the tail of a long value is hashed.
func indexKey(norm string, id uint64) []byte {
	return binary.BigEndian.AppendUint64(indexPrefix(norm), id)
}

const indexedBytes = 256

func indexPrefix(norm string) []byte {
	if len(norm) > indexedBytes {
		sum := sha256.Sum256([]byte(norm))
		norm = norm[:indexedBytes] + string(sum[:])
	}
	return append([]byte(norm), 0)
}

// encode writes an entry: DN, path, then each type with its values.
func encode(e *model.Entry) []byte {
	b := appendText(nil, e.DN)
	b = binary.AppendUvarint(b, uint64(len(e.Path)))
	for _, name := range e.Path {
		b = appendText(b, name)
	}
	b = binary.AppendUvarint(b, uint64(len(e.Values)))
	for _, v := range e.Values {
		b = appendText(b, v.Attribute.Name)
		b = binary.AppendUvarint(b, uint64(len(v.All)))
		for _, value := range v.All {
			b = appendText(b, value)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decode reads what encode wrote. The strings share one copy of blob.
func decode(schema *model.Schema, id uint64, blob []byte) (*model.Entry, error) {
	d := decoder{rest: string(blob)}
	e := &model.Entry{ID: id, DN: d.text()}
	e.Path = make([]string, d.count())
	for i := range e.Path {
		e.Path[i] = d.text()
	}
	e.Values = make([]model.Values, d.count())
	for i := range e.Values {
		e.Values[i].Attribute = schema.Attribute(d.text())
		e.Values[i].All = make([]string, d.count())
		for j := range e.Values[i].All {
			e.Values[i].All[j] = d.text()
		}
		if e.Values[i].Attribute == nil {
			return nil, ErrCorrupt
		}
	}
	if d.failed || d.rest != "" {
		return nil, ErrCorrupt
	}
	return e, nil
}

type decoder struct {
	rest   string
	failed bool
}

func (d *decoder) number() uint64 {
	var n uint64
	for shift := 0; shift < 64 && d.rest != ""; shift += 7 {
		c := d.rest[0]
		d.rest = d.rest[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	d.failed = true
	return 0
}

// count reads the number of things that follow; each takes a byte or more.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.failed = true
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count()
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}
