// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// ErrTooLong is returned for a message that is longer than allowed.
var ErrTooLong = errors.New("wire: message too long")

// ReadMessage reads the encoding of one LDAPMessage of at most limit bytes.
// Memory is taken as bytes arrive, not as they are announced.
func ReadMessage(r *bufio.Reader, limit int) ([]byte, error) {
	head, err := r.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0] != TagSequence {
		return nil, ErrMalformed
	}
	n := 2
	if head[1] > 0x80 {
		n += int(head[1] & 0x7f)
	}
	if head, err = r.Peek(min(n, 6)); err != nil {
		return nil, err
	}
	start, size, err := header(head)
	if err != nil {
		return nil, err
	}
	if start+size > limit {
		return nil, ErrTooLong
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(start+size)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
