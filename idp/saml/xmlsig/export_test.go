// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import "github.com/beevik/etree"

// Canonical is the exclusive canonical form of el.
func Canonical(el *etree.Element) ([]byte, error) {
	return canonical(el, nil, &canon{})
}

// CanonicalText is that of a document without its signature, or an error's text.
func CanonicalText(d *Document) string {
	var out []byte
	c := &canon{sink: func(octets []byte) { out = append(out, octets...) }}
	if err := d.canonical(c); err != nil {
		return err.Error()
	}
	return string(out)
}
