// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"bytes"
	"compress/flate"
	"io"
)

// Inflate undoes [Deflate]: raw DEFLATE (RFC 1951) as the HTTP-Redirect binding
// has it (SAML Bindings 3.4.4.1). It gives at most 64 KiB, and stops working as
// soon as it would have to give more, so that ten kilobytes cannot become ten
// megabytes first. Bytes after the end of the stream are refused: nothing
// would have read them.
func Inflate(data []byte) ([]byte, error) {
	in := bytes.NewReader(data)
	stream := flate.NewReader(in)
	out, err := io.ReadAll(io.LimitReader(stream, maxMessage+1))
	if err != nil {
		return nil, malformed("not deflated")
	}
	if len(out) > maxMessage {
		return nil, ErrTooLarge
	}
	if in.Len() > 0 {
		return nil, malformed("%d bytes after the deflated message", in.Len())
	}
	return out, nil
}

// Deflate compresses a message for the HTTP-Redirect binding.
func Deflate(message []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.DefaultCompression) // fails for unknown levels alone
	_, _ = w.Write(message)                                 // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
