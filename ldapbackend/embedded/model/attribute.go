// SPDX-License-Identifier: AGPL-3.0-or-later

package model

// Attribute is an attribute type (RFC 4512 section 4.1.2).
type Attribute struct {
	Name        string // as it is written in answers
	Kind        Kind
	Single      bool // at most one value
	Operational bool // returned only when asked for
	ReadOnly    bool // written by the server alone (NO-USER-MODIFICATION)
}

// Class is an object class (RFC 4512 section 4.1.1).
type Class struct {
	Name string
	Type ClassType
	Sup  *Class // nil: top
	Must []*Attribute
	May  []*Attribute
}

// ClassType is the kind of a [Class].
type ClassType byte

const (
	Structural ClassType = iota
	Auxiliary
	Abstract
)

// Is reports whether c is other or descends from it.
func (c *Class) Is(other *Class) bool {
	for ; c != nil; c = c.Sup {
		if c == other {
			return true
		}
	}
	return false
}
