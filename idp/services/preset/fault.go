// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import "errors"

// Fault is one thing that is wrong with what an administrator entered.
type Fault struct {
	Field string // url, metadata, or the name of a param
	Code  string // for pages: address, https, missing, form, unknown
	Why   string // for commands, a sentence in English
}

func (f *Fault) Error() string { return f.Why }

// Faults returns the faults that err is made of, for a page to put each beside
// its field.
func Faults(err error) []Fault {
	var one *Fault
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []Fault
		for _, inner := range joined.Unwrap() {
			out = append(out, Faults(inner)...)
		}
		return out
	}
	if errors.As(err, &one) {
		return []Fault{*one}
	}
	return nil
}
