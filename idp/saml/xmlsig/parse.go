// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"strings"

	"github.com/beevik/etree"
)

// Parse reads one document within l and returns its root, of which nothing is
// verified: it says who claims to speak, and no more. Errors wrap [ErrMalformed]
// or [ErrTooLarge].
//
// Go's own XML reader never sees it. Where that one is known to read a document
// another way the second time (names with stray colons, directives, comments
// that hide text: CVE-2020-29509, -29510 and -29511) the scanner reads none at
// all, at a thousandth of the price of trying it out on every token; that there
// are no more such places is what FuzzParse is for.
func Parse(raw []byte, l Limits) (*etree.Element, error) {
	return parse(string(raw), l)
}

func parse(doc string, l Limits) (*etree.Element, error) {
	if len(doc) > l.Bytes {
		return nil, ErrTooLarge
	}
	if err := checkCharacters(doc); err != nil {
		return nil, err
	}
	s, err := newScanner(doc, l)
	if err != nil {
		return nil, err
	}
	return s.document()
}

// document builds the tree of the root, and reads to the end.
func (s *scanner) document() (*etree.Element, error) {
	var root *etree.Element
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		switch t.kind {
		case start:
			if root, err = s.build(t); err != nil {
				return nil, err
			}
		case eof:
			return root, nil
		}
	}
}

// build makes the tree of the element that begins with t, and reads to its end.
// Text is added as one piece even where a comment or a section parted it: a
// reader of the first piece alone would read another name.
func (s *scanner) build(t token) (*etree.Element, error) {
	root := element(t)
	var run []string
	for el := root; el != nil; {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		if t.kind == text {
			run = append(run, t.text)
			continue
		}
		if data := strings.Join(run, ""); data != "" {
			el.CreateText(data)
		}
		run = run[:0]
		if t.kind == end {
			el = el.Parent()
			continue
		}
		child := element(t)
		el.AddChild(child)
		el = child
	}
	return root, nil
}

// element is the element of a start tag, without children.
func element(t token) *etree.Element {
	el := etree.NewElement(t.name)
	el.Space = t.space
	el.Attr = make([]etree.Attr, 0, len(t.attrs))
	for i := range t.attrs {
		el.CreateAttr(t.attrs[i].FullKey(), t.attrs[i].Value)
	}
	return el
}
