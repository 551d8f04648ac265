// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

import (
	"encoding/base64"
	"strings"
)

// writer writes LDIF (RFC 2849).
type writer struct{ text strings.Builder }

func (w *writer) comment(line string) { w.text.WriteString("# " + line + "\n") }

// entry begins a record; lines are "attribute: value".
func (w *writer) entry(dn string, lines ...string) {
	if w.text.Len() > 0 {
		w.text.WriteString("\n")
	}
	w.line("dn: " + dn)
	for _, l := range lines {
		w.line(l)
	}
}

// line writes one attribute, in base64 when the value is not a SAFE-STRING.
// Lines are not folded: every reader takes long ones, and people search them.
func (w *writer) line(l string) {
	name, value, found := strings.Cut(l, ": ")
	if !found || safe(value) {
		w.text.WriteString(l + "\n")
		return
	}
	w.text.WriteString(name + ":: " + base64.StdEncoding.EncodeToString([]byte(value)) + "\n")
}

func safe(v string) bool {
	if v == "" {
		return true
	}
	if strings.IndexByte(" :<", v[0]) >= 0 || v[len(v)-1] == ' ' {
		return false
	}
	return !strings.ContainsFunc(v, func(r rune) bool { return r >= 0x80 || r == 0 || r == '\n' || r == '\r' })
}
