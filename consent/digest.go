// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/release"
)

// digest is short enough for a directory entry and long enough (96 bits) that
// nobody finds two texts with one digest. Every part stands behind its length,
// so that words cannot move from one to the next unseen.
func digest(parts ...string) fingerprint {
	var room [1024]byte
	b := room[:0]
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	var out fingerprint
	base64.RawURLEncoding.Encode(out[:], sum[:12])
	return out
}

// fingerprint is a digest in base64url.
type fingerprint [16]byte

func (f fingerprint) String() string        { return string(f[:]) }
func (f fingerprint) is(stored string) bool { return string(f[:]) == stored }

// screenPart names the part of a screen that stands above all items.
const screenPart = "screen"

// shown is what a screen said, as a consent keeps it: for each part the language
// it was read in and a digest, "screen:ca.… name:ca.… email:en.…". With one
// digest for all, one changed word would ask about everything.
type shown string

// part returns the language and the digest of a part, or nothing.
func (s shown) part(name string) (lang, sum string) {
	for rest := string(s); rest != ""; {
		var one string
		one, rest, _ = strings.Cut(rest, " ")
		if said, ok := strings.CutPrefix(one, name); ok && strings.HasPrefix(said, ":") {
			lang, sum, _ = strings.Cut(said[1:], ".")
			return lang, sum
		}
	}
	return "", ""
}

// without leaves a part out.
func (s shown) without(name string) shown {
	kept := slices.DeleteFunc(strings.Fields(string(s)), func(one string) bool {
		return strings.HasPrefix(one, name+":")
	})
	return shown(strings.Join(kept, " "))
}

// with adds or replaces a part.
func (s shown) with(name, lang string, sum fingerprint) shown {
	return shown(strings.TrimSpace(string(s.without(name)) + " " + name + ":" + lang + "." + sum.String()))
}

// screen digests what stands above the items, as read in a language.
func (m *matter) screen(lang string) fingerprint {
	return digest(screenPart, string(m.through), string(m.Service.Collective),
		m.rules.PrivacyURL, m.rules.Intro.In(lang), m.rules.Purpose.In(lang))
}

// words digests what is said of one item, as read in a language.
func words(a release.Attribute, r Rule, lang string) fingerprint {
	return digest(string(a), r.Purpose.In(lang), r.Keep.In(lang))
}

// valueDigest digests a value that was agreed to. It differs for each person
// and service, so that equal digests do not show who shares an address.
func (m *matter) valueDigest(a release.Attribute, value any) fingerprint {
	return digest(string(m.Person.ID), string(m.Service.ID), string(a), written(value))
}

// written is a value as text: a text as it stands, a list with an end of line
// after each entry. Receipts hash values in this form too.
func written(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []string:
		var b strings.Builder
		for _, one := range v {
			b.WriteString(one + "\n")
		}
		return b.String()
	}
	return fmt.Sprint(value)
}
