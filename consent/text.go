// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is plain text in several languages, by BCP 47 tag. It is shown as it
// stands: markup in it is text like any other.
type Text map[string]string

// textMax is the longest text in characters. A screen is read by people in a hurry.
const textMax = 1000

// In returns the text for a reader of a language: in that very language, in its
// primary one ("ca" for "ca-ES-valencia"), in English, or in whichever comes
// first. Screens and digests both read texts through In, so that a translation
// added later asks nobody again who could read the text before.
func (t Text) In(lang string) string {
	if len(t) == 0 {
		return ""
	}
	primary, _, _ := strings.Cut(lang, "-")
	for _, tag := range [...]string{lang, primary, "en"} {
		if s, ok := t[tag]; ok {
			return s
		}
	}
	return t[slices.Min(slices.Collect(maps.Keys(t)))]
}

// or returns t, or other when t says nothing.
func (t Text) or(other Text) Text {
	if len(t) > 0 {
		return t
	}
	return other
}

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// plain reports whether s is text that people can read and that cannot turn the
// page around it: direction overrides and other invisible characters make a
// name or a purpose look like another.
func plain(s string, longest int) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > longest || strings.TrimSpace(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, invisible)
}

func invisible(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}
