// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"sync"

	"commonscloud.coop/clau/idp/directory"
)

// Book keeps policies as they were read, so that a sign-on does not read the
// same text again: one for each collective, until its text changes. The zero
// value is empty and ready for use by many goroutines at once.
type Book struct{ pages sync.Map } // collective -> page

type page struct {
	raw    string
	policy Policy
	err    error
}

// Policy returns the policy in raw, as the directory keeps it with the
// collective. What it returns is shared: nobody writes into it. An error says
// that the text is faulty; the default does not take its place, for it may
// allow what the collective meant to forbid.
func (b *Book) Policy(c directory.CollectiveName, raw []byte) (Policy, error) {
	if found, ok := b.pages.Load(c); ok && found.(page).raw == string(raw) {
		return found.(page).policy, found.(page).err
	}
	p, err := ParsePolicy(raw, JSON)
	b.pages.Store(c, page{string(raw), p, err})
	return p, err
}
