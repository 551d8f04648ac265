// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Scopes of a [Search] (RFC 4511 section 4.5.1.2).
const (
	ScopeBase = 0
	ScopeOne  = 1
	ScopeSub  = 2
)

// Search is a SearchRequest (section 4.5.1). Aliases are not kept in the
// directory, so that derefAliases is read and dropped.
type Search struct {
	Base       string
	Scope      int
	SizeLimit  int // 0: none
	TimeLimit  int // seconds; 0: none
	TypesOnly  bool
	Filter     *Filter
	Attributes []string
}

func decodeSearch(r *Reader) (Search, error) {
	var s Search
	var err error
	if s.Base, err = r.Text(); err != nil {
		return Search{}, err
	}
	numbers := [4]int{}
	for i, tag := range [4]byte{TagEnumerated, TagEnumerated, TagInteger, TagInteger} {
		if numbers[i], err = r.Integer(tag); err != nil || numbers[i] < 0 {
			return Search{}, ErrMalformed
		}
	}
	s.Scope, s.SizeLimit, s.TimeLimit = numbers[0], numbers[2], numbers[3]
	if s.Scope > ScopeSub {
		return Search{}, ErrMalformed
	}
	types, err := r.Expect(TagBoolean)
	if err != nil {
		return Search{}, err
	}
	if s.TypesOnly, err = Flag(types); err != nil {
		return Search{}, err
	}
	if s.Filter, err = readFilter(r); err != nil {
		return Search{}, err
	}
	s.Attributes, err = decodeSelection(r)
	return s, err
}

func decodeSelection(r *Reader) ([]string, error) {
	list, err := r.Expect(TagSequence)
	if err != nil {
		return nil, err
	}
	return textList(list)
}

func textList(list []byte) ([]string, error) {
	var names []string
	for l := NewReader(list); !l.Empty(); {
		name, err := l.Text()
		if err != nil || len(names) == maxAttributes {
			return nil, ErrMalformed
		}
		names = append(names, name)
	}
	return names, nil
}
