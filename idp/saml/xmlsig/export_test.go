// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import "github.com/beevik/etree"

// Canonical is the exclusive canonical form of el.
func Canonical(el *etree.Element) ([]byte, error) {
	return canonical(el, nil, &canon{max: maxCanonical})
}
