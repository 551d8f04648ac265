// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"strings"

	"github.com/beevik/etree"
)

type kind int

const (
	end kind = iota
	start
	text
	eof
)

// token is one step through a document. Its strings are parts of the document
// where that is possible; attrs are good until the next step.
type token struct {
	kind  kind
	space string // prefix of the tag
	name  string // local name of the tag
	attrs []etree.Attr
	text  string
}

// scanner reads the XML that is read here: version 1.0 with namespaces, in
// UTF-8, without a document type. Anything else is an error, as is anything
// over the limits, at the first byte that shows it: nothing is allocated for
// what has not been counted, and every byte is looked at a fixed number of times.
type scanner struct {
	doc    string
	pos    int
	limits Limits

	elements int
	open     []string // qualified names of the open elements
	scope    scope
	attrs    []etree.Attr
	leave    bool // the last element's tag was also its end
	begun    bool // the root has been seen
}

// newScanner returns a scanner at the beginning of doc.
func newScanner(doc string, l Limits) (*scanner, error) {
	if len(doc) > l.Bytes {
		return nil, ErrTooLarge
	}
	s := &scanner{doc: doc, limits: l}
	return s, s.declaration()
}

// next takes one step. After an error or eof there is none.
func (s *scanner) next() (token, error) {
	if s.leave {
		s.leave = false
		return s.closed(), nil
	}
	if len(s.open) == 0 {
		if err := s.outside(); err != nil {
			return token{}, err
		}
	}
	rest := s.doc[s.pos:]
	switch {
	case rest == "":
		return s.over()
	case rest[0] != '<':
		return s.characters()
	case strings.HasPrefix(rest, "</"):
		return s.endTag()
	case strings.HasPrefix(rest, "<!--"):
		return s.comment()
	case strings.HasPrefix(rest, "<![CDATA["):
		return s.cdata()
	case rest[1:] == "" || rest[1] == '!' || rest[1] == '?':
		return token{}, malformed("a document type, a processing instruction or nothing")
	}
	return s.startTag()
}

// outside skips the white space that alone may stand outside the root.
func (s *scanner) outside() error {
	s.space()
	rest := s.doc[s.pos:]
	if rest != "" && rest[0] != '<' || strings.HasPrefix(rest, "<![") {
		return malformed("text outside the root")
	}
	return nil
}

// over ends the document, which has had one root and nothing left open.
func (s *scanner) over() (token, error) {
	if len(s.open) > 0 || !s.begun {
		return token{}, malformed("the end comes too soon")
	}
	return token{kind: eof}, nil
}

// characters reads text up to the next tag.
func (s *scanner) characters() (token, error) {
	raw := s.until("<")
	if strings.Contains(raw, "]]>") {
		return token{}, malformed("the end of a section that did not begin")
	}
	expanded, err := expand(raw, false)
	return token{kind: text, text: expanded}, err
}

// until takes everything up to mark, or up to the end.
func (s *scanner) until(mark string) string {
	rest := s.doc[s.pos:]
	if i := strings.Index(rest, mark); i >= 0 {
		rest = rest[:i]
	}
	s.pos += len(rest)
	return rest
}

// cdata reads a CDATA section, which is text that was written another way.
func (s *scanner) cdata() (token, error) {
	s.pos += len("<![CDATA[")
	raw := s.until("]]>")
	if !s.take("]]>") {
		return token{}, malformed("a section without an end")
	}
	return token{kind: text, text: endLines(raw)}, nil
}

// comment passes over a comment where that is allowed, as text that is empty.
func (s *scanner) comment() (token, error) {
	if !s.limits.Comments {
		return token{}, malformed("a comment")
	}
	s.pos += len("<!--")
	s.until("--")
	if !s.take("-->") {
		return token{}, malformed("a comment without an end")
	}
	return token{kind: text}, nil
}

// endTag reads the end of the innermost open element.
func (s *scanner) endTag() (token, error) {
	s.pos += len("</")
	last := len(s.open) - 1
	if last < 0 || !s.take(s.open[last]) {
		return token{}, malformed("an end of what did not begin")
	}
	s.space()
	if !s.take(">") {
		return token{}, malformed("an end tag without its end")
	}
	return s.closed(), nil
}

// closed leaves the innermost element.
func (s *scanner) closed() token {
	last := len(s.open) - 1
	space, name := split(s.open[last])
	s.open = s.open[:last]
	s.scope.close()
	return token{kind: end, space: space, name: name}
}

// take passes over word if it comes next.
func (s *scanner) take(word string) bool {
	if !strings.HasPrefix(s.doc[s.pos:], word) {
		return false
	}
	s.pos += len(word)
	return true
}

// space passes over white space, and reports whether there was any.
func (s *scanner) space() bool {
	from := s.pos
	for s.pos < len(s.doc) && isSpace(s.doc[s.pos]) {
		s.pos++
	}
	return s.pos > from
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
