// SPDX-License-Identifier: AGPL-3.0-or-later

package bolt

import (
	"encoding/binary"
	"slices"

	"commonscloud.coop/clau/idp/store"
)

// A record's body is the length of its state in four bytes, the state, the data.

func encodeRecord(r store.Record) []byte {
	b := make([]byte, 0, 4+len(r.State)+len(r.Data))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.State)))
	b = append(b, r.State...)
	return append(b, r.Data...)
}

// decodeRecord copies: b does not outlive its transaction.
func decodeRecord(b []byte) store.Record {
	n := 4 + int(binary.BigEndian.Uint32(b))
	return store.Record{State: string(b[4:n]), Data: slices.Clone(b[n:])}
}
