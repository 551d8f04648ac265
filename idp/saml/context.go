// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import "slices"

// requestedContext is a RequestedAuthnContext (saml-core-2.0-os section
// 3.3.2.2.1): how somebody shall have proven who they are.
type requestedContext struct {
	Asked      bool     `json:"asked,omitempty"`
	Comparison string   `json:"comparison,omitempty"` // exact, minimum, maximum or better
	Classes    []string `json:"classes,omitempty"`
}

// strength ranks the classes that Clau knows; 0 is none of them. A password on
// a protected way is what everybody has proven at least, so that the classes
// below are true of every session.
func strength(class string) int {
	switch class {
	case classUnspecified:
		return 1
	case classPassword:
		return 2
	case classProtected:
		return 3
	}
	return 0
}

// answer is the class to be told of a session that reached one, and whether it
// is what was asked for. Whoever asks exactly for less than was proven is told
// what they asked for, which is true as well: many services ask for a password
// and nothing else out of habit, and mean "or better".
func (c requestedContext) answer(reached string) (string, bool) {
	if !c.Asked {
		return reached, true
	}
	known := slices.DeleteFunc(slices.Clone(c.Classes), func(class string) bool { return strength(class) == 0 })
	if c.Comparison == "exact" {
		return c.exactly(reached, known)
	}
	if len(known) == 0 {
		return "", false
	}
	slices.SortFunc(known, func(a, b string) int { return strength(a) - strength(b) })
	weakest, strongest := strength(known[0]), strength(known[len(known)-1])
	ok := map[string]bool{
		"minimum": strength(reached) >= weakest,
		"maximum": strength(reached) <= strongest,
		"better":  strength(reached) > strongest,
	}[c.Comparison]
	return reached, ok
}

func (c requestedContext) exactly(reached string, known []string) (string, bool) {
	if slices.Contains(c.Classes, reached) {
		return reached, true
	}
	for _, class := range known {
		if strength(class) <= strength(reached) {
			return class, true
		}
	}
	return "", false
}

// reachable are those of the classes that Clau can reach that would do.
func (c requestedContext) reachable(classes []string) []string {
	return slices.DeleteFunc(slices.Clone(classes), func(class string) bool {
		_, ok := c.answer(class)
		return !ok
	})
}
