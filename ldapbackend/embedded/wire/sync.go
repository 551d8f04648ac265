// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// SyncRequest is the value of the Sync Request control (RFC 4533 section 2.2).
type SyncRequest struct {
	Persist    bool // refreshAndPersist, not refreshOnly
	Cookie     string
	ReloadHint bool
}

// DecodeSyncRequest reads the control's value.
func DecodeSyncRequest(b []byte) (SyncRequest, error) {
	seq, err := NewReader(b).Expect(TagSequence)
	if err != nil {
		return SyncRequest{}, err
	}
	r := NewReader(seq)
	mode, err := r.Integer(TagEnumerated)
	if err != nil || mode != 1 && mode != 3 {
		return SyncRequest{}, ErrMalformed
	}
	s := SyncRequest{Persist: mode == 3}
	cookie, _, err := r.Optional(TagOctetString)
	if err != nil {
		return SyncRequest{}, err
	}
	s.Cookie = string(cookie)
	hint, ok, err := r.Optional(TagBoolean)
	if ok {
		s.ReloadHint, err = Flag(hint)
	}
	return s, err
}

// States of a [SyncState] (section 2.3).
const (
	SyncPresent = 0
	SyncAdd     = 1
	SyncModify  = 2
	SyncDelete  = 3
)

// SyncState encodes the control beside an entry. uuid has 16 bytes; an empty
// cookie is left out.
func SyncState(state int, uuid [16]byte, cookie string) Control {
	var w Builder
	w.Nest(TagSequence, func() {
		w.Integer(TagEnumerated, state)
		w.Text(string(uuid[:]))
		if cookie != "" {
			w.Text(cookie)
		}
	})
	return Control{OID: OIDSyncState, Value: w.Bytes()}
}

// SyncDone encodes the control beside the end of a refresh (section 2.4).
// deletes says that what was not mentioned is unchanged; otherwise it is gone.
func SyncDone(cookie string, deletes bool) Control {
	var w Builder
	w.Nest(TagSequence, func() {
		w.Text(cookie)
		if deletes {
			w.Flag(true)
		}
	})
	return Control{OID: OIDSyncDone, Value: w.Bytes()}
}

// RefreshDone tells a persisting client that the refresh is over (section 2.5);
// deletes has the meaning that it has in [SyncDone].
func RefreshDone(cookie string, deletes bool) Intermediate {
	tag := byte(0xa2)
	if deletes {
		tag = 0xa1
	}
	var w Builder
	w.Nest(tag, func() { w.Text(cookie) })
	return Intermediate{OID: OIDSyncInfo, Value: w.Bytes()}
}
