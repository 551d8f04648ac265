// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"strings"

	"github.com/beevik/etree"
)

// startTag reads a start tag, and enters the element.
func (s *scanner) startTag() (token, error) {
	if s.begun && len(s.open) == 0 {
		return token{}, malformed("a second root")
	}
	s.begun = true
	s.elements++
	if s.elements > s.limits.Elements || len(s.open) >= s.limits.Depth {
		return token{}, ErrTooLarge
	}
	s.pos++
	tag, err := s.qname()
	if err != nil {
		return token{}, err
	}
	if err := s.attributes(); err != nil {
		return token{}, err
	}
	return s.entered(tag)
}

// entered takes the element whose tag has been read into account.
func (s *scanner) entered(tag string) (token, error) {
	s.open = append(s.open, tag)
	if err := s.scope.enter(s.attrs); err != nil {
		return token{}, err
	}
	// Every name is looked up among what is in scope, so that has a limit too.
	if len(s.scope.bindings) > s.limits.Attributes {
		return token{}, ErrTooLarge
	}
	space, name := split(tag)
	if err := s.scope.check(space, s.attrs); err != nil {
		return token{}, err
	}
	return token{kind: start, space: space, name: name, attrs: s.attrs}, nil
}

// attributes reads the rest of a start tag.
func (s *scanner) attributes() error {
	s.attrs = s.attrs[:0]
	for {
		spaced := s.space()
		if s.take(">") {
			return nil
		}
		if s.take("/>") {
			s.leave = true
			return nil
		}
		if !spaced {
			return malformed("a tag without its end")
		}
		if len(s.attrs) == s.limits.Attributes {
			return ErrTooLarge
		}
		a, err := s.attribute()
		if err != nil {
			return err
		}
		s.attrs = append(s.attrs, a)
	}
}

// attribute reads name = "value".
func (s *scanner) attribute() (etree.Attr, error) {
	name, err := s.qname()
	if err != nil {
		return etree.Attr{}, err
	}
	s.space()
	if !s.take("=") {
		return etree.Attr{}, malformed("an attribute without a value")
	}
	s.space()
	value, err := s.quoted()
	if err != nil {
		return etree.Attr{}, err
	}
	space, key := split(name)
	return etree.Attr{Space: space, Key: key, Value: value}, nil
}

// quoted reads an attribute's value.
func (s *scanner) quoted() (string, error) {
	quote := `"`
	if !s.take(quote) {
		quote = `'`
		if !s.take(quote) {
			return "", malformed("a value without quotes")
		}
	}
	raw := s.until(quote)
	if !s.take(quote) || strings.Contains(raw, "<") {
		return "", malformed("a value without an end")
	}
	return expand(raw, true)
}

// qname reads a name with at most one prefix (Namespaces in XML 1.0, section 4);
// no reader here goes on with a second colon.
// Names like x::y or :y are those that Go's own XML reader and writer do not
// agree upon, so that what is verified is not what is read (CVE-2020-29509 and
// its like); none of them is a name here.
func (s *scanner) qname() (string, error) {
	from := s.pos
	if !s.ncname() {
		return "", malformed("something that is not a name")
	}
	if s.take(":") && !s.ncname() {
		return "", malformed("a prefix without a name")
	}
	return s.doc[from:s.pos], nil
}

// ncname passes over a name without colons. Only ASCII is in names: that is all
// that SAML has, and other letters are where readers differ.
func (s *scanner) ncname() bool {
	from := s.pos
	for s.pos < len(s.doc) && inName(s.doc[s.pos], s.pos == from) {
		s.pos++
	}
	return s.pos > from
}

func inName(c byte, first bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		return true
	case '0' <= c && c <= '9', c == '-', c == '.':
		return !first
	}
	return false
}

// split parts a qualified name into prefix and local name.
func split(qname string) (space, name string) {
	if i := strings.IndexByte(qname, ':'); i >= 0 {
		return qname[:i], qname[i+1:]
	}
	return "", qname
}
