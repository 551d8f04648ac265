// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import "errors"

// ErrMalformed is returned for bytes that are not the message they should be.
var ErrMalformed = errors.New("wire: malformed message")

// Universal tags (X.690 section 8) that LDAP uses.
const (
	TagBoolean     = 0x01
	TagInteger     = 0x02
	TagOctetString = 0x04
	TagEnumerated  = 0x0a
	TagSequence    = 0x30
	TagSet         = 0x31
)

// Reader walks the elements of one constructed value.
type Reader struct{ rest []byte }

// NewReader reads the elements in b, which it neither copies nor changes.
func NewReader(b []byte) *Reader { return &Reader{b} }

// Empty reports whether all elements have been read.
func (r *Reader) Empty() bool { return len(r.rest) == 0 }

// Next returns the next element's identifier octet and contents.
func (r *Reader) Next() (byte, []byte, error) {
	head, size, err := header(r.rest)
	if err != nil {
		return 0, nil, err
	}
	if size > len(r.rest)-head {
		return 0, nil, ErrMalformed
	}
	tag, content := r.rest[0], r.rest[head:head+size]
	r.rest = r.rest[head+size:]
	return tag, content, nil
}

// Expect returns the contents of the next element, which must bear tag.
func (r *Reader) Expect(tag byte) ([]byte, error) {
	if r.Empty() || r.rest[0] != tag {
		return nil, ErrMalformed
	}
	_, content, err := r.Next()
	return content, err
}

// Optional returns the contents of the next element if it bears tag.
func (r *Reader) Optional(tag byte) ([]byte, bool, error) {
	if r.Empty() || r.rest[0] != tag {
		return nil, false, nil
	}
	_, content, err := r.Next()
	return content, err == nil, err
}

// Text reads an OCTET STRING.
func (r *Reader) Text() (string, error) {
	b, err := r.Expect(TagOctetString)
	return string(b), err
}

// Integer reads an element of the given tag as a number that fits 32 bits, the
// range of every INTEGER and ENUMERATED of RFC 4511 (maxInt).
func (r *Reader) Integer(tag byte) (int, error) {
	b, err := r.Expect(tag)
	if err != nil {
		return 0, err
	}
	return Integer(b)
}

// Integer decodes the contents of an INTEGER or ENUMERATED.
func Integer(b []byte) (int, error) {
	if len(b) == 0 || len(b) > 4 {
		return 0, ErrMalformed
	}
	n := int32(int8(b[0]))
	for _, c := range b[1:] {
		n = n<<8 | int32(c)
	}
	return int(n), nil
}

// Flag decodes the contents of a BOOLEAN. Any octet but zero is true: not all
// clients obey section 5.1 and send 0xff.
func Flag(b []byte) (bool, error) {
	if len(b) != 1 {
		return false, ErrMalformed
	}
	return b[0] != 0, nil
}

// header measures the identifier and length octets at the start of b. Only the
// definite form is allowed (RFC 4511 section 5.1), and tags fit in one octet.
func header(b []byte) (head, size int, err error) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, 0, ErrMalformed
	}
	if b[1] < 0x80 {
		return 2, int(b[1]), nil
	}
	n := int(b[1] & 0x7f)
	if n == 0 || n > 4 || len(b) < 2+n {
		return 0, 0, ErrMalformed
	}
	var length uint64
	for _, c := range b[2 : 2+n] {
		length = length<<8 | uint64(c)
	}
	if length > 1<<31-1 {
		return 0, 0, ErrMalformed
	}
	return 2 + n, int(length), nil
}
