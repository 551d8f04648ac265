// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Faults is all that is wrong with a policy, in the order of the text.
type Faults []Fault

// Fault is one mistake in a policy.
type Fault struct {
	Line int    // 1 for the first; 0: the text as a whole
	Key  string // dotted: "services.cloud.attributes.email.need"; empty: the text as a whole
	Kind FaultKind
	Why  string // in English, for the command line; pages have words for each kind
}

// FaultKind says what sort of mistake it is.
type FaultKind string

const (
	FaultSyntax   FaultKind = "syntax"   // neither JSON nor TOML there
	FaultUnknown  FaultKind = "unknown"  // no such key
	FaultTwice    FaultKind = "twice"    // a key that stands there already
	FaultType     FaultKind = "type"     // a number for a text, and the like
	FaultMissing  FaultKind = "missing"  // a key that must be there
	FaultRange    FaultKind = "range"    // a number out of its range
	FaultChoice   FaultKind = "choice"   // not one of the words that may stand there
	FaultAddress  FaultKind = "address"  // not an https address
	FaultDate     FaultKind = "date"     // not a date
	FaultLanguage FaultKind = "language" // not the tag of a language
	FaultText     FaultKind = "text"     // too long, empty, or with characters that cannot be seen
	FaultSize     FaultKind = "size"     // too much of it
)

// Error implements error, a line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// String returns the fault as one line.
func (f Fault) String() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", f.Line)
	}
	if f.Key != "" {
		b.WriteString(f.Key + " ")
	}
	b.WriteString(f.Why)
	return b.String()
}

// err returns the faults as an error, in the order of the text, or nil.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Key, b.Key))
	})
	return f
}
