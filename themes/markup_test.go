// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Every page is made so that a screen reader, an old browser and a strict
// Content-Security-Policy can all live with it.
func TestMarkup(t *testing.T) {
	all := newThemes(t)
	for _, language := range all.Languages() {
		for _, story := range stories() {
			t.Run(story.name+"."+language.Tag, func(t *testing.T) {
				story.frame.Lang = language.Tag
				page := render(t, all, story.frame, story.page)
				d := parsePage(t, page)
				if _, frames := story.page.(Farewell); frames {
					d.withoutFrames()
				}
				checkMarkup(t, d)
				if strings.Contains(page, "ZgotmplZ") {
					t.Error("a value stands where html/template refuses it")
				}
			})
		}
	}
}

// document is a parsed page: its elements in order.
type document struct {
	elements []*html.Node
	ids      map[string]*html.Node
	twice    []string        // ids that more than one element has
	labels   map[string]bool // ids that a label is for
}

func parsePage(t *testing.T, page string) *document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	d := &document{ids: map[string]*html.Node{}, labels: map[string]bool{}}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		d.elements = append(d.elements, n)
		if id := attr(n, "id"); id != "" {
			if d.ids[id] != nil {
				d.twice = append(d.twice, id)
			}
			d.ids[id] = n
		}
		if n.Data == "label" {
			d.labels[attr(n, "for")] = true
		}
	}
	return d
}

// withoutFrames passes over the frames of the one page that has some: they are
// of services, and each has a title and a sandbox.
func (d *document) withoutFrames() {
	d.elements = slices.DeleteFunc(d.elements, func(n *html.Node) bool {
		return n.Data == "iframe" && attr(n, "title") != "" && has(n, "sandbox")
	})
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func textOf(n *html.Node) string {
	var out strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			out.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(out.String())
}

func checkMarkup(t *testing.T, d *document) {
	t.Helper()
	for _, id := range d.twice {
		t.Errorf("id %q twice", id)
	}
	count := map[string]int{}
	for _, n := range d.elements {
		count[n.Data]++
		checkInline(t, n)
		checkFetched(t, n)
		d.checkNamed(t, n)
		d.checkReferences(t, n)
	}
	for _, landmark := range []string{"main", "header", "footer", "h1", "title"} {
		if count[landmark] != 1 {
			t.Errorf("%d <%s>, want one", count[landmark], landmark)
		}
	}
	checkHeadings(t, d)
	if attr(d.elements[0], "lang") == "" {
		t.Error("the page does not say its language")
	}
}

// checkInline refuses what style-src 'self' and script-src 'none' refuse.
func checkInline(t *testing.T, n *html.Node) {
	t.Helper()
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
		}
	}
	switch n.Data {
	case "style", "iframe", "object", "embed", "base":
		t.Errorf("<%s> in a page", n.Data)
	case "script":
		if textOf(n) != formPostScript || has(n, "src") {
			t.Errorf("a script: %s", textOf(n))
		}
	}
}

// checkFetched refuses what a browser would fetch from elsewhere. Links that
// people may follow and forms that they send may lead away.
func checkFetched(t *testing.T, n *html.Node) {
	t.Helper()
	fetched := attr(n, "src")
	if n.Data == "link" {
		fetched = attr(n, "href")
	}
	if fetched != "" && !local(fetched) {
		t.Errorf("<%s> fetches %s", n.Data, fetched)
	}
}

// checkNamed wants a name for everything that can be operated or looked at.
func (d *document) checkNamed(t *testing.T, n *html.Node) {
	t.Helper()
	switch n.Data {
	case "input", "select", "textarea":
		hidden := attr(n, "type") == "hidden" || has(n, "hidden")
		if !hidden && !d.labels[attr(n, "id")] {
			t.Errorf("no label for <%s name=%q>", n.Data, attr(n, "name"))
		}
	case "button", "a", "summary", "h1", "h2", "title", "label", "legend", "option":
		if textOf(n) == "" {
			t.Errorf("<%s> without text", n.Data)
		}
	case "img":
		if !has(n, "alt") {
			t.Error("<img> without alt")
		}
	case "form":
		looks := attr(n, "method") == "get" && attr(n, "role") == "search" // changes nothing
		if attr(n, "method") != "post" && !looks || attr(n, "action") == "" {
			t.Errorf("a form with method %q to %q", attr(n, "method"), attr(n, "action"))
		}
	}
}

func (d *document) checkReferences(t *testing.T, n *html.Node) {
	t.Helper()
	for _, key := range []string{"for", "aria-describedby", "aria-labelledby"} {
		for _, id := range strings.Fields(attr(n, key)) {
			if d.ids[id] == nil {
				t.Errorf("<%s %s=%q> names nothing", n.Data, key, id)
			}
		}
	}
	if target, found := strings.CutPrefix(attr(n, "href"), "#"); found && d.ids[target] == nil {
		t.Errorf("a link to #%s, which is not there", target)
	}
}

// checkHeadings wants no level left out.
func checkHeadings(t *testing.T, d *document) {
	t.Helper()
	last := byte('0')
	for _, n := range d.elements {
		if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			continue
		}
		if n.Data[1] > last+1 {
			t.Errorf("<%s> after <h%c>", n.Data, last)
		}
		last = n.Data[1]
	}
}

