// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// Plain is a [Browser] without scripts that a test can look into: it keeps
// cookies, follows redirects, fills in forms, and says what a server answered.
type Plain struct {
	// Client carries the requests; its jar holds the cookies.
	Client *http.Client

	// Language is what the browser asks for (Accept-Language).
	Language string

	// From is the address that a proxy says the browser has; empty: no proxy.
	From string

	// Status, Header and Body are those of the last page.
	Status int
	Header http.Header
	Body   string

	// Hops are the addresses that the last step went through, the page's own last.
	Hops []string

	// Answers are those of the redirects on the way there.
	Answers []*http.Response

	t     testing.TB
	here  *url.URL
	page  *html.Node
	catch string
}

var _ Browser = (*Plain)(nil)

// errCaught stops the client before it follows a redirect that is waited for.
var errCaught = errors.New("caught")

// NewBrowser returns a fresh browser with an empty jar.
func NewBrowser(t testing.TB) *Plain {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &Plain{t: t, Language: "en", here: &url.URL{}, page: &html.Node{Type: html.DocumentNode}}
	b.Client = &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: b.redirected,
		Transport: &http.Transport{DialContext: FromElsewhere().DialContext, MaxIdleConnsPerHost: 4}}
	t.Cleanup(b.Client.CloseIdleConnections)
	return b
}

// Trust makes the browser believe certificates of the authorities.
func (b *Plain) Trust(roots *x509.CertPool) {
	b.Client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
}

// Catch makes the browser stop before any address that begins so, as a native
// application does that waits for its answer: [Plain.Address] then is the whole
// of it. Empty: nothing is caught.
func (b *Plain) Catch(prefix string) { b.catch = prefix }

func (b *Plain) redirected(r *http.Request, via []*http.Request) error {
	b.Hops = append(b.Hops, r.URL.String())
	b.Answers = append(b.Answers, r.Response)
	switch {
	case b.catch != "" && strings.HasPrefix(r.URL.String(), b.catch):
		return errCaught
	case len(via) > 12:
		return fmt.Errorf("redirected %d times: %s", len(via), strings.Join(b.Hops, " "))
	}
	return nil
}

// Open goes to an address.
func (b *Plain) Open(address string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatalf("open %s: %v", address, err)
	}
	r.Header.Set("Sec-Fetch-Site", "none")
	b.Send(r)
}

// Send sends a request of the test's own making with the browser's cookies, and
// shows what comes back.
func (b *Plain) Send(r *http.Request) {
	b.t.Helper()
	if err := b.TrySend(r); err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
}

// TrySend is Send where the server may be down.
func (b *Plain) TrySend(r *http.Request) error {
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	r.Header.Set("Accept-Language", b.Language)
	if b.From != "" {
		r.Header.Set("X-Forwarded-For", b.From)
	}
	b.Hops, b.Answers = []string{r.URL.String()}, nil
	answer, err := b.Client.Do(r)
	if errors.Is(err, errCaught) {
		return b.show(answer, "")
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if err != nil {
		return err
	}
	return b.show(answer, string(text))
}

func (b *Plain) show(answer *http.Response, body string) error {
	here, err := url.Parse(b.Hops[len(b.Hops)-1])
	if err != nil {
		return err
	}
	page, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return err
	}
	b.here, b.page, b.Body = here, page, body
	b.Status, b.Header = answer.StatusCode, answer.Header
	return nil
}

// Fill writes into a field.
func (b *Plain) Fill(id, text string) {
	b.t.Helper()
	field := b.element(id)
	switch field.Data {
	case "input":
		setAttr(field, "value", text)
	case "select":
		choose(field, text)
	case "textarea":
		write(field, text)
	default:
		b.t.Fatalf("%s at %s is a <%s> and cannot be filled", id, b.here, field.Data)
	}
}

// Tick clicks on a box or a radio button.
func (b *Plain) Tick(id string) {
	b.t.Helper()
	field := b.element(id)
	switch ticked := hasAttr(field, "checked"); {
	case attr(field, "type") == "radio":
		b.unchoose(field)
		setAttr(field, "checked", "")
	case attr(field, "type") != "checkbox":
		b.t.Fatalf("%s at %s is nothing to tick", id, b.here)
	case ticked:
		field.Attr = without(field.Attr, "checked")
	default:
		setAttr(field, "checked", "")
	}
}

// unchoose lets go of the other radio buttons of the group.
func (b *Plain) unchoose(one *html.Node) {
	for n := range b.page.Descendants() {
		if n.Data == "input" && attr(n, "type") == "radio" && attr(n, "name") == attr(one, "name") && b.formOf(n) == b.formOf(one) {
			n.Attr = without(n.Attr, "checked")
		}
	}
}

// Press presses a button or follows a link.
func (b *Plain) Press(what string) {
	b.t.Helper()
	n := b.pressable(what)
	if n == nil {
		b.t.Fatalf("nothing to press called %q at %s:\n%s", what, b.here, b.Text())
	}
	if n.Data == "a" {
		b.Open(b.Resolve(attr(n, "href")))
		return
	}
	b.Send(b.Submission(n))
}

// Address is where the browser is.
func (b *Plain) Address() string { return b.here.String() }

// Text is what can be read on the page.
func (b *Plain) Text() string { return readable(b.page) }

// Has reports whether the page has the element.
func (b *Plain) Has(id string) bool { return byID(b.page, id) != nil }

// Value is a field's value, or an element's words.
func (b *Plain) Value(id string) string {
	b.t.Helper()
	n := b.element(id)
	if n.Data == "input" {
		return attr(n, "value")
	}
	return readable(n)
}

// Lang is the language that the page says it is in.
func (b *Plain) Lang() string {
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "html" {
			return attr(n, "lang")
		}
	}
	return ""
}

// Cookies are those that the browser would send to an address.
func (b *Plain) Cookies(address string) []*http.Cookie {
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.Client.Jar.Cookies(u)
}

func (b *Plain) element(id string) *html.Node {
	b.t.Helper()
	n := byID(b.page, id)
	if n == nil {
		b.t.Fatalf("no %s at %s:\n%s", id, b.here, b.Text())
	}
	return n
}

// Keep does something and comes back to the page that was open.
func (b *Plain) Keep(do func()) {
	status, header, body, hops, here, page := b.Status, b.Header, b.Body, b.Hops, b.here, b.page
	do()
	b.Status, b.Header, b.Body, b.Hops, b.here, b.page = status, header, body, hops, here, page
}

// Resolve is where a reference on the page leads.
func (b *Plain) Resolve(ref string) string {
	to, err := b.here.Parse(ref)
	if err != nil {
		b.t.Fatalf("address %q at %s: %v", ref, b.here, err)
	}
	return to.String()
}
