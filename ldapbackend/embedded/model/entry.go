// SPDX-License-Identifier: AGPL-3.0-or-later

package model

import "slices"

// Entry is an entry of the directory.
type Entry struct {
	ID     uint64 // given by the store; never re-used
	DN     string // as it is written
	Path   []string
	Values []Values
}

// Values is an attribute of an entry with its values, as they were written.
type Values struct {
	Attribute *Attribute
	All       []string
}

// Get returns the values of a type; nil if the entry has none.
func (e *Entry) Get(a *Attribute) []string {
	for i := range e.Values {
		if e.Values[i].Attribute == a {
			return e.Values[i].All
		}
	}
	return nil
}

// First returns the first value of a type, or "".
func (e *Entry) First(a *Attribute) string {
	if v := e.Get(a); len(v) > 0 {
		return v[0]
	}
	return ""
}

// Set replaces the values of a type; none removes it.
func (e *Entry) Set(a *Attribute, values ...string) {
	i := slices.IndexFunc(e.Values, func(v Values) bool { return v.Attribute == a })
	switch {
	case i < 0 && len(values) > 0:
		e.Values = append(e.Values, Values{a, values})
	case i >= 0 && len(values) > 0:
		e.Values[i].All = values
	case i >= 0:
		e.Values = slices.Delete(e.Values, i, i+1)
	}
}

// Clone returns a copy that can be changed by [Entry.Set].
func (e *Entry) Clone() *Entry {
	c := *e
	c.Values = slices.Clone(e.Values)
	return &c
}
