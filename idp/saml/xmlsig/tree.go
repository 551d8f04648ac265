// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import "github.com/beevik/etree"

// Bytes writes el as a document of its own, with all namespaces that are in
// scope where it stands. These are the octets for the wire: other writers escape
// otherwise, and a reader then digests another document than was signed. It
// fails for a tree that XML cannot say: an undeclared prefix, a control
// character in a value.
func Bytes(el *etree.Element) ([]byte, error) {
	return canonical(el, nil, &canon{whole: true})
}

// canonical writes el without its child omit, by the rules of c.
func canonical(el, omit *etree.Element, c *canon) ([]byte, error) {
	in, err := scopeAround(el)
	if err != nil {
		return nil, err
	}
	if err := c.tree(el, omit, in); err != nil {
		return nil, err
	}
	return c.out, nil
}

// scopeAround is what is in scope around el.
func scopeAround(el *etree.Element) (*scope, error) {
	parent := el.Parent()
	if parent == nil {
		return new(scope), nil
	}
	in, err := scopeAround(parent)
	if err != nil {
		return nil, err
	}
	return in, in.enter(parent.Attr)
}

// tree writes el. Comments and the like have no place in what is signed here.
func (c *canon) tree(el, omit *etree.Element, in *scope) error {
	if err := in.enter(el.Attr); err != nil {
		return err
	}
	t := token{space: el.Space, name: el.Tag, attrs: el.Attr}
	if err := checkValues(el.Attr); err != nil {
		return err
	}
	if err := c.start(&t, in); err != nil {
		return err
	}
	for _, child := range el.Child {
		if child == etree.Token(omit) {
			continue
		}
		if err := c.child(child, omit, in); err != nil {
			return err
		}
	}
	in.close()
	return c.end(&t)
}

func (c *canon) child(child etree.Token, omit *etree.Element, in *scope) error {
	switch child := child.(type) {
	case *etree.Element:
		return c.tree(child, omit, in)
	case *etree.CharData:
		if err := checkCharacters(child.Data); err != nil {
			return err
		}
		return c.text(child.Data)
	}
	return malformed("neither an element nor text")
}

func checkValues(attrs []etree.Attr) error {
	for i := range attrs {
		if err := checkCharacters(attrs[i].Value); err != nil {
			return err
		}
	}
	return nil
}
