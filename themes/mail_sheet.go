// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"cmp"
	html "html/template"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// sheet is what the templates of letters get: sentences, ready to be placed.
type sheet struct {
	Band    html.CSS // the collective's colour, and one that is read upon it
	Title   string   // of the collective, or the host
	Subject string
	Hello   string
	What    string
	Words   *quote
	Until   string // empty: no date
	Do      string
	Link    *button
	Code    *quote
	When    string
	Ask     string // whom to ask
	Never   string
	Regards string
	Host    string
}

// quote is a sentence and what it introduces.
type quote struct {
	Before string
	Lines  []string
}

type button struct{ Label, Address string }

// clausColour is that of the band in clau.css.
const clausColour = "#12594f"

func (t *Themes) sheet(lang string, l Letter) sheet {
	say := t.speaker(lang, l)
	s := sheet{
		Band: band(l.Letterhead.Colour), Title: cmp.Or(oneLine(l.Letterhead.Title), l.Host), Host: l.Host,
		Subject: say("mail." + l.Kind + ".subject"), What: say("mail." + l.Kind + ".what"), Do: say("mail." + l.Kind + ".do"),
		Hello: say("mail.hello.nobody"), Never: say("mail.never"), Regards: say("mail.regards"),
		When: say("mail.when") + " " + t.DateTime(lang, l.At), Ask: say(asking(l)),
	}
	if l.Person != "" && !unproven(l.Kind) {
		s.Hello = say("mail.hello")
	}
	if lines := lines(l.Text); holds(l.Kind, "words") && len(lines) > 0 {
		s.Words = &quote{say("mail." + l.Kind + ".words"), lines}
	}
	if holds(l.Kind, "until") && !l.Until.IsZero() {
		s.Until = say("mail." + l.Kind + ".until")
	}
	if holds(l.Kind, "link") && link(l.Link) != "" {
		s.Link = &button{say("mail." + l.Kind + ".link"), l.Link}
	}
	if l.Code != "" {
		s.Code = &quote{say("mail.code"), []string{oneLine(l.Code)}}
	}
	return s
}

func holds(kind, part string) bool { return slices.Contains(occasions()[kind], part) }

// speaker fills a sentence with what a letter holds.
func (t *Themes) speaker(lang string, l Letter) func(key string) string {
	args := []string{
		"person", unlinked(oneLine(l.Person)), "name", unlinked(oneLine(l.Name)),
		"collective", oneLine(l.Letterhead.Title), "contact", oneLine(l.Letterhead.Contact),
		"count", strconv.Itoa(l.Count), "until", t.DateTime(lang, l.Until),
	}
	return func(key string) string { return t.Text(lang, key, args...) }
}

// asking is the key of the sentence that says whom to ask.
func asking(l Letter) string {
	switch {
	case l.Letterhead.Title == "" || toManagers(l.Kind):
		return "mail.ask.nobody"
	case l.Letterhead.Contact == "":
		return "mail.ask.people"
	}
	return "mail.ask"
}

// band is the style of a surface in a collective's colour. Both halves are
// said, so that a mail program that darkens the page leaves it readable.
func band(hex string) html.CSS {
	c, ok := parseColour(hex)
	if !ok {
		c, _ = parseColour(clausColour)
	}
	return html.CSS("background-color:#" + c.hex() + ";color:#" + c.ink().hex())
}

// nameMax is the longest name in a letter, in characters.
const nameMax = 100

// oneLine makes a name safe to stand in a sentence: no line of its own, no
// turning round of the text about it (Unicode 15 section 23.2), no endless one.
func oneLine(s string) string {
	clean := strings.Join(strings.Fields(strings.Map(unbent, s)), " ")
	if runes := []rune(clean); len(runes) > nameMax {
		return string(runes[:nameMax-1]) + "…"
	}
	return clean
}

// textMax is the longest text of somebody's own in a letter, in characters.
const textMax = 4000

// lines are somebody's own words, line by line.
func lines(s string) []string {
	if runes := []rune(s); len(runes) > textMax {
		s = string(runes[:textMax-1]) + "…"
	}
	var all []string
	for line := range strings.Lines(strings.ReplaceAll(s, "\r", "\n")) {
		all = append(all, strings.TrimSpace(strings.Map(unbent, line)))
	}
	return slices.DeleteFunc(all, func(line string) bool { return line == "" })
}

// unbent drops the characters that turn the direction of text, and makes spaces
// of those that control anything else.
func unbent(c rune) rune {
	switch {
	case unicode.Is(unicode.Bidi_Control, c) || c == '\ufeff':
		return -1
	case unicode.IsControl(c) || c == '\u2028' || c == '\u2029':
		return ' '
	}
	return c
}

// unlinked keeps mail programs from making a link of a name: people choose
// their names themselves, and a letter of ours must not carry their address to
// others. The word joiner cannot be seen.
func unlinked(name string) string {
	var out strings.Builder
	rest := []rune(name)
	for i, c := range rest {
		out.WriteRune(c)
		if strings.ContainsRune(".:@/", c) && i+1 < len(rest) && rest[i+1] != ' ' {
			out.WriteRune('\u2060')
		}
	}
	return out.String()
}
