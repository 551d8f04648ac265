// SPDX-License-Identifier: AGPL-3.0-or-later

package model

import (
	"fmt"
	"strings"
)

// Schema is what an entry may hold. It is read-only once made.
type Schema struct {
	attributes map[string]*Attribute // by lower-case name and by OID
	classes    map[string]*Class
}

// NewSchema knows the standard types and classes, and those that the given
// cn=config schema entries define (olcAttributeTypes, olcObjectClasses).
func NewSchema(ldif ...string) (*Schema, error) {
	s := &Schema{attributes: map[string]*Attribute{}, classes: map[string]*Class{}}
	s.addStandardAttributes()
	s.addStandardClasses()
	for _, text := range ldif {
		if err := s.load(text); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Attribute finds a type by any of its names or its OID; nil if unknown.
// Options (RFC 4512 section 2.5) are not kept apart: there are none but
// ;binary in use, which says nothing about the value.
func (s *Schema) Attribute(name string) *Attribute {
	if a := s.attributes[name]; a != nil {
		return a
	}
	return s.attributes[strings.ToLower(strings.TrimSuffix(name, ";binary"))]
}

// Class finds an object class by name or OID; nil if unknown.
func (s *Schema) Class(name string) *Class { return s.classes[strings.ToLower(name)] }

// Normalize returns the form of a value by which equal values are equal bytes,
// or an error when the value does not have the syntax of the type.
func (s *Schema) Normalize(a *Attribute, value string) (string, error) {
	switch a.Kind {
	case Name:
		dn, err := s.ParseDN(value)
		if err != nil {
			return "", errSyntax
		}
		return dn.Norm(), nil
	case OID:
		return s.normalizeOID(a, value)
	}
	return a.Kind.normalize(value)
}

func (s *Schema) normalizeOID(a *Attribute, value string) (string, error) {
	if strings.EqualFold(a.Name, "objectClass") {
		c := s.Class(value)
		if c == nil {
			return "", errSyntax
		}
		return strings.ToLower(c.Name), nil
	}
	if known := s.Attribute(value); known != nil {
		return strings.ToLower(known.Name), nil
	}
	return a.Kind.normalize(value)
}

// Pretty returns a value as it is stored: names in one spelling, the rest as
// it was given.
func (s *Schema) Pretty(a *Attribute, value string) string {
	if a.Kind != Name {
		return value
	}
	dn, err := s.ParseDN(value)
	if err != nil {
		return value
	}
	return dn.String()
}

// Superclasses returns the normalized names of a class and all above it except
// top, which every entry has.
func (s *Schema) Superclasses(name string) []string {
	var names []string
	for c := s.Class(name); c != nil; c = c.Sup {
		if c.Name != "top" {
			names = append(names, strings.ToLower(c.Name))
		}
	}
	return names
}

func (s *Schema) addAttribute(a Attribute, names ...string) {
	for _, n := range names {
		s.attributes[strings.ToLower(n)] = &a
	}
	s.attributes[a.Name] = &a // the common spelling is found without folding
}

func (s *Schema) addClass(c *Class, must, may []string, names ...string) error {
	for _, n := range must {
		a := s.Attribute(n)
		if a == nil {
			return fmt.Errorf("model: class %s needs unknown attribute %s", c.Name, n)
		}
		c.Must = append(c.Must, a)
	}
	for _, n := range may {
		a := s.Attribute(n)
		if a == nil {
			return fmt.Errorf("model: class %s allows unknown attribute %s", c.Name, n)
		}
		c.May = append(c.May, a)
	}
	for _, n := range names {
		s.classes[strings.ToLower(n)] = c
	}
	return nil
}
