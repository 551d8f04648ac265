// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Message is an LDAPMessage from a client (RFC 4511 section 4.1.1). Op is one
// of the request types of this package.
type Message struct {
	ID       int
	Op       any
	Controls []Control
}

// Control is a control as it was sent (section 4.1.11).
type Control struct {
	OID      string
	Critical bool
	Value    []byte // nil when absent
}

// Identifier octets of the operations (section 4.2 and on).
const (
	tagBind       = 0x60
	tagUnbind     = 0x42
	tagSearch     = 0x63
	tagModify     = 0x66
	tagAdd        = 0x68
	tagDelete     = 0x4a
	tagModifyDN   = 0x6c
	tagCompare    = 0x6e
	tagAbandon    = 0x50
	tagExtended   = 0x77
	tagControls   = 0xa0
	maxControls   = 16
	maxAttributes = 1000
)

// Decode reads one whole LDAPMessage, of which b is the complete encoding. A
// message whose operation is malformed is returned with its ID and a nil Op,
// beside the error, so that the answer can name it.
func Decode(b []byte) (Message, error) {
	outer := NewReader(b)
	body, err := outer.Expect(TagSequence)
	if err != nil {
		return Message{}, err
	}
	r := NewReader(body)
	id, err := r.Integer(TagInteger)
	if err != nil || id < 0 {
		return Message{}, ErrMalformed
	}
	m := Message{ID: id}
	tag, content, err := r.Next()
	if err != nil {
		return m, err
	}
	op, err := decodeOp(tag, content)
	if err != nil {
		return m, err
	}
	if m.Controls, err = decodeControls(r); err != nil {
		return m, err
	}
	m.Op = op
	return m, nil
}

func decodeOp(tag byte, content []byte) (any, error) {
	r := NewReader(content)
	switch tag {
	case tagBind:
		return decodeBind(r)
	case tagUnbind:
		return Unbind{}, nil
	case tagSearch:
		return decodeSearch(r)
	case tagModify:
		return decodeModify(r)
	case tagAdd:
		return decodeAdd(r)
	case tagDelete:
		return Delete{DN: string(content)}, nil
	case tagModifyDN:
		return decodeModifyDN(r)
	case tagCompare:
		return decodeCompare(r)
	case tagAbandon:
		id, err := Integer(content)
		return Abandon{ID: id}, err
	case tagExtended:
		return decodeExtended(r)
	}
	return nil, ErrMalformed
}

func decodeControls(r *Reader) ([]Control, error) {
	content, ok, err := r.Optional(tagControls)
	if err != nil || !ok {
		return nil, err
	}
	var all []Control
	for list := NewReader(content); !list.Empty(); {
		item, err := list.Expect(TagSequence)
		if err != nil || len(all) == maxControls {
			return nil, ErrMalformed
		}
		c, err := decodeControl(NewReader(item))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func decodeControl(r *Reader) (Control, error) {
	oid, err := r.Text()
	if err != nil {
		return Control{}, err
	}
	c := Control{OID: oid}
	critical, ok, err := r.Optional(TagBoolean)
	if err != nil {
		return Control{}, err
	}
	if ok {
		if c.Critical, err = Flag(critical); err != nil {
			return Control{}, err
		}
	}
	value, ok, err := r.Optional(TagOctetString)
	if ok {
		c.Value = append([]byte{}, value...)
	}
	return c, err
}
