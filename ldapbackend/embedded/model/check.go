// SPDX-License-Identifier: AGPL-3.0-or-later

package model

import (
	"slices"

	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// Check holds an entry against its object classes (RFC 4512 section 2.4) and
// its name. also lists types of which the entry has values kept elsewhere.
func (s *Schema) Check(e *Entry, rdn RDN, also ...*Attribute) error {
	classes, err := s.classesOf(e)
	if err != nil {
		return err
	}
	if err := checkStructural(classes); err != nil {
		return err
	}
	if err := s.checkNaming(e, rdn); err != nil {
		return err
	}
	if err := checkMust(e, classes, also); err != nil {
		return err
	}
	for _, v := range e.Values {
		if v.Attribute.Single && len(v.All) > 1 {
			return wire.Errorf(wire.ConstraintViolation, "attribute '%s' cannot have multiple values", v.Attribute.Name)
		}
		if err := checkAllowed(v.Attribute, classes); err != nil {
			return err
		}
	}
	for _, a := range also {
		if err := checkAllowed(a, classes); err != nil {
			return err
		}
	}
	return nil
}

// Structural returns the most specific structural class of an entry, which may
// never change (RFC 4512 section 2.4.2); nil when it has none.
func (s *Schema) Structural(e *Entry) *Class {
	classes, err := s.classesOf(e)
	if err != nil {
		return nil
	}
	return structural(classes)
}

func (s *Schema) classesOf(e *Entry) ([]*Class, error) {
	names := e.Get(s.Attribute("objectClass"))
	if len(names) == 0 {
		return nil, wire.Errorf(wire.ObjectClassViolation, "no objectClass attribute")
	}
	classes := make([]*Class, len(names))
	for i, n := range names {
		if classes[i] = s.Class(n); classes[i] == nil {
			return nil, wire.Errorf(wire.InvalidSyntax, "objectClass: value #%d invalid per syntax", i)
		}
	}
	return classes, nil
}

func structural(classes []*Class) *Class {
	var deepest *Class
	for _, c := range classes {
		if c.Type == Structural && (deepest == nil || c.Is(deepest)) {
			deepest = c
		}
	}
	return deepest
}

func checkStructural(classes []*Class) error {
	deepest := structural(classes)
	if deepest == nil {
		return wire.Errorf(wire.ObjectClassViolation, "no structural object class provided")
	}
	for _, c := range classes {
		if c.Type == Structural && !deepest.Is(c) {
			return wire.Errorf(wire.ObjectClassViolation, "invalid structural object class chain (%s/%s)", deepest.Name, c.Name)
		}
	}
	return nil
}

func checkMust(e *Entry, classes []*Class, also []*Attribute) error {
	for _, c := range classes {
		for ; c != nil; c = c.Sup {
			for _, a := range c.Must {
				if len(e.Get(a)) == 0 && !slices.Contains(also, a) {
					return wire.Errorf(wire.ObjectClassViolation, "object class '%s' requires attribute '%s'", c.Name, a.Name)
				}
			}
		}
	}
	return nil
}

func checkAllowed(a *Attribute, classes []*Class) error {
	if a.Operational {
		return nil
	}
	for _, c := range classes {
		for ; c != nil; c = c.Sup {
			if slices.Contains(c.Must, a) || slices.Contains(c.May, a) {
				return nil
			}
		}
	}
	return wire.Errorf(wire.ObjectClassViolation, "attribute '%s' not allowed", a.Name)
}

func (s *Schema) checkNaming(e *Entry, rdn RDN) error {
	for _, ava := range rdn {
		if s.Index(ava.Attribute, e.Get(ava.Attribute), ava.norm) < 0 {
			return wire.Errorf(wire.NamingViolation, "value of naming attribute '%s' is not present in entry", ava.Attribute.Name)
		}
	}
	return nil
}

// Index finds a normalized value among values as they were written; -1 if absent.
func (s *Schema) Index(a *Attribute, values []string, norm string) int {
	return slices.IndexFunc(values, func(v string) bool {
		n, err := s.Normalize(a, v)
		return err == nil && n == norm
	})
}

// CheckValues holds new values against syntax and uniqueness and returns them
// as they are stored.
func (s *Schema) CheckValues(a *Attribute, values []string) ([]string, error) {
	seen := make(map[string]bool, len(values))
	pretty := make([]string, len(values))
	for i, v := range values {
		norm, err := s.Normalize(a, v)
		if err != nil {
			return nil, wire.Errorf(wire.InvalidSyntax, "%s: value #%d invalid per syntax", a.Name, i)
		}
		if seen[norm] {
			return nil, wire.Errorf(wire.AttributeOrValueExists, "%s: value #%d provided more than once", a.Name, i)
		}
		seen[norm] = true
		pretty[i] = s.Pretty(a, v)
	}
	return pretty, nil
}
