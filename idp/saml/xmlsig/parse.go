// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"bytes"
	"strings"

	"github.com/beevik/etree"
	xrv "github.com/mattermost/xml-roundtrip-validator"
)

// Parse reads one document within l and returns its root, of which nothing is
// verified: it says who claims to speak, and no more. Errors wrap [ErrMalformed]
// or [ErrTooLarge].
func Parse(raw []byte, l Limits) (*etree.Element, error) {
	root, err := parse(string(raw), l)
	if err != nil || !l.RoundTrip {
		return root, err
	}
	if err := xrv.Validate(bytes.NewReader(bytes.TrimPrefix(raw, []byte(bom)))); err != nil {
		return nil, malformed("not the same when it is read again")
	}
	return root, nil
}

// parse is Parse by the scanner's rules alone.
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
	// The whole document is read once before any of it is built: to refuse is
	// cheap, and a tree costs ten times its text.
	if err := survey(*s); err != nil {
		return nil, err
	}
	return s.first()
}

// survey reads to the end of the document.
func survey(s scanner) error {
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		if t.kind == eof {
			return nil
		}
	}
}

// first builds the tree of the root.
func (s *scanner) first() (*etree.Element, error) {
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		if t.kind == start {
			return s.build(t)
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
