// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Submission is the request that a browser sends when a button is pressed. It
// says what a browser says of its origin, so that defences against posts from
// elsewhere see what they would see.
func (b *Plain) Submission(button *html.Node) *http.Request {
	b.t.Helper()
	form := b.formOf(button)
	if form == nil {
		b.t.Fatalf("a button at %s stands in no form", b.here)
	}
	values := b.Values(form)
	if name := attr(button, "name"); name != "" {
		values.Add(name, attr(button, "value"))
	}
	target := b.Resolve(firstOf(attr(button, "formaction"), attr(form, "action"), b.here.String()))
	if !strings.EqualFold(attr(form, "method"), "post") {
		target, _, _ = strings.Cut(target, "?")
		return b.request(http.MethodGet, target+"?"+values.Encode(), "")
	}
	return b.request(http.MethodPost, target, values.Encode())
}

func (b *Plain) request(method, target, body string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		b.t.Fatalf("submit to %s: %v", target, err)
	}
	r.Header.Set("Sec-Fetch-Site", siteOf(b.here, r.URL))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.origin())
	}
	return r
}

// origin is "null" where the page asked for no referrer (Fetch standard,
// "serializing a request origin").
func (b *Plain) origin() string {
	if b.Header.Get("Referrer-Policy") == "no-referrer" {
		return "null"
	}
	return b.here.Scheme + "://" + b.here.Host
}

func siteOf(from, to *url.URL) string {
	switch {
	case from.Scheme == to.Scheme && from.Host == to.Host:
		return "same-origin"
	case from.Scheme == to.Scheme && from.Hostname() == to.Hostname():
		return "same-site"
	}
	return "cross-site"
}

// Values are the successful controls of a form, without its buttons.
func (b *Plain) Values(form *html.Node) url.Values {
	values := url.Values{}
	for n := range b.page.Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") == "" || b.formOf(n) != form {
			continue
		}
		switch n.Data {
		case "input":
			addInput(values, n)
		case "select":
			values.Add(attr(n, "name"), chosen(n))
		case "textarea":
			values.Add(attr(n, "name"), words(n))
		}
	}
	return values
}

func addInput(values url.Values, n *html.Node) {
	switch strings.ToLower(attr(n, "type")) {
	case "submit", "button", "image", "reset", "file":
	case "checkbox", "radio":
		if hasAttr(n, "checked") {
			values.Add(attr(n, "name"), firstOf(attr(n, "value"), "on"))
		}
	default:
		values.Add(attr(n, "name"), attr(n, "value"))
	}
}

func (b *Plain) formOf(n *html.Node) *html.Node {
	if owner := attr(n, "form"); owner != "" {
		return byID(b.page, "#"+owner)
	}
	for p := range n.Ancestors() {
		if p.Data == "form" {
			return p
		}
	}
	return nil
}

// Forms are the forms of the page.
func (b *Plain) Forms() []*html.Node {
	var found []*html.Node
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" {
			found = append(found, n)
		}
	}
	return found
}

// Button finds a button or link on the page by "#id" or by its words.
func (b *Plain) Button(what string) *html.Node {
	b.t.Helper()
	found := b.pressable(what)
	if found == nil {
		b.t.Fatalf("nothing to press called %q at %s", what, b.here)
	}
	return found
}

// pressable finds a button or link by "#id" or by its words.
func (b *Plain) pressable(what string) *html.Node {
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && canPress(n) && called(n, what) {
			return n
		}
	}
	return nil
}

func canPress(n *html.Node) bool {
	switch n.Data {
	case "button":
		return attr(n, "type") != "button" && attr(n, "type") != "reset"
	case "a":
		return hasAttr(n, "href")
	case "input":
		return attr(n, "type") == "submit"
	}
	return false
}

func called(n *html.Node, what string) bool {
	if strings.HasPrefix(what, "#") {
		return "#"+attr(n, "id") == what
	}
	return readable(n) == what || attr(n, "value") == what && n.Data == "input"
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
