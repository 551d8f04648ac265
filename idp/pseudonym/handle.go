// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Handle proposes the login name under which a sector meets a person: a plant, a
// thing and a number, as in "roure-boira-27", in lower-case ASCII, at most 24
// characters. The words are of the language lang ("ca", "es-MX"), or English.
//
// There are 5.5 million handles in each language, so two people may be proposed
// the same one: in 9% of sectors with a thousand people, and to every fiftieth
// who joins a sector of a hundred thousand. It is the directory that makes
// handles unique, by reserving them for good. Whoever proposes begins with try 0
// and takes the next as long as the reservation is refused; of those who join a
// hundred thousand, one in 170,000 needs a fourth. A handle that was reserved is
// read from the directory and never computed again, for it depends on who came
// first. So words can be exchanged without renaming anybody.
//
// The language should be that of the collective or the installation. That of the
// person would go with them from sector to sector.
//
// Without a seed it is "", as in [Names.Of].
func (n *Names) Handle(sector string, seed []byte, identity, try int, lang string) string {
	if len(seed) == 0 {
		return ""
	}
	lang = n.language(lang)
	hash := sum(n.handles, []byte(sector), seed, count(identity), count(try), []byte(lang))
	words := n.words[lang]
	return words.plants[hash[0]] + "-" + words.things[hash[1]] + "-" +
		strconv.Itoa(number(binary.BigEndian.Uint32(hash[2:])))
}

// number picks one of 10 to 99, without those that people would not carry: 13 is
// unlucky, 69 a joke, the others are signs of the far right.
func number(random uint32) int {
	n := 10 + int(random%numbers)
	for _, unwanted := range [...]int{13, 14, 18, 28, 69, 88} {
		if n >= unwanted {
			n++
		}
	}
	return n
}

const numbers = 90 - 6

// Display proposes what a person may be called where a handle is not shown:
// "Roure Boira 27". Words that lang writes with accents have them again; a
// handle that is not of [Names.Handle] is only made to look like a name.
func (n *Names) Display(handle, lang string) string {
	words := n.words[n.language(lang)]
	parts := strings.FieldsFunc(handle, func(r rune) bool { return strings.ContainsRune("-._", r) })
	for i, part := range parts {
		if written, ok := words.written[part]; ok {
			part = written
		}
		first, size := utf8.DecodeRuneInString(part)
		parts[i] = string(unicode.ToTitle(first)) + part[size:]
	}
	return strings.Join(parts, " ")
}

// language returns the one of the vocabularies' that serves a language tag
// (RFC 5646): its own, whatever the region, or English.
func (n *Names) language(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if _, ok := n.words[primary]; ok {
		return primary
	}
	return "en"
}
