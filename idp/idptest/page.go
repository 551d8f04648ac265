// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"strings"

	"golang.org/x/net/html"
)

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func setAttr(n *html.Node, name, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

func byID(page *html.Node, id string) *html.Node {
	id = strings.TrimPrefix(id, "#")
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") == id {
			return n
		}
	}
	return nil
}

// write replaces what stands in a node.
func write(n *html.Node, text string) {
	for n.FirstChild != nil {
		n.RemoveChild(n.FirstChild)
	}
	n.AppendChild(&html.Node{Type: html.TextNode, Data: text})
}

func choose(list *html.Node, value string) {
	for n := range list.Descendants() {
		if n.Data != "option" {
			continue
		}
		n.Attr = without(n.Attr, "selected")
		if attr(n, "value") == value || words(n) == value {
			setAttr(n, "selected", "")
		}
	}
}

func without(attrs []html.Attribute, name string) []html.Attribute {
	var kept []html.Attribute
	for _, a := range attrs {
		if a.Key != name {
			kept = append(kept, a)
		}
	}
	return kept
}

func chosen(list *html.Node) string {
	first, found := "", false
	for n := range list.Descendants() {
		if n.Data != "option" {
			continue
		}
		if hasAttr(n, "selected") {
			return attr(n, "value")
		}
		if !found {
			first, found = attr(n, "value"), true
		}
	}
	return first
}

// readable is the text that a person can read below a node.
func readable(n *html.Node) string {
	var b strings.Builder
	collect(&b, n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func collect(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	if n.Type == html.ElementNode {
		if hasAttr(n, "hidden") {
			return
		}
		switch n.Data {
		case "head", "script", "style", "template":
			return
		case "span", "a", "b", "i", "em", "strong", "code", "small":
		default:
			b.WriteByte(' ')
		}
	}
	for c := range n.ChildNodes() {
		collect(b, c)
	}
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
