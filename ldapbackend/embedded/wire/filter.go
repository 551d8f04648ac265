// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// FilterKind is the choice of a [Filter].
type FilterKind byte

const (
	And FilterKind = iota
	Or
	Not
	Equal
	Substrings
	AtLeast
	AtMost
	Present
	Approximate
	Extensible
)

// Filter is a search filter (RFC 4511 section 4.5.1.7).
type Filter struct {
	Kind   FilterKind
	Subs   []*Filter // And, Or, Not
	Name   string    // the attribute; may be empty with Extensible
	Value  string    // asserted; of Substrings the initial part
	Any    []string  // Substrings: the parts between
	Final  string    // Substrings
	Rule   string    // Extensible: the matching rule, or empty
	OfName bool      // Extensible: the attributes of the DN match too
}

// A filter deeper or wider than this is no question but an attack.
const (
	maxFilterDepth = 24
	maxFilterNodes = 1024
)

// DecodeFilter reads a filter alone, as the assertion control carries it.
func DecodeFilter(b []byte) (*Filter, error) { return readFilter(NewReader(b)) }

func readFilter(r *Reader) (*Filter, error) {
	f := filterReader{maxFilterNodes}
	return f.read(r, maxFilterDepth)
}

type filterReader struct{ nodes int }

func (f *filterReader) read(r *Reader, depth int) (*Filter, error) {
	tag, content, err := r.Next()
	if err != nil {
		return nil, err
	}
	if f.nodes--; depth == 0 || f.nodes < 0 {
		return nil, ErrMalformed
	}
	switch tag {
	case 0xa0, 0xa1, 0xa2:
		return f.set(FilterKind(tag-0xa0), NewReader(content), depth)
	case 0xa3, 0xa5, 0xa6, 0xa8:
		return comparison(tag, NewReader(content))
	case 0xa4:
		return substrings(NewReader(content))
	case 0x87:
		return &Filter{Kind: Present, Name: string(content)}, nil
	case 0xa9:
		return extensible(NewReader(content))
	}
	return nil, ErrMalformed
}

func (f *filterReader) set(kind FilterKind, r *Reader, depth int) (*Filter, error) {
	filter := &Filter{Kind: kind}
	for !r.Empty() {
		sub, err := f.read(r, depth-1)
		if err != nil {
			return nil, err
		}
		filter.Subs = append(filter.Subs, sub)
	}
	if kind == Not && len(filter.Subs) != 1 {
		return nil, ErrMalformed
	}
	return filter, nil // an empty And is true, an empty Or false: RFC 4526
}

func comparison(tag byte, r *Reader) (*Filter, error) {
	name, value, err := decodeAssertion(r)
	if err != nil {
		return nil, err
	}
	f := &Filter{Kind: Equal, Name: name, Value: value}
	switch tag {
	case 0xa5:
		f.Kind = AtLeast
	case 0xa6:
		f.Kind = AtMost
	case 0xa8:
		f.Kind = Approximate
	}
	return f, nil
}

func substrings(r *Reader) (*Filter, error) {
	name, err := r.Text()
	if err != nil {
		return nil, err
	}
	parts, err := r.Expect(TagSequence)
	if err != nil || len(parts) == 0 {
		return nil, ErrMalformed
	}
	f := &Filter{Kind: Substrings, Name: name}
	for i, p := 0, NewReader(parts); !p.Empty(); i++ {
		tag, content, err := p.Next()
		if err != nil || len(content) == 0 {
			return nil, ErrMalformed
		}
		switch {
		case tag == 0x80 && i == 0:
			f.Value = string(content)
		case tag == 0x81:
			f.Any = append(f.Any, string(content))
		case tag == 0x82 && p.Empty():
			f.Final = string(content)
		default:
			return nil, ErrMalformed
		}
	}
	return f, nil
}

func extensible(r *Reader) (*Filter, error) {
	f := &Filter{Kind: Extensible}
	for !r.Empty() {
		tag, content, err := r.Next()
		if err != nil {
			return nil, err
		}
		switch tag {
		case 0x81:
			f.Rule = string(content)
		case 0x82:
			f.Name = string(content)
		case 0x83:
			f.Value = string(content)
		case 0x84:
			if f.OfName, err = Flag(content); err != nil {
				return nil, err
			}
		default:
			return nil, ErrMalformed
		}
	}
	return f, nil
}
