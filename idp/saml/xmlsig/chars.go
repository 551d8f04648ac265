// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkCharacters refuses what is no text of XML 1.0 (section 2.2): other
// encodings than UTF-8, which show as invalid or as NULs, and control characters.
func checkCharacters(doc string) error {
	for i := 0; i < len(doc); {
		if c := doc[i]; c < utf8.RuneSelf {
			if c < ' ' && !isSpace(c) {
				return malformed("a control character")
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(doc[i:])
		if r == utf8.RuneError && size == 1 || !isCharacter(r) {
			return malformed("something that is not text")
		}
		i += size
	}
	return nil
}

// isCharacter reports whether r is a Char of XML 1.0.
func isCharacter(r rune) bool {
	switch {
	case r < ' ':
		return r == '\t' || r == '\n' || r == '\r'
	case r <= 0xD7FF, 0xE000 <= r && r <= 0xFFFD, 0x10000 <= r && r <= utf8.MaxRune:
		return true
	}
	return false
}

// bom is the mark that some programs put before UTF-8. It is no part of the text.
const bom = "\ufeff"

// declaration passes over an XML declaration: the only thing of its kind that is
// read, and only if it says what is so.
func (s *scanner) declaration() error {
	s.take(bom)
	if !s.take("<?xml") {
		return nil
	}
	if !s.space() {
		return malformed("a processing instruction")
	}
	fields := strings.FieldsFunc(s.until("?>"), func(r rune) bool { return r < 0x80 && isSpace(byte(r)) })
	if !s.take("?>") || len(fields) == 0 {
		return malformed("a declaration without an end")
	}
	for i, field := range fields {
		name, value := pseudoAttribute(field)
		switch {
		case i == 0 && name == "version" && value == "1.0":
		case i > 0 && name == "encoding" && strings.EqualFold(value, "UTF-8"):
		case i > 0 && name == "standalone" && (value == "yes" || value == "no"):
		default:
			return malformed("a declaration of something else than XML 1.0 in UTF-8")
		}
	}
	return nil
}

// pseudoAttribute is a part of a declaration, both parts empty if it is none: the
// quotes are of one kind and none is within, or two readers would see two values.
func pseudoAttribute(field string) (name, value string) {
	name, quoted, _ := strings.Cut(field, "=")
	for _, quote := range []string{`"`, "'"} {
		inside, opened := strings.CutPrefix(quoted, quote)
		inside, closed := strings.CutSuffix(inside, quote)
		if opened && closed && !strings.ContainsAny(inside, `"'`) {
			return name, inside
		}
	}
	return "", ""
}

// expand replaces references by what they stand for, and normalises line ends
// (XML 1.0, section 2.11) and, in an attribute's value, all white space (3.3.3).
func expand(raw string, value bool) (string, error) {
	special := "&\r"
	if value {
		special = "&\r\n\t"
	}
	if !strings.ContainsAny(raw, special) {
		return raw, nil
	}
	raw = endLines(raw)
	var out strings.Builder
	out.Grow(len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '&':
			r, size, err := dereference(raw[i:])
			if err != nil {
				return "", err
			}
			out.WriteRune(r)
			i += size - 1
		case value && isSpace(c):
			out.WriteByte(' ')
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), nil
}

// endLines makes every line end a newline.
func endLines(raw string) string {
	if !strings.Contains(raw, "\r") {
		return raw
	}
	return strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\r", "\n")
}

// maxReference is the length of the longest reference anybody writes: &#x10FFFF;
const maxReference = 10

// dereference reads the reference that raw begins with: a character's number, or
// one of the five names that need no document type.
func dereference(raw string) (r rune, size int, err error) {
	semicolon := strings.IndexByte(raw[:min(len(raw), maxReference)], ';')
	if semicolon < 0 {
		return 0, 0, malformed("a reference without an end")
	}
	name := raw[1:semicolon]
	if r := named(name); r != 0 {
		return r, semicolon + 1, nil
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	number, err := strconv.ParseUint(digits, base, 32)
	if err != nil || name[0] != '#' || number > utf8.MaxRune || !isCharacter(rune(number)) {
		return 0, 0, malformed("a reference to nothing")
	}
	return rune(number), semicolon + 1, nil
}

func named(name string) rune {
	switch name {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "apos":
		return '\''
	case "quot":
		return '"'
	}
	return 0
}