// Programs that fill forms rely on these (desktop clients, tests, scripts).
func TestStableElements(t *testing.T) {
	all := newThemes(t)
	tests := []struct {
		page Page
		want map[string]string // id: name
	}{
		{Login{Action: "/login"}, map[string]string{"username": "username", "password": "password", "login": ""}},
		{ChangePassword{Action: "/x"}, map[string]string{"password": "password", "password-again": "password-again", "change": ""}},
		{ConfirmLogout{Action: "/x"}, map[string]string{"logout-confirm": ""}},
		{Account{LogoutAction: "/x"}, map[string]string{"logout": "", "logout-everywhere": "everywhere"}},
		{Account{}, map[string]string{"my-services": ""}},
		{martaProfile(), map[string]string{"name": "name", "given-name": "given-name", "language": "language", "save": ""}},
		{waitingAddress(), map[string]string{"mail": "mail", "current": "current", "save": "", "code": "code", "prove": "", "again": "", "forget": ""}},
		{MyPassword{Action: "/x"}, map[string]string{"current": "current", "password": "password", "password-again": "password-again", "change": ""}},
		{EraseAccount{Action: "/x"}, map[string]string{"current": "current", "erase": ""}},
		{Recover{Action: "/x"}, map[string]string{"username": "username", "send": ""}},
		{RecoverCode{Action: "/x"}, map[string]string{"username": "username", "code": "code", "password": "password", "change": ""}},
		{firstConsent(), map[string]string{"consent-allow": "answer", "consent-deny": "answer", "allow-email": "allow", "appear-pseudonym": "appear", "pseudonym": "pseudonym", "group-bressola": "group"}},
		{heldService(), map[string]string{"service-stop": "", "service-ask": "", "service-renew": "", "confirm": "confirm"}},
		{paperReceipt(), map[string]string{"receipt-json": "", "receipt-jws": "", "receipt": ""}},
		{bressolaPolicy(), map[string]string{"policy-preview": "do", "policy-save": "do", "remember": "remember", "rule.email.need": "rule.email.need", "service.agora.minutes": "service.agora.minutes"}},
		{markRequest(), map[string]string{"request-accept": "do", "request-ask": "do", "question": "question", "request-pass": "do", "to": "to", "request-refuse": "do", "reason": "reason"}},
		{Members{Manage: manageStory("members")}, map[string]string{"q": "q", "members-search": ""}},
		{joanCard(), map[string]string{"member-reset": "do", "member-suspend": "do", "suspend-reason": "suspend-reason", "suspend-until": "suspend-until", "member-appoint": "do", "member-keep": "do", "member-expel": "do", "expel-reason": "expel-reason"}},
		{bressolaInvitations(), map[string]string{"invite-mail": "do", "mail": "mail", "invite-link": "do", "uses": "uses", "invitation-link": ""}},
		{nuvolDoor(), map[string]string{"access-admit": "do", "login": "login", "role": "role"}},
		{bressolaSettings(), map[string]string{"settings-save": "do", "title": "title", "logo": "logo", "logo-save": "do", "logo-remove": "do", "two.accepting": "two.accepting"}},
		{Error{Code: "busy"}, map[string]string{"error-code": ""}},
	}
	for _, test := range tests {
		d := parsePage(t, render(t, all, Frame{}, test.page))
		for id, name := range test.want {
			if d.ids[id] == nil || attr(d.ids[id], "name") != name {
				t.Errorf("%s: no #%s with name %q", test.page.page(), id, name)
			}
		}
	}
	d := parsePage(t, render(t, all, Frame{Reference: "7F3K"}, Error{Code: "busy"}))
	if textOf(d.ids["error-code"]) != "busy" || textOf(d.ids["error-reference"]) != "7F3K" {
		t.Error("code and reference must stand alone in their elements")
	}
}

// Password managers go by these (HTML section 4.10.18.7, WCAG 2.2 1.3.5).
func TestAutocomplete(t *testing.T) {
	all := newThemes(t)
	login := parsePage(t, render(t, all, Frame{}, Login{Action: "/login"}))
	change := parsePage(t, render(t, all, Frame{}, ChangePassword{Action: "/x", Name: "marta"}))
	tests := []struct {
		n    *html.Node
		want string
	}{
		{login.ids["username"], "username"}, {login.ids["password"], "current-password"},
		{change.ids["password"], "new-password"}, {change.ids["password-again"], "new-password"},
	}
	for _, test := range tests {
		if got := attr(test.n, "autocomplete"); got != test.want {
			t.Errorf("#%s: autocomplete %q, want %q", attr(test.n, "id"), got, test.want)
		}
	}
}

func TestAnErrorIsToldToThoseWhoCannotSeeIt(t *testing.T) {
	d := parsePage(t, render(t, newThemes(t), Frame{Lang: "en"}, Login{Action: "/login", Name: "marta", Error: "login.wrong"}))
	if got := attr(d.ids["password"], "aria-describedby"); got != "error" {
		t.Errorf("#password is described by %q", got)
	}
	if got := attr(d.ids["error"], "role"); got != "alert" {
		t.Errorf("#error has the role %q", got)
	}
	for _, n := range d.elements {
		if n.Data == "title" && !strings.HasPrefix(textOf(n), "Error: ") {
			t.Errorf("the title begins %q", textOf(n))
		}
	}
}

func TestAFixedNameStaysInTheForm(t *testing.T) {
	d := parsePage(t, render(t, newThemes(t), Frame{}, Login{Action: "/login", Name: "marta", Fixed: true}))
	if n := d.ids["username"]; !has(n, "readonly") || attr(n, "value") != "marta" {
		t.Error("the name of a re-authentication must be sent and not be changed")
	}
}
