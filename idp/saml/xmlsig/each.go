// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"iter"

	"github.com/beevik/etree"
)

// Each yields, one after the other, the elements {ns}item that are the root or
// whose ancestors are all {ns}group: the entities of an aggregate, whose groups
// may hold groups. The Parent of each is its group, with the group's attributes
// and without its other children, and so on up to the root.
//
// An element stands below its groups only while it is yielded. Whoever keeps it
// longer keeps its [Bytes], which have the namespaces it took from them.
func (d *Document) Each(ns, group, item string) iter.Seq[*etree.Element] {
	return func(yield func(*etree.Element) bool) {
		s, err := newScanner(d.text, d.limits)
		if err != nil {
			return // Read has seen it, so it cannot be
		}
		w := walk{s: s, ns: ns, group: group, item: item, yield: yield}
		w.run()
	}
}

// walk goes through groups for their items.
type walk struct {
	s               *scanner
	ns, group, item string
	yield           func(*etree.Element) bool
	within          *etree.Element // the innermost group
}

// run ends at the end, or where the caller has enough. The document has been
// read without error before, so there is none to tell.
func (w *walk) run() {
	for {
		t, err := w.s.next()
		if err != nil || t.kind == eof {
			return
		}
		switch t.kind {
		case start:
			if !w.enter(t) {
				return
			}
		case end:
			w.leave()
		}
	}
}

// enter meets an element in a group. It reports whether to go on.
func (w *walk) enter(t token) bool {
	uri, _ := w.s.scope.lookup(t.space)
	if uri == w.ns && t.name == w.group {
		w.below(element(t))
		return true
	}
	if uri != w.ns || t.name != w.item {
		return w.skip() == nil
	}
	el, err := w.s.build(t)
	if err != nil {
		return false
	}
	w.below(el)
	more := w.yield(el)
	w.leave()
	return more
}

// below puts el into the innermost group, and makes it that.
func (w *walk) below(el *etree.Element) {
	if w.within != nil {
		w.within.AddChild(el)
	}
	w.within = el
}

// leave takes the innermost group out of its own.
func (w *walk) leave() {
	inner := w.within
	w.within = inner.Parent()
	inner.Remove()
}

// skip passes over the element whose start tag was read.
func (w *walk) skip() error {
	for depth := 1; depth > 0; {
		t, err := w.s.next()
		if err != nil {
			return err
		}
		switch t.kind {
		case start:
			depth++
		case end:
			depth--
		}
	}
	return nil
}
