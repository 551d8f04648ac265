// SPDX-License-Identifier: AGPL-3.0-or-later

package rules

import "fmt"

// Fault is why something cannot be registered.
type Fault struct {
	Code string // for pages and protocols: address, fragment, user, pattern, https, link, keys, private-key, client-id, group, picture, picture-large, incoherent
	Why  string // a sentence in English, without secrets: for commands and programs
}

func (f *Fault) Error() string { return f.Why }

func faultf(code, format string, args ...any) error {
	return &Fault{code, fmt.Sprintf(format, args...)}
}
