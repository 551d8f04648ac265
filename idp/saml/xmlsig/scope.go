// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import "github.com/beevik/etree"

// scope is what prefixes stand for at one place in a document: a pile of
// declarations, and where in it each open element began.
type scope struct {
	bindings []binding
	marks    []int
	names    []string // of the attributes that are being checked
}

type binding struct{ prefix, uri string }

// open enters an element.
func (s *scope) open() { s.marks = append(s.marks, len(s.bindings)) }

// close leaves the innermost element, and forgets what it declared.
func (s *scope) close() {
	last := len(s.marks) - 1
	s.bindings = s.bindings[:s.marks[last]]
	s.marks = s.marks[:last]
}

func (s *scope) bind(prefix, uri string) {
	s.bindings = append(s.bindings, binding{prefix, uri})
}

// own are the declarations of the innermost element.
func (s *scope) own() []binding { return s.bindings[s.marks[len(s.marks)-1]:] }

// lookup says what prefix stands for; ok is false if for nothing. No prefix and
// no default namespace is no namespace, which is something.
func (s *scope) lookup(prefix string) (uri string, ok bool) {
	if prefix == "xml" {
		return nsXML, true
	}
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if s.bindings[i].prefix == prefix {
			return s.bindings[i].uri, true
		}
	}
	return "", prefix == ""
}

// enter opens an element with attrs, and takes its declarations in.
func (s *scope) enter(attrs []etree.Attr) error {
	s.open()
	for i := range attrs {
		if !isDeclaration(&attrs[i]) {
			continue
		}
		if err := checkDeclaration(&attrs[i]); err != nil {
			return err
		}
		s.bind(declared(&attrs[i]), attrs[i].Value)
	}
	return nil
}

// checkDeclaration holds a declaration against Namespaces in XML 1.0, section 3:
// the two reserved names stand for themselves and nothing else does, and only
// the default namespace can be undone.
func checkDeclaration(a *etree.Attr) error {
	prefix := declared(a)
	switch {
	case prefix == "xmlns" || a.Value == nsXMLNS:
		return malformed("the namespace of declarations is declared")
	case (prefix == "xml") != (a.Value == nsXML):
		return malformed("the prefix xml is declared to be another")
	case prefix != "" && a.Value == "":
		return malformed("a prefix is undeclared")
	}
	return nil
}

// check holds the names of a tag against what is in scope: every prefix is
// declared, and no attribute is there twice, not even by two prefixes of one
// namespace (Namespaces in XML 1.0, section 6.3).
func (s *scope) check(space string, attrs []etree.Attr) error {
	if _, ok := s.lookup(space); !ok {
		return malformed("a prefix is not declared")
	}
	s.names = s.names[:0]
	for i := range attrs {
		uri, ok := s.attribute(&attrs[i])
		if !ok {
			return malformed("a prefix is not declared")
		}
		for j, other := range s.names {
			if other == uri && attrs[j].Key == attrs[i].Key {
				return malformed("an attribute is there twice")
			}
		}
		s.names = append(s.names, uri)
	}
	return nil
}

// attribute is the namespace of an attribute's name.
func (s *scope) attribute(a *etree.Attr) (uri string, ok bool) {
	switch {
	case isDeclaration(a):
		return nsXMLNS, true
	case a.Space == "":
		return "", true
	}
	return s.lookup(a.Space)
}
