// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsigtest

import (
	"strings"

	"github.com/beevik/etree"
)

// wrapping moves parts: forged is the root that a careless reader would read,
// original what was signed, without its signature.
type wrapping struct {
	name string
	make func(forged, original, signature *etree.Element) *etree.Element
}

// wrappings are the eight of Somorovsky and others ("On Breaking SAML", 2012),
// carried over to messages whose root is what is signed, and the obvious others.
var wrappings = []wrapping{
	{"XSW1: the original within the signature", func(f, o, s *etree.Element) *etree.Element {
		s.AddChild(o)
		return first(f, s)
	}},
	{"XSW2: the original before the signature", func(f, o, s *etree.Element) *etree.Element {
		return first(f, o, s)
	}},
	{"XSW3: the signed original first in the forged", func(f, o, s *etree.Element) *etree.Element {
		return first(f, first(o, s))
	}},
	{"XSW4: the signed original last in the forged", func(f, o, s *etree.Element) *etree.Element {
		return last(f, first(o, s))
	}},
	{"XSW5: the signature in the forged, the original last", func(f, o, s *etree.Element) *etree.Element {
		return last(first(f, s), o)
	}},
	{"XSW6: the original within the signature, last", func(f, o, s *etree.Element) *etree.Element {
		s.AddChild(o)
		return last(f, s)
	}},
	{"XSW7: the signed original in Extensions", func(f, o, s *etree.Element) *etree.Element {
		return first(f, last(etree.NewElement("Extensions"), first(o, s)))
	}},
	{"XSW8: the original in an Object of the signature", func(f, o, s *etree.Element) *etree.Element {
		object := etree.NewElement(prefixed(s, "Object"))
		object.AddChild(o)
		s.AddChild(object)
		return first(f, s)
	}},
	{"the signature in Extensions, the original beside it", func(f, o, s *etree.Element) *etree.Element {
		return first(f, last(etree.NewElement("Extensions"), s, o))
	}},
	{"the signature of another message", func(f, _, s *etree.Element) *etree.Element {
		return first(f, s)
	}},
	{"the signature of another message, after the forged", func(f, _, s *etree.Element) *etree.Element {
		return last(f, s)
	}},
	{"the signature twice", func(f, o, s *etree.Element) *etree.Element {
		return first(last(f, first(o, s.Copy())), s)
	}},
	{"the signed original and the forged in a root of nobody's", func(f, o, s *etree.Element) *etree.Element {
		return last(etree.NewElement("root"), f, first(o, s))
	}},
	{"the forged within the signature of the original", func(f, o, s *etree.Element) *etree.Element {
		object := etree.NewElement(prefixed(s, "Object"))
		object.AddChild(f)
		s.AddChild(object)
		return first(o, s)
	}},
}

// Wrap returns attacks by signature wrapping. signed is a document with an
// enveloped signature, as a service sent it once; forged is the document that the
// attacker would like to be believed. Each is made with the forged root under its
// own ID and under that of the signed one. A door must refuse all.
func Wrap(signed, forged string) []Attack {
	var attacks []Attack
	for _, w := range wrappings {
		for _, same := range []bool{false, true} {
			original := read(signed)
			signature := original.SelectElement("Signature")
			original.RemoveChild(signature)
			f, name := read(forged), w.name+", another ID"
			if same {
				f.CreateAttr("ID", original.SelectAttrValue("ID", ""))
				name = w.name + ", the same ID"
			}
			attacks = append(attacks, Attack{name, text(w.make(f, original, signature))})
		}
	}
	return append(attacks, Attack{"changed after it was signed", changed(signed)})
}

// changed adds an attribute to the root, and leaves its signature as it is.
func changed(signed string) string {
	root := read(signed)
	root.CreateAttr("Consent", "urn:oasis:names:tc:SAML:2.0:consent:obtained")
	return text(root)
}

// first puts children before those of parent.
func first(parent *etree.Element, children ...*etree.Element) *etree.Element {
	for i, child := range children {
		parent.InsertChildAt(i, child)
	}
	return parent
}

// last puts children after those of parent.
func last(parent *etree.Element, children ...*etree.Element) *etree.Element {
	for _, child := range children {
		parent.AddChild(child)
	}
	return parent
}

// prefixed is name with the prefix of el.
func prefixed(el *etree.Element, name string) string {
	return strings.TrimPrefix(el.Space+":"+name, ":")
}

func read(document string) *etree.Element {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(document); err != nil {
		panic("xmlsigtest: " + err.Error())
	}
	root := doc.Root()
	doc.RemoveChild(root)
	return root
}

func text(root *etree.Element) string {
	doc := etree.NewDocumentWithRoot(root)
	doc.WriteSettings = etree.WriteSettings{CanonicalAttrVal: true, CanonicalText: true, CanonicalEndTags: true}
	written, err := doc.WriteToString()
	if err != nil {
		panic("xmlsigtest: " + err.Error())
	}
	return written
}
