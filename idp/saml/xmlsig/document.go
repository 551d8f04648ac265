// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto"

	"github.com/beevik/etree"
)

// Document is a document that may be large, an aggregate of metadata. It has been
// checked from end to end but not made into a tree, which would be ten times its
// size: it is read again, by the same scanner, for its digest and for each of
// its parts.
type Document struct {
	text      string
	limits    Limits
	root      *etree.Element // its tag, and its signature as only child if it has one
	signature *etree.Element
	from, to  int // where the signature is in text
	bearers   int // of the root's ID
	several   bool
}

// Read checks text by the scanner's rules, within l. Errors wrap [ErrMalformed]
// or [ErrTooLarge].
func Read(text string, l Limits) (*Document, error) {
	if len(text) > l.Bytes {
		return nil, ErrTooLarge
	}
	if err := checkCharacters(text); err != nil {
		return nil, err
	}
	d := &Document{text: text, limits: l}
	return d, d.survey()
}

// survey reads to the end, and remembers the root and its signature.
func (d *Document) survey() error {
	s, err := newScanner(d.text, d.limits)
	if err != nil {
		return err
	}
	for {
		from := s.pos
		t, err := s.next()
		if err != nil {
			return err
		}
		if t.kind == eof {
			return nil
		}
		if t.kind == start {
			if err := d.visit(s, t, from); err != nil {
				return err
			}
		}
	}
}

// visit takes note of an element at its start tag.
func (d *Document) visit(s *scanner, t token, from int) error {
	if d.root == nil {
		d.root = element(t)
	}
	id, _ := Attr(d.root, "ID")
	for i := range t.attrs {
		if identifies(&t.attrs[i], id) {
			d.bearers++
		}
	}
	if uri, _ := s.scope.lookup(t.space); len(s.open) != 2 || t.name != "Signature" || uri != Dsig {
		return nil
	}
	if d.signature != nil {
		d.several = true
		return nil
	}
	return d.keep(s, t, from)
}

// keep makes the root's signature into a tree. It is small, and counted on its
// own: an aggregate's signature has one certificate or two.
func (d *Document) keep(s *scanner, t token, from int) error {
	limit := s.limits.Elements
	s.limits.Elements = min(limit, s.elements+Message().Elements)
	signature, err := s.build(t)
	if err != nil {
		return err
	}
	s.limits.Elements = limit
	d.signature, d.from, d.to = signature, from, s.pos
	d.root.AddChild(signature)
	return nil
}

// Root is the root's tag: its name and attributes. It has none of its children.
func (d *Document) Root() *etree.Element {
	root := etree.NewElement(d.root.FullTag())
	for i := range d.root.Attr {
		root.CreateAttr(d.root.Attr[i].FullKey(), d.root.Attr[i].Value)
	}
	return root
}

// Signed reports whether the root has a signature.
func (d *Document) Signed() bool { return d.signature != nil }

// Verify verifies the root's enveloped signature over the whole document, as
// [Verify] does. Signatures further down are part of what it is over, and no one
// asks them. All that the document gives afterwards is what was verified.
func (d *Document) Verify(keys []crypto.PublicKey, o Options) error {
	id, _ := Attr(d.root, "ID")
	switch {
	case d.signature == nil:
		return ErrUnsigned
	case d.several:
		return badSignature("more than one")
	case d.bearers > 1:
		return badSignature("the root has no ID of its own")
	}
	ref, err := verifyInfo(d.signature, id, keys, o)
	if err != nil {
		return err
	}
	sum := ref.hash.New()
	c := &canon{inclusive: ref.inclusive, sink: func(octets []byte) { sum.Write(octets) }}
	if err := d.canonical(c); err != nil {
		return badSignature("the document has no canonical form: %v", err)
	}
	return ref.matches(sum.Sum(nil))
}

// canonical writes the document without its signature.
func (d *Document) canonical(c *canon) error {
	s, err := newScanner(d.text, d.limits)
	if err != nil {
		return err
	}
	for {
		if s.pos == d.from {
			s.pos = d.to // nothing in it is in scope outside it
		}
		t, err := s.next()
		if err != nil {
			return err
		}
		if t.kind == eof {
			c.close()
			return nil
		}
		if err := c.step(&t, &s.scope); err != nil {
			return err
		}
	}
}

// step writes one token.
func (c *canon) step(t *token, in *scope) error {
	switch t.kind {
	case start:
		return c.start(t, in)
	case end:
		return c.end(t)
	}
	return c.text(t.text)
}
