// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// What people and services may try to paste into a name, a title, an address.
func hostile() []string {
	return []string{
		`"><script>alert(1)</script>`,
		`'><img src=x onerror=alert(1)>`,
		`</title><script>alert(1)</script>`,
		`</style></script></textarea><svg onload=alert(1)>`,
		`" onmouseover="alert(1)" style="x`,
		`{{.Page}} {service} {person}`,
		`javascript:alert(1)`, `JaVaScRiPt:alert(1)`, " javascript:alert(1)", "java\tscript:alert(1)",
		`data:text/html,<script>alert(1)</script>`, `vbscript:x`,
		`//elsewhere.example/x`, `/\elsewhere.example`, "/\t/elsewhere.example", `https:elsewhere`, `https://`,
		"#123456;background:url(//elsewhere.example)",
	}
}

// Every string of every page and of its frame, filled with each of them: the
// page must keep the elements and attributes that it has with harmless text,
// and nothing of it may run, be fetched, or be followed.
func TestPastedMarkupStaysText(t *testing.T) {
	all := newThemes(t)
	for _, p := range every() {
		t.Run(p.page(), func(t *testing.T) {
			for _, evil := range hostile() {
				frame := Frame{Lang: "ca", Here: evil, Person: evil, Reference: evil, Branding: Branding{evil, evil, evil}}
				d := parsePage(t, render(t, all, frame, filledWith(p, evil)))
				for _, n := range d.elements {
					checkHarmless(t, n, evil)
				}
			}
		})
	}
}

func filledWith(p Page, text string) Page {
	v := reflect.New(reflect.TypeOf(p)).Elem()
	fillFields(v, text)
	return v.Interface().(Page)
}

func checkHarmless(t *testing.T, n *html.Node, evil string) {
	t.Helper()
	checkInline(t, n)
	checkFetched(t, n)
	known := []string{
		"html", "head", "meta", "title", "link", "body", "header", "main", "footer", "nav", "section", "div", "p", "span",
		"h1", "h2", "h3", "ul", "li", "dl", "dt", "dd", "code", "a", "img", "svg", "path", "form", "input", "label", "button",
		"select", "option", "details", "summary", "article", "script", "fieldset", "legend", "textarea", "blockquote", "ol",
		"table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "pre",
	}
	if !slices.Contains(known, n.Data) {
		t.Errorf("%q became <%s>", evil, n.Data)
	}
	for _, key := range []string{"href", "action", "formaction"} {
		address := attr(n, key)
		if address == "" || address == "#ZgotmplZ" || strings.HasPrefix(address, "#") {
			continue
		}
		// An action is the handler's own address; there html/template alone keeps watch.
		if link(address) == "" && (key != "action" || strings.Contains(address, ":") && !strings.HasPrefix(address, "https:")) {
			t.Errorf("%q became <%s %s=%q>", evil, n.Data, key, address)
		}
	}
}

func TestOnlyWebAddressesAreLinks(t *testing.T) {
	good := []string{"/", "/login?x=1", "https://a.example", "http://a.example/b?c#d"}
	for _, address := range good {
		if link(address) != address {
			t.Errorf("%q is refused", address)
		}
	}
	bad := []string{"", "login", "a.example/x", "mailto:a@b.example", "ftp://a.example", "https://%zz", "org.app:/done", "/a\r\nb"}
	for _, address := range append(bad, hostile()...) {
		if link(address) != "" {
			t.Errorf("%q is a link", address)
		}
	}
}

func FuzzLink(f *testing.F) {
	for _, address := range hostile() {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got := strings.ToLower(link(address))
		if got == "" {
			return
		}
		if strings.HasPrefix(got, "//") || strings.HasPrefix(got, `/\`) {
			t.Errorf("%q leads elsewhere and looks local", address)
		}
		if got[0] != '/' && !strings.HasPrefix(got, "http://") && !strings.HasPrefix(got, "https://") {
			t.Errorf("%q is a link", address)
		}
	})
}
