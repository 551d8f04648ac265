// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Bind is a BindRequest (RFC 4511 section 4.2).
type Bind struct {
	Version     int
	Name        string
	Password    string // simple authentication
	Mechanism   string // SASL when not empty; then Password is unused
	Credentials string // of the SASL mechanism
}

// Unbind ends the connection (section 4.3).
type Unbind struct{}

// Attribute is a description and its values (sections 4.1.7 and 4.7).
type Attribute struct {
	Name   string
	Values []string
}

// Add is an AddRequest (section 4.7).
type Add struct {
	DN         string
	Attributes []Attribute
}

// Kinds of [Change] (section 4.6; increment: RFC 4525).
const (
	ChangeAdd       = 0
	ChangeDelete    = 1
	ChangeReplace   = 2
	ChangeIncrement = 3
)

// Change is one modification.
type Change struct {
	Kind int
	Attribute
}

// Modify is a ModifyRequest.
type Modify struct {
	DN      string
	Changes []Change
}

// Delete is a DelRequest (section 4.8).
type Delete struct{ DN string }

// ModifyDN is a ModifyDNRequest (section 4.9).
type ModifyDN struct {
	DN           string
	NewRDN       string
	DeleteOldRDN bool
	NewSuperior  *string // nil: stays below its parent
}

// Compare is a CompareRequest (section 4.10).
type Compare struct {
	DN    string
	Name  string
	Value string
}

// Abandon is an AbandonRequest (section 4.11).
type Abandon struct{ ID int }

// Extended is an ExtendedRequest (section 4.12).
type Extended struct {
	OID   string
	Value []byte // nil when absent
}

func decodeBind(r *Reader) (Bind, error) {
	version, err := r.Integer(TagInteger)
	if err != nil {
		return Bind{}, err
	}
	name, err := r.Text()
	if err != nil {
		return Bind{}, err
	}
	b := Bind{Version: version, Name: name}
	tag, content, err := r.Next()
	switch {
	case err != nil:
		return Bind{}, err
	case tag == 0x80:
		b.Password = string(content)
	case tag == 0xa3:
		sasl := NewReader(content)
		if b.Mechanism, err = sasl.Text(); err != nil || b.Mechanism == "" {
			return Bind{}, ErrMalformed
		}
		credentials, _, err := sasl.Optional(TagOctetString)
		if err != nil {
			return Bind{}, err
		}
		b.Credentials = string(credentials)
	default:
		return Bind{}, ErrMalformed
	}
	return b, nil
}

func decodeAdd(r *Reader) (Add, error) {
	dn, err := r.Text()
	if err != nil {
		return Add{}, err
	}
	list, err := r.Expect(TagSequence)
	if err != nil {
		return Add{}, err
	}
	a := Add{DN: dn}
	for l := NewReader(list); !l.Empty(); {
		attr, err := decodeAttribute(l)
		if err != nil || len(attr.Values) == 0 || len(a.Attributes) == maxAttributes {
			return Add{}, ErrMalformed
		}
		a.Attributes = append(a.Attributes, attr)
	}
	return a, nil
}

func decodeModify(r *Reader) (Modify, error) {
	dn, err := r.Text()
	if err != nil {
		return Modify{}, err
	}
	list, err := r.Expect(TagSequence)
	if err != nil {
		return Modify{}, err
	}
	m := Modify{DN: dn}
	for l := NewReader(list); !l.Empty(); {
		c, err := decodeChange(l)
		if err != nil || len(m.Changes) == maxAttributes {
			return Modify{}, ErrMalformed
		}
		m.Changes = append(m.Changes, c)
	}
	return m, nil
}

func decodeChange(l *Reader) (Change, error) {
	item, err := l.Expect(TagSequence)
	if err != nil {
		return Change{}, err
	}
	r := NewReader(item)
	kind, err := r.Integer(TagEnumerated)
	if err != nil || kind < ChangeAdd || kind > ChangeIncrement {
		return Change{}, ErrMalformed
	}
	attr, err := decodeAttribute(r)
	return Change{Kind: kind, Attribute: attr}, err
}

func decodeAttribute(l *Reader) (Attribute, error) {
	item, err := l.Expect(TagSequence)
	if err != nil {
		return Attribute{}, err
	}
	r := NewReader(item)
	name, err := r.Text()
	if err != nil {
		return Attribute{}, err
	}
	set, err := r.Expect(TagSet)
	if err != nil {
		return Attribute{}, err
	}
	a := Attribute{Name: name}
	for v := NewReader(set); !v.Empty(); {
		value, err := v.Text()
		if err != nil {
			return Attribute{}, err
		}
		a.Values = append(a.Values, value)
	}
	return a, nil
}

func decodeModifyDN(r *Reader) (ModifyDN, error) {
	dn, err := r.Text()
	if err != nil {
		return ModifyDN{}, err
	}
	rdn, err := r.Text()
	if err != nil {
		return ModifyDN{}, err
	}
	remove, err := r.Expect(TagBoolean)
	if err != nil {
		return ModifyDN{}, err
	}
	m := ModifyDN{DN: dn, NewRDN: rdn}
	if m.DeleteOldRDN, err = Flag(remove); err != nil {
		return ModifyDN{}, err
	}
	superior, ok, err := r.Optional(0x80)
	if ok {
		s := string(superior)
		m.NewSuperior = &s
	}
	return m, err
}

func decodeCompare(r *Reader) (Compare, error) {
	dn, err := r.Text()
	if err != nil {
		return Compare{}, err
	}
	assertion, err := r.Expect(TagSequence)
	if err != nil {
		return Compare{}, err
	}
	name, value, err := decodeAssertion(NewReader(assertion))
	return Compare{DN: dn, Name: name, Value: value}, err
}

func decodeAssertion(r *Reader) (name, value string, err error) {
	if name, err = r.Text(); err != nil {
		return "", "", err
	}
	value, err = r.Text()
	return name, value, err
}

func decodeExtended(r *Reader) (Extended, error) {
	oid, err := r.Expect(0x80)
	if err != nil {
		return Extended{}, err
	}
	value, ok, err := r.Optional(0x81)
	e := Extended{OID: string(oid)}
	if ok {
		e.Value = append([]byte{}, value...)
	}
	return e, err
}
