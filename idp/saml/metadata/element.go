// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"encoding/base64"
	"strings"

	"github.com/beevik/etree"
)

// newElement makes an element of names and values of attributes, in turns.
func newElement(name string, attributes ...string) *etree.Element {
	el := etree.NewElement(name)
	for i := 0; i+1 < len(attributes); i += 2 {
		el.CreateAttr(attributes[i], attributes[i+1])
	}
	return el
}

func add(parent *etree.Element, name string, attributes ...string) *etree.Element {
	el := newElement(name, attributes...)
	parent.AddChild(el)
	return el
}

func addText(parent *etree.Element, name, text string, attributes ...string) *etree.Element {
	el := add(parent, name, attributes...)
	el.SetText(text)
	return el
}

// addEndpoint writes an endpoint, if there is one.
func addEndpoint(role *etree.Element, name, binding, location string) {
	if location != "" {
		add(role, name, "Binding", binding, "Location", location)
	}
}

func addKey(role *etree.Element, use string, der []byte) *etree.Element {
	key := add(role, "md:KeyDescriptor", "use", use)
	data := add(add(key, "ds:KeyInfo"), "ds:X509Data")
	addText(data, "ds:X509Certificate", base64.StdEncoding.EncodeToString(der))
	return key
}

// write adds a ContactPerson (saml-metadata-2.0-os section 2.3.2.2).
func (c Contact) write(root *etree.Element) {
	el := add(root, "md:ContactPerson", "contactType", c.Type)
	if c.Type == Security {
		el.CreateAttr("contactType", "other")
		el.CreateAttr("xmlns:remd", nsREMD)
		el.CreateAttr("remd:contactType", "http://refeds.org/metadata/contactType/security")
	}
	for _, part := range [][2]string{{"md:Company", c.Company}, {"md:GivenName", c.Given}, {"md:SurName", c.Surname}} {
		if part[1] != "" {
			addText(el, part[0], part[1])
		}
	}
	for _, mail := range c.Mails {
		addText(el, "md:EmailAddress", "mailto:"+strings.TrimPrefix(mail, "mailto:"))
	}
}
