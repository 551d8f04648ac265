// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a configuration file.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"` // 1 is the first; 0: the key is not in the file
	Column  int    `json:"column,omitempty"`
	Key     string `json:"key,omitempty"` // dotted, as "directory.urls"; empty: the file as a whole
	Problem string `json:"problem"`
}

// String writes the fault as compilers do, so that editors can jump to it.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	b.WriteString(": ")
	if f.Key != "" {
		b.WriteString(f.Key + " ")
	}
	b.WriteString(f.Problem)
	return b.String()
}

// Faults is the error of a file that has any; it holds all of them, in the
// order of the file.
type Faults []Fault

// Error lists the faults, one on each line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return f
}
