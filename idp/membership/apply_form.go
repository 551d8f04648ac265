// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"commonscloud.coop/clau/idp/directory"
)

// The most that somebody types, in characters; an address in octets (RFC 5321
// section 4.5.3.1.3, less the brackets).
const (
	wordsMax = 500
	nameMax  = 100
	mailMax  = 254
)

// tidy takes away what people do not mean: space around, capitals in a handle.
func (a Application) tidy() Application {
	a.Handle = directory.Handle(strings.ToLower(strings.TrimSpace(string(a.Handle))))
	a.Name = strings.Join(strings.Fields(a.Name), " ")
	a.Mail = strings.TrimSpace(a.Mail)
	a.Words = tidyText(a.Words)
	if _, err := language.Parse(a.Language); err != nil || len(a.Language) > 35 {
		a.Language = ""
	}
	if a.Name == "" {
		a.Name = string(a.Handle)
	}
	return a
}

// faults are what is wrong with the form, before anything is read.
func (a Application) faults() Faults {
	var f Faults
	f.check("handle", handleFault(a.Handle))
	f.check("name", textFault(a.Name, nameMax))
	f.check("mail", a.mailFault())
	f.check("words", textFault(a.Words, wordsMax))
	return f
}

func (f *Faults) check(field, code string) {
	if code != "" {
		*f = append(*f, Fault{Field: field, Code: code})
	}
}

func handleFault(h directory.Handle) string {
	switch {
	case h == "":
		return "empty"
	case len(h) > directory.HandleMax:
		return "too-long"
	case directory.Reserved(string(h)):
		return "taken"
	case !h.Valid():
		return "malformed"
	}
	return ""
}

// mailFault: an address that is more than one, or hides a header in itself,
// would be written to by a program that trusts this one.
func (a Application) mailFault() string {
	switch {
	case a.Anonymous && a.Mail == "":
		return ""
	case a.Anonymous:
		return "malformed" // who gives an address is not anonymous
	case a.Mail == "":
		return "empty"
	case len(a.Mail) > mailMax:
		return "too-long"
	case !PlainAddress(a.Mail):
		return "malformed"
	}
	return ""
}

// PlainAddress reports whether s is one address and nothing else, that no mail
// server reads in two ways and that the directory can keep (RFC 5321 section 4.1.2,
// of it what everybody has: ASCII, and no quotes).
func PlainAddress(s string) bool {
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>(),:;[]\`, r) }
	parsed, err := mail.ParseAddress(s)
	_, domain, _ := strings.Cut(s, "@")
	return err == nil && parsed.Name == "" && parsed.Address == s && len(s) <= mailMax &&
		strings.Contains(domain, ".") && !strings.ContainsFunc(s, odd)
}

// tidyText is what somebody wrote, without the ends of line of other systems.
func tidyText(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// textFault: characters that no pen writes, and those that turn the direction
// of what stands around them, make a page say what nobody wrote.
func textFault(s string, limit int) string {
	switch {
	case len(s) > 4*limit || utf8.RuneCountInString(s) > limit:
		return "too-long"
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unwritten):
		return "malformed"
	}
	return ""
}

func unwritten(r rune) bool { return Unseen(r) && r != '\n' && r != '\t' }

// Unseen reports whether a character turns a line around, ends it, or hides in it:
// a name must not do that to a page that others read.
func Unseen(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) ||
		unicode.Is(unicode.Zp, r) || r == utf8.RuneError
}

// said checks what somebody writes to somebody else, who is to read something.
func said(text string) (string, error) {
	text = tidyText(text)
	if text == "" {
		return "", Faults{{Field: "text", Code: "empty"}}
	}
	if code := textFault(text, wordsMax); code != "" {
		return "", Faults{{Field: "text", Code: code}}
	}
	return text, nil
}

// answered reports whether an answer to the collective's question is right. It
// keeps programs out, not people: case, accents and space do not matter.
func answered(in directory.Settings, typed string) bool {
	if len(in.Question) == 0 || len(in.Answers) == 0 {
		return true
	}
	if len(typed) > 4*wordsMax {
		return false
	}
	right := func(a string) bool { return fold(a) == fold(typed) }
	return slices.ContainsFunc(in.Answers, right)
}

// fold takes apart what is one letter with its accent, drops accents, and
// folds case.
func fold(s string) string {
	apart := norm.NFKD.String(s)
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, apart)
	return strings.Join(strings.Fields(cases.Fold().String(bare)), " ")
}
