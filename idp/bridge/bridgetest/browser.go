// SPDX-License-Identifier: AGPL-3.0-or-later

package bridgetest

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// errFormAction is what a browser says when a form ends where its page does not
// let it.
var errFormAction = errors.New("blocked by form-action")

// Browser is a person's. It follows redirects, keeps cookies, and holds every
// redirect behind a form against the form-action of the page that had it
// (CSP Level 3 section 6.4.2), as Chrome does.
type Browser struct {
	w      *World
	client *http.Client
	policy []string // sources of the form under way; nil: none is
	Seen   []string // addresses, in the order they were gone to
}

// Browser returns a fresh one.
func (w *World) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	w.Must(err)
	b := &Browser{w: w}
	b.client = &http.Client{Jar: jar, Transport: w, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		b.Seen = append(b.Seen, r.URL.String())
		if len(via) > 10 {
			return errors.New("too many redirects")
		}
		return b.mayGo(r.URL)
	}}
	return b
}

func (b *Browser) mayGo(to *url.URL) error {
	if b.policy == nil {
		return nil
	}
	for _, source := range b.policy {
		if source == to.Scheme+"://"+to.Host || source == to.Scheme+":" {
			return nil
		}
	}
	return errFormAction
}

// Page is what a browser shows.
type Page struct {
	b      *Browser
	Status int
	URL    *url.URL
	Header http.Header
	Body   string
	Forms  []*Form
}

// Form is one of a page's, as it stands before anybody touches it.
type Form struct {
	Method, Action string
	Fields         url.Values // hidden, ticked and filled in
	Boxes          url.Values // what could be ticked
}

// Go opens an address.
func (b *Browser) Go(address string) *Page {
	b.w.T.Helper()
	b.policy = nil
	r, err := http.NewRequest(http.MethodGet, address, nil)
	b.w.Must(err)
	return b.send(r)
}

func (b *Browser) send(r *http.Request) *Page {
	b.w.T.Helper()
	b.Seen = append(b.Seen, r.URL.String())
	r.Header.Set("Accept-Language", "en")
	answer, err := b.client.Do(r)
	if errors.Is(err, errFormAction) {
		b.w.T.Fatalf("%v: %v allows no way to %s", err, b.policy, b.Seen[len(b.Seen)-1])
	}
	b.w.Must(err)
	body, err := io.ReadAll(answer.Body)
	b.w.Must(err)
	p := &Page{b: b, Status: answer.StatusCode, URL: answer.Request.URL, Header: answer.Header, Body: string(body)}
	p.read()
	return p
}

func (p *Page) read() {
	doc, err := html.Parse(strings.NewReader(p.Body))
	p.b.w.Must(err)
	for n := range doc.Descendants() {
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
		}
		if n.Type == html.ElementNode && n.Data == "form" {
			p.Forms = append(p.Forms, &Form{Method: strings.ToUpper(at["method"]), Action: at["action"], Fields: url.Values{}, Boxes: url.Values{}})
		}
		_, disabled := at["disabled"]
		if n.Data != "input" || disabled || len(p.Forms) == 0 {
			continue
		}
		form := p.Forms[len(p.Forms)-1]
		_, ticked := at["checked"]
		switch at["type"] {
		case "checkbox", "radio":
			form.Boxes.Add(at["name"], at["value"])
			if ticked {
				form.Fields.Add(at["name"], at["value"])
			}
		case "hidden", "text":
			form.Fields.Add(at["name"], at["value"])
		}
	}
}

// form is the one that a person would fill in: not the page's choice of language.
func (p *Page) form() *Form {
	p.b.w.T.Helper()
	for _, f := range p.Forms {
		if f.Method == http.MethodPost || !strings.HasPrefix(f.Action, "/") {
			return f
		}
	}
	p.b.w.T.Fatalf("no form at %s (%d): %.400s", p.URL, p.Status, p.Body)
	return nil
}

// Submit fills in the form by pairs of name and value, and sends it.
func (p *Page) Submit(pairs ...string) *Page {
	p.b.w.T.Helper()
	form := p.form()
	for i := 0; i < len(pairs); i += 2 {
		form.Fields.Set(pairs[i], pairs[i+1])
	}
	to, err := p.URL.Parse(form.Action)
	p.b.w.Must(err)
	var body io.Reader
	if form.Method == http.MethodPost {
		body = strings.NewReader(form.Fields.Encode())
	} else {
		to.RawQuery = form.Fields.Encode()
	}
	r, err := http.NewRequest(form.Method, to.String(), body)
	p.b.w.Must(err)
	if form.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	p.b.policy = formAction(p.URL, p.Header.Get("Content-Security-Policy"))
	if err := p.b.mayGo(to); err != nil {
		p.b.w.T.Fatalf("%v: %s", err, to)
	}
	return p.b.send(r)
}

// formAction is where the forms of a page may end.
func formAction(page *url.URL, policy string) []string {
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 || words[0] != "form-action" {
			continue
		}
		for i, word := range words {
			if word == "'self'" {
				words[i] = page.Scheme + "://" + page.Host
			}
		}
		return words[1:]
	}
	return nil
}

// At fails unless the page is the one of a path.
func (p *Page) At(path string) *Page {
	p.b.w.T.Helper()
	if p.URL.Path != path {
		p.b.w.T.Fatalf("at %s (%d), want %s: %.600s", p.URL, p.Status, path, p.Body)
	}
	return p
}

// LogIn fills in the log-in page.
func (p *Page) LogIn(name string) *Page {
	p.b.w.T.Helper()
	return p.At("/login").Submit("username", name, "password", Password)
}

// Allow agrees to all that the consent page asks for, but to what is named.
func (p *Page) Allow(but ...string) *Page {
	p.b.w.T.Helper()
	form := p.At("/login/consent").form()
	for _, name := range []string{"allow", "group"} {
		ticked := append(form.Fields[name], form.Boxes[name]...)
		slices.Sort(ticked)
		form.Fields[name] = slices.DeleteFunc(slices.Compact(ticked), func(one string) bool { return slices.Contains(but, one) })
	}
	return p.Submit("answer", "allow")
}

// Cookies are those that the browser would send to an address.
func (b *Browser) Cookies(address string) []*http.Cookie {
	u, err := url.Parse(address)
	b.w.Must(err)
	return b.client.Jar.Cookies(u)
}
