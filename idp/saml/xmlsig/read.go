// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"strings"

	"github.com/beevik/etree"
)

// Is reports whether el is the element {ns}name. A nil el is none.
//
// The readers here ask for the namespace always, because those that do not let
// an element of a stranger's namespace stand in for the one of SAML.
func Is(el *etree.Element, ns, name string) bool {
	return el != nil && el.Tag == name && el.NamespaceURI() == ns
}

// Child returns the only child {ns}name of el, or nil if there is none or more
// than one: which of two would be meant is for the sender to say, not to guess.
func Child(el *etree.Element, ns, name string) *etree.Element {
	found := Children(el, ns, name)
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// Children are the children {ns}name of el, in their order.
func Children(el *etree.Element, ns, name string) []*etree.Element {
	if el == nil {
		return nil
	}
	var found []*etree.Element
	for child := range el.ChildElementsSeq() {
		if Is(child, ns, name) {
			found = append(found, child)
		}
	}
	return found
}

// Attr returns the attribute name of el that has no namespace, and whether it
// is there. An e:ID of somebody else's namespace is not the ID.
func Attr(el *etree.Element, name string) (string, bool) {
	return AttrNS(el, "", name)
}

// AttrNS returns the attribute {ns}name of el, and whether it is there.
func AttrNS(el *etree.Element, ns, name string) (string, bool) {
	if el == nil {
		return "", false
	}
	for i := range el.Attr {
		a := &el.Attr[i]
		if a.Key == name && !isDeclaration(a) && attrNamespace(el, a) == ns {
			return a.Value, true
		}
	}
	return "", false
}

// Text is all character data that stands directly in el, without the white
// space around it.
func Text(el *etree.Element) string {
	if el == nil {
		return ""
	}
	var text strings.Builder
	for _, token := range el.Child {
		if data, ok := token.(*etree.CharData); ok {
			text.WriteString(data.Data)
		}
	}
	return strings.TrimSpace(text.String())
}

// isDeclaration reports whether a declares a namespace.
func isDeclaration(a *etree.Attr) bool {
	return a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns"
}

// attrNamespace is the namespace of an attribute of el. The default namespace
// is not for attributes (Namespaces in XML 1.0, section 6.2).
func attrNamespace(el *etree.Element, a *etree.Attr) string {
	if a.Space == "" {
		return ""
	}
	return lookup(el, a.Space)
}

// lookup is the namespace that prefix stands for in el, "" if for none.
func lookup(el *etree.Element, prefix string) string {
	if prefix == "xml" {
		return nsXML
	}
	for ; el != nil; el = el.Parent() {
		for i := range el.Attr {
			a := &el.Attr[i]
			if isDeclaration(a) && declared(a) == prefix {
				return a.Value
			}
		}
	}
	return ""
}

// declared is the prefix that a namespace declaration is for, "" for the default.
func declared(a *etree.Attr) string {
	if a.Space == "" {
		return ""
	}
	return a.Key
}
