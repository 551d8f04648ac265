// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"encoding/binary"
	"time"

	"commonscloud.coop/clau/idp/store"
)

// A value is "v" and its bytes. A record is "r", the length of its state in four
// bytes, the state, the data. The scripts read these forms too.

func encodeValue(value []byte) []byte { return append([]byte{'v'}, value...) }

func decodeValue(text string) ([]byte, error) {
	if text == "" || text[0] != 'v' {
		return nil, store.ErrNotFound
	}
	return []byte(text[1:]), nil
}

func encodeRecord(r store.Record) []byte {
	b := make([]byte, 1, 5+len(r.State)+len(r.Data))
	b[0] = 'r'
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.State)))
	b = append(b, r.State...)
	return append(b, r.Data...)
}

func decodeRecord(text string) (store.Record, error) {
	if len(text) < 5 || text[0] != 'r' {
		return store.Record{}, store.ErrNotFound
	}
	n := uint64(binary.BigEndian.Uint32([]byte(text[1:5])))
	rest := text[5:]
	if n > uint64(len(rest)) {
		return store.Record{}, store.ErrNotFound
	}
	return store.Record{State: rest[:n], Data: []byte(rest[n:])}, nil
}

// life is what Redis takes for a time to live; it counts in milliseconds, and
// takes none for no end.
func life(ttl time.Duration) time.Duration { return max(ttl, time.Millisecond) }
