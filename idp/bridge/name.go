// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"commonscloud.coop/clau/idp/release"
)

// text is an attribute that was released, or "".
func text(told release.Release, a release.Attribute) string {
	s, _ := told[a].(string)
	return s
}

// provenMail is the address of a release, if it is the person's beyond doubt.
func provenMail(told release.Release) string {
	if proven, _ := told[release.MailVerified].(bool); !proven {
		return ""
	}
	return text(told, release.Mail)
}

// plainName writes a handle in the letters that these applications take for the
// name of an account: Phabricator fills its form with whatever it gets, and
// refuses it only when the form comes back.
func plainName(handle string, limit int) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(handle) {
		switch {
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)), strings.ContainsRune("._-", r):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // the accent of the letter before
		default:
			b.WriteByte('-')
		}
	}
	return strings.Trim(cut(b.String(), limit), ".-")
}

// cut shortens a text to so many bytes, at the end of a letter.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
