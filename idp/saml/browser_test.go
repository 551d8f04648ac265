// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// browser is a person's browser, without scripts. It keeps cookies, and follows
// redirects within Clau.
type browser struct {
	w      *world
	client *http.Client
	away   *http.Client // the same browser on a post from another site: without cookies, and stopping at the redirect
}

// direct carries requests to the handler without a network.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	in := httptest.NewRequest(r.Method, r.URL.String(), r.Body)
	in.Header = r.Header
	in.Host = r.URL.Host
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, in)
	res := rec.Result()
	res.Request = r
	return res, nil
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	stay := func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != "id.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	stop := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{
		w:      w,
		client: &http.Client{Jar: jar, Transport: direct{w.handler}, CheckRedirect: stay},
		away:   &http.Client{Transport: direct{w.handler}, CheckRedirect: stop},
	}
}

// page is what a browser shows.
type page struct {
	b      *browser
	status int
	path   string
	header http.Header
	action string
	form   url.Values
	body   string
}

func (b *browser) get(path string) *page {
	b.w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, issuer+path, nil)
	b.w.must(err)
	r.Header.Set("Accept-Language", "en")
	res, err := b.client.Do(r)
	b.w.must(err)
	return b.read(res)
}

// sso brings a request by redirect.
func (b *browser) sso(query string) *page {
	b.w.t.Helper()
	return b.get("/saml/sso?" + query)
}

// asks brings an unsigned request of a service by redirect.
func (b *browser) asks(s *sp, change ...func(*ask)) *page {
	b.w.t.Helper()
	return b.sso(redirected(s.asks(change...).xml(), ""))
}

// post brings a form from another site, and follows the redirect as a browser
// does: with its cookies.
func (b *browser) post(form url.Values) *page {
	b.w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, ssoAddress, strings.NewReader(form.Encode()))
	b.w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://elsewhere.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := b.away.Do(r)
	b.w.must(err)
	if res.StatusCode != http.StatusSeeOther {
		return b.read(res)
	}
	to, err := res.Location()
	b.w.must(err)
	return b.get(to.RequestURI())
}

func (b *browser) read(res *http.Response) *page {
	b.w.t.Helper()
	raw, err := io.ReadAll(res.Body)
	b.w.must(err)
	p := &page{b: b, status: res.StatusCode, path: res.Request.URL.Path, header: res.Header, body: string(raw), form: url.Values{}}
	doc, err := html.Parse(strings.NewReader(p.body))
	b.w.must(err)
	for n := range doc.Descendants() {
		p.take(n)
	}
	return p
}

// take collects the page's posting form as a browser would send it, with every
// box ticked.
func (p *page) take(n *html.Node) {
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
	}
	_, checked := attr["checked"]
	switch {
	case n.Data == "form" && strings.EqualFold(attr["method"], "post") && p.action == "":
		p.action = attr["action"]
	case n.Data == "input" && (checked || attr["type"] == "hidden" || attr["type"] == "checkbox"):
		p.form.Add(attr["name"], attr["value"])
	}
}

func (p *page) submit(pairs ...string) *page {
	p.b.w.t.Helper()
	if p.action == "" {
		p.b.w.t.Fatalf("no form at %s (%d): %.300s", p.path, p.status, p.body)
	}
	for i := 0; i < len(pairs); i += 2 {
		p.form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, issuer+p.action, strings.NewReader(p.form.Encode()))
	p.b.w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", issuer)
	r.Header.Set("Accept-Language", "en")
	res, err := p.b.client.Do(r)
	p.b.w.must(err)
	return p.b.read(res)
}

// through goes on as somebody who wants to get in: they log in, and agree.
func (p *page) through(handle string) *page {
	p.b.w.t.Helper()
	for range 4 {
		switch p.path {
		case "/login":
			p = p.submit("username", handle, "password", password)
		case "/login/consent":
			p = p.submit("answer", "allow")
		default:
			return p
		}
		if p.form.Has("SAMLResponse") || p.status >= http.StatusBadRequest {
			return p
		}
	}
	return p
}

// at ends the test unless the browser is there.
func (p *page) at(path string) *page {
	p.b.w.t.Helper()
	if p.path != path || p.form.Has("SAMLResponse") {
		p.b.w.t.Fatalf("at %s (%d), want %s: %.300s", p.path, p.status, path, p.body)
	}
	return p
}

// told ends the test unless the person reads an error, and nothing goes anywhere.
func (p *page) told(code string) *page {
	p.b.w.t.Helper()
	if !strings.Contains(p.body, `id="error-code">`+code+`<`) || p.form.Has("SAMLResponse") {
		p.b.w.t.Fatalf("at %s (%d), want the error %s: %.600s", p.path, p.status, code, text(p.body))
	}
	return p
}

// text is what of a page a person reads.
func text(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return page
	}
	var out strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "script" {
			out.WriteString(strings.TrimSpace(n.Data) + " ")
		}
	}
	return out.String()
}

// turnBack follows the link of the closed door back to the service.
func (p *page) turnBack() *page {
	p.b.w.t.Helper()
	return p.b.get(html.UnescapeString(regexp.MustCompile(`/login/cancel\?signon=[^"]+`).FindString(p.body)))
}
