// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"net/url"
	"strings"
)

// view is what a template sees: {{.Page.Name}}, {{.Lang}}, {{.Person}} …
type view struct {
	Frame
	Page      Page
	Languages []languageLink
	Colour    string // path of the stylesheet with the collective's colour; empty: Clau's own
	Logo      string // path of the collective's logo; empty: Clau's mark
}

// languageLink leads to this page in another language.
type languageLink struct {
	Language
	URL    string
	Chosen bool
}

func (t *Themes) view(f Frame, p Page) *view {
	v := &view{Frame: f, Page: p, Languages: t.languageLinks(f)}
	if c, ok := parseColour(f.Branding.Colour); ok {
		v.Colour = t.assets.path("colour/" + c.hex() + ".css")
	}
	if local(f.Branding.Logo) {
		v.Logo = f.Branding.Logo
	}
	return v
}

// languageLinks works without JavaScript and without a form: ui_locales on the
// page's own address.
func (t *Themes) languageLinks(f Frame) []languageLink {
	here, err := url.Parse(f.Here)
	if err != nil || !local(f.Here) {
		return nil
	}
	query := here.Query()
	query.Del("ui_locales")
	before := here.EscapedPath() + "?" + query.Encode()
	if len(query) > 0 {
		before += "&"
	}
	links := make([]languageLink, len(t.matcher.languages))
	for i, l := range t.matcher.languages {
		links[i] = languageLink{Language: l, URL: before + "ui_locales=" + l.Tag, Chosen: l.Tag == f.Lang}
	}
	return links
}

// link returns an address that may stand in a page: http, https, or a path of
// this origin. Anything else ("javascript:", "data:", "//elsewhere") is empty,
// and templates show nothing that leads to it.
func link(address string) string {
	if local(address) {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return address
}

// mailto returns the address of a letter to somebody. What is no plain mail
// address is empty: a "mailto:" can bring its own recipients and words
// (RFC 6068 section 2).
func mailto(address string) string {
	name, domain, found := strings.Cut(address, "@")
	odd := func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-", c)
	}
	if !found || name == "" || domain == "" || strings.ContainsFunc(name+domain, odd) {
		return ""
	}
	return "mailto:" + address
}

// local reports whether an address is a path of this origin. Browsers read
// "\" as "/" and drop tabs and line ends, so "/\elsewhere" is not local.
func local(address string) bool {
	return strings.HasPrefix(address, "/") &&
		!strings.HasPrefix(address, "//") &&
		!strings.ContainsAny(address, "\\\t\r\n")
}

// host returns whom an address leads to, for people to read.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
