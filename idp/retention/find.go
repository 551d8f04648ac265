// SPDX-License-Identifier: AGPL-3.0-or-later

package retention

import (
	"slices"
	"strings"
)

// KindOf finds the row of a key of the store, which is of the form
// "<kind>:<name>". A key without a row is kept without a reason.
func KindOf(storeKey string) (Row, bool) {
	kind, _, named := strings.Cut(storeKey, ":")
	if !named {
		return Row{}, false
	}
	return find(Store, kind)
}

// OfAttribute finds the row of an attribute or class of the directory.
func OfAttribute(name string) (Row, bool) { return find(Directory, name) }

// OfCookie finds the row of a cookie, with or without its prefix (RFC 6265bis
// section 4.1.3.2).
func OfCookie(name string) (Row, bool) {
	return find(Cookie, strings.TrimPrefix(name, "__Host-"))
}

func find(where Place, what string) (Row, bool) {
	for _, r := range Table() {
		if r.Where == where && slices.ContainsFunc(r.Holds, func(held string) bool { return strings.EqualFold(held, what) }) {
			return r, true
		}
	}
	return Row{}, false
}
