// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// canon writes tags and text in the exclusive canonical form (Exclusive XML
// Canonicalization 1.0): the octets that signatures are over. It writes what it
// is given, step by step, so that a document of 100 MB is digested without being
// held twice.
type canon struct {
	out  []byte
	max  int          // of out; more is ErrTooLarge. 0: any length, of what is our own
	sink func([]byte) // takes out whenever it is long; nil: out keeps all

	// inclusive are prefixes that are declared where they are in scope and not
	// only where they are used (InclusiveNamespaces, section 2.1).
	inclusive []string
	// whole says that all prefixes are inclusive: the form in which an element
	// goes on the wire, where values like xs:string need their prefix too.
	whole bool

	rendered scope // what the output declares
	prefixes []string
	sorted   []attribute
}

type attribute struct {
	uri string
	*etree.Attr
}

const flushAt = 32 << 10

// maxCanonical is how long the canonical form of a tree of others may become. It can be
// many times the document: a long namespace is written again at every element
// that uses it below one that does not.
const maxCanonical = 8 << 20

// start writes a start tag. in is the document's scope, with the tag's own
// declarations in it.
func (c *canon) start(t *token, in *scope) error {
	c.rendered.open()
	c.out = append(c.out, '<')
	c.name(t.space, t.name)
	for _, prefix := range c.used(t, in) {
		if err := c.declare(prefix, in); err != nil {
			return err
		}
	}
	if err := c.attributes(t, in); err != nil {
		return err
	}
	c.out = append(c.out, '>')
	return c.flush()
}

func (c *canon) end(t *token) error {
	c.out = append(c.out, "</"...)
	c.name(t.space, t.name)
	c.out = append(c.out, '>')
	c.rendered.close()
	return c.flush()
}

func (c *canon) text(data string) error {
	c.escape(data, "&<>\r")
	return c.flush()
}

// flush hands long output on.
func (c *canon) flush() error {
	if c.sink == nil {
		if c.max > 0 && len(c.out) > c.max {
			return ErrTooLarge
		}
		return nil
	}
	if len(c.out) >= flushAt {
		c.sink(c.out)
		c.out = c.out[:0]
	}
	return nil
}

// close hands on what is left.
func (c *canon) close() {
	if c.sink != nil {
		c.sink(c.out)
		c.out = nil
	}
}

func (c *canon) name(space, name string) {
	if space != "" {
		c.out = append(c.out, space...)
		c.out = append(c.out, ':')
	}
	c.out = append(c.out, name...)
}

// used are the prefixes that a tag may have to declare, in canonical order.
func (c *canon) used(t *token, in *scope) []string {
	used := append(c.prefixes[:0], t.space)
	for i := range t.attrs {
		if a := &t.attrs[i]; a.Space != "" && !isDeclaration(a) {
			used = append(used, a.Space)
		}
	}
	for _, prefix := range c.inclusive {
		if _, ok := in.lookup(prefix); ok {
			used = append(used, prefix)
		}
	}
	if c.whole {
		for _, b := range c.news(in) {
			used = append(used, b.prefix)
		}
	}
	slices.Sort(used)
	c.prefixes = slices.Compact(used)
	return c.prefixes
}

// news are the declarations that whole output has not seen: all that are in
// scope at the first element, and each element's own afterwards.
func (c *canon) news(in *scope) []binding {
	if len(c.rendered.marks) == 1 {
		return in.bindings
	}
	return in.own()
}

// declare writes the declaration of prefix, unless the output has it already.
func (c *canon) declare(prefix string, in *scope) error {
	uri, ok := in.lookup(prefix)
	if !ok {
		return malformed("a prefix is not declared")
	}
	if known, ok := c.rendered.lookup(prefix); ok && known == uri {
		return nil
	}
	c.rendered.bind(prefix, uri)
	c.out = append(c.out, " xmlns"...)
	if prefix != "" {
		c.out = append(c.out, ':')
		c.out = append(c.out, prefix...)
	}
	c.value(uri)
	return nil
}

// attributes writes the attributes that are not declarations, in the order of
// their namespaces and names.
func (c *canon) attributes(t *token, in *scope) error {
	c.sorted = c.sorted[:0]
	for i := range t.attrs {
		a := &t.attrs[i]
		if isDeclaration(a) {
			continue
		}
		uri, ok := in.attribute(a)
		if !ok {
			return malformed("a prefix is not declared")
		}
		c.sorted = append(c.sorted, attribute{uri, a})
	}
	slices.SortFunc(c.sorted, func(a, b attribute) int {
		if order := strings.Compare(a.uri, b.uri); order != 0 {
			return order
		}
		return strings.Compare(a.Key, b.Key)
	})
	for _, a := range c.sorted {
		c.out = append(c.out, ' ')
		c.name(a.Space, a.Key)
		c.value(a.Value)
	}
	return nil
}

func (c *canon) value(value string) {
	c.out = append(c.out, `="`...)
	c.escape(value, "&<\"\t\n\r")
	c.out = append(c.out, '"')
}

// escape writes data with the characters of special as references.
func (c *canon) escape(data, special string) {
	for {
		i := strings.IndexAny(data, special)
		if i < 0 {
			c.out = append(c.out, data...)
			return
		}
		c.out = append(c.out, data[:i]...)
		c.out = append(c.out, escaped(data[i])...)
		data = data[i+1:]
	}
}

func escaped(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	}
	return "&#xD;"
}
