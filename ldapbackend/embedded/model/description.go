// SPDX-License-Identifier: AGPL-3.0-or-later

package model

import (
	"fmt"
	"strings"
)

// load reads a schema entry of cn=config.
func (s *Schema) load(ldif string) error {
	var classes []description
	for _, line := range unfold(ldif) {
		name, text, _ := strings.Cut(line, ":")
		var err error
		switch strings.ToLower(name) {
		case "olcattributetypes":
			err = s.defineAttribute(parseDescription(text))
		case "olcobjectclasses":
			classes = append(classes, parseDescription(text))
		}
		if err != nil {
			return err
		}
	}
	for _, d := range classes {
		if err := s.defineClass(d); err != nil {
			return err
		}
	}
	return nil
}

// unfold joins continuation lines (RFC 2849) and drops comments.
func unfold(ldif string) []string {
	var lines []string
	for line := range strings.Lines(ldif) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case strings.HasPrefix(line, " ") && len(lines) > 0:
			lines[len(lines)-1] += line[1:]
		default:
			lines = append(lines, line)
		}
	}
	return lines
}

// description is a parsed AttributeTypeDescription or ObjectClassDescription
// (RFC 4512 sections 4.1.1 and 4.1.2): each keyword with its words.
type description struct {
	oid   string
	words map[string][]string
}

func (d description) one(key string) string {
	if w := d.words[key]; len(w) > 0 {
		return w[0]
	}
	return ""
}

func (d description) has(key string) bool {
	_, ok := d.words[key]
	return ok
}

// parseDescription reads leniently: the files are part of the program.
func parseDescription(text string) description {
	d := description{words: map[string][]string{}}
	key := ""
	for i, token := range tokens(text) {
		switch {
		case i == 0:
			d.oid = token.text
		case !token.quoted && isKeyword(token.text):
			key = token.text
			d.words[key] = nil
		default:
			d.words[key] = append(d.words[key], token.text)
		}
	}
	return d
}

func isKeyword(w string) bool {
	switch w {
	case "NAME", "DESC", "SUP", "EQUALITY", "ORDERING", "SUBSTR", "SYNTAX", "SINGLE-VALUE",
		"NO-USER-MODIFICATION", "USAGE", "STRUCTURAL", "AUXILIARY", "ABSTRACT", "MUST", "MAY":
		return true
	}
	return false
}

type token struct {
	text   string
	quoted bool
}

func tokens(text string) []token {
	var all []token
	for text != "" {
		switch c := text[0]; {
		case strings.IndexByte(" ()$", c) >= 0:
			text = text[1:]
		case c == '\'':
			word, rest, _ := strings.Cut(text[1:], "'")
			all, text = append(all, token{word, true}), rest
		default:
			end := strings.IndexAny(text, " ()$'")
			if end < 0 {
				end = len(text)
			}
			all, text = append(all, token{text[:end], false}), text[end:]
		}
	}
	return all
}

func (s *Schema) defineAttribute(d description) error {
	names := d.words["NAME"]
	if len(names) == 0 {
		return fmt.Errorf("model: attribute %s has no name", d.oid)
	}
	a := Attribute{
		Name:        names[0],
		Single:      d.has("SINGLE-VALUE"),
		Operational: d.has("USAGE") && d.one("USAGE") != "userApplications",
		ReadOnly:    d.has("NO-USER-MODIFICATION"),
	}
	switch sup := s.Attribute(d.one("SUP")); {
	case d.has("SYNTAX"):
		syntax, _, _ := strings.Cut(d.one("SYNTAX"), "{")
		a.Kind = kindOf(syntax, d.one("EQUALITY"))
	case sup != nil:
		a.Kind = sup.Kind
	default:
		return fmt.Errorf("model: attribute %s has no syntax", a.Name)
	}
	s.addAttribute(a, append(names, d.oid)...)
	return nil
}

func kindOf(syntax, equality string) Kind {
	switch syntax[strings.LastIndexByte(syntax, '.')+1:] {
	case "15":
		switch equality {
		case "":
			return TextBare
		case "caseExactMatch":
			return TextExact
		}
		return Text
	case "26":
		if equality == "caseExactIA5Match" {
			return IA5Exact
		}
		return IA5
	case "12":
		return Name
	case "27":
		return Integer
	case "24":
		return Time
	case "7":
		return Boolean
	case "38":
		return OID
	case "36", "50":
		return Number
	}
	if equality == "" {
		return Opaque
	}
	return Octets
}

func (s *Schema) defineClass(d description) error {
	names := d.words["NAME"]
	if len(names) == 0 {
		return fmt.Errorf("model: class %s has no name", d.oid)
	}
	c := &Class{Name: names[0], Sup: s.Class(d.one("SUP"))}
	switch {
	case d.has("AUXILIARY"):
		c.Type = Auxiliary
	case d.has("ABSTRACT"):
		c.Type = Abstract
	}
	return s.addClass(c, d.words["MUST"], d.words["MAY"], append(names, d.oid)...)
}
