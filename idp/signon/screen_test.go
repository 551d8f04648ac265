// SPDX-License-Identifier: AGPL-3.0-or-later

package signon_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

// screen is the consent screen as somebody has it before them, with the form as
// their browser would send it.
type screen struct {
	*page
	form   url.Values
	boxes  map[string]string // item -> "required", "ticked" or "free"
	folded map[string]bool   // items that were decided before
}

// asked ends the test unless the page is the consent screen.
func (p *page) asked() *screen {
	p.b.w.t.Helper()
	p.at("/login/consent")
	s := &screen{page: p, form: url.Values{}, boxes: map[string]string{}, folded: map[string]bool{}}
	doc, err := html.Parse(strings.NewReader(p.body))
	p.b.w.must(err)
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" {
			s.take(n)
		}
	}
	return s
}

func (s *screen) take(n *html.Node) {
	a := map[string]string{}
	for _, one := range n.Attr {
		a[one.Key] = one.Val
	}
	_, checked := a["checked"]
	sent := checked || a["type"] == "hidden" || a["type"] == "text"
	if sent {
		s.form.Add(a["name"], a["value"])
	}
	if a["name"] != "allow" {
		return
	}
	switch item := a["value"]; {
	case a["type"] == "hidden":
		s.boxes[item] = "required"
	case checked:
		s.boxes[item] = "ticked"
	default:
		s.boxes[item] = "free"
	}
	for p := range n.Ancestors() {
		s.folded[a["value"]] = s.folded[a["value"]] || p.Data == "details"
	}
}

// fresh are the items that the screen puts forward, sorted.
func (s *screen) fresh() string {
	var out []string
	for item := range s.boxes {
		if !s.folded[item] {
			out = append(out, item)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// untick takes a value out of what will be sent.
func (s *screen) untick(name, value string) *screen {
	s.form[name] = slices.DeleteFunc(slices.Clone(s.form[name]), func(v string) bool { return v == value })
	return s
}

func (s *screen) set(name string, values ...string) *screen {
	s.form[name] = values
	return s
}

func (s *screen) appear(as directory.Appearance) *screen { return s.set("appear", string(as)) }

func (s *screen) allow() *page {
	s.b.w.t.Helper()
	return s.b.post("/login/consent", s.set("answer", "allow").form)
}

func (s *screen) deny() *page {
	s.b.w.t.Helper()
	return s.b.post("/login/consent", s.set("answer", "deny").form)
}

// says ends the test unless all words stand on the screen.
func (s *screen) says(words ...string) *screen {
	s.b.w.t.Helper()
	for _, word := range words {
		if !strings.Contains(s.body, html.EscapeString(word)) {
			s.b.w.t.Fatalf("the screen does not say %q: %s", word, s.body)
		}
	}
	return s
}

// needing lets the service ask for attributes.
func (w *world) needing(need ...release.Attribute) *world {
	w.protocol.request.Need = need
	return w
}

// under writes the collective's policy; parts of it are given as JSON members.
func (w *world) under(members string) *world {
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	w.town.policy = []byte(`{"remember_days":365,"anonymous":true,"pseudonyms":true` + members + `}`)
	return w
}

// kept is what the directory holds of a person's decision.
func (w *world) kept(person directory.PersonID, service directory.ServiceID) (directory.Consent, bool) {
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	c, ok := w.town.consents[string(person)+"/"+string(service)]
	return c, ok
}

// nothing ends the test if anything was written about anybody.
func (w *world) nothing() {
	w.t.Helper()
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	for about, c := range w.town.consents {
		w.t.Fatalf("written: %s: %+v", about, c)
	}
}

// person changes somebody in the directory.
func (w *world) person(id directory.PersonID, change func(*directory.Person)) {
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	p := w.town.people[id]
	change(&p)
	w.town.people[id] = p
}

// member makes somebody a member of the Ateneu.
func (w *world) member(id directory.PersonID) {
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	w.town.standing[id] = directory.Standing{Memberships: []directory.Membership{{Collective: "ateneu"}}}
}

// released ends the test unless the service got exactly these: pairs of name
// and value.
func (p *page) released(pairs ...string) *page {
	p.b.w.t.Helper()
	if p.reply == nil {
		p.b.w.t.Fatalf("at %s (%d), not answered: %.300s", p.path, p.status, p.body)
	}
	want := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		want[pairs[i]] = pairs[i+1]
	}
	got := p.reply.Release
	for name, value := range want {
		if has, ok := got[name]; !ok || has != value {
			p.b.w.t.Fatalf("released %v, want %v", got, want)
		}
	}
	if len(got) != len(want) {
		p.b.w.t.Fatalf("released %v, want %v", got, want)
	}
	return p
}

func (p *page) fails(status int) *page {
	p.b.w.t.Helper()
	if p.status != status || p.reply != nil {
		p.b.w.t.Fatalf("%d at %s, want %d: %.300s", p.status, p.path, status, p.body)
	}
	return p
}

func TestTheScreenHelperSeesTheForm(t *testing.T) {
	w := start(t).needing(release.Name, release.Mail).under(`,"attributes":{"email":{"need":"required"}}`)
	s := w.browser().begin().login("anna").asked()
	if s.boxes["email"] != "required" || s.boxes["name"] != "ticked" || s.fresh() != "email name" {
		t.Errorf("%v, fresh %q, sent %v", s.boxes, s.fresh(), s.form)
	}
	if s.status != http.StatusOK || s.form.Get("seen") == "" || s.form.Get("signon") == "" {
		t.Errorf("%d %v", s.status, s.form)
	}
	s.deny().refused(signon.AccessDenied)
}

// Who asks can be seen before a word is read: the collective's colour and logo
// are on the page where one logs in, on the screen, and on the closed door.
func TestTheCollectivesLooks(t *testing.T) {
	w := start(t).needing(release.Name)
	looks := func(what, body string) {
		t.Helper()
		for _, part := range []string{"7a1f3d", "/collectives/ateneu/logo?v="} {
			if !strings.Contains(body, part) {
				t.Errorf("%s does not show %s", what, part)
			}
		}
	}
	login := w.browser().begin().at("/login")
	looks("the login page", login.body)
	looks("the consent screen", login.login("anna").asked().body)
	looks("the closed door", w.browser().begin().login("bernat").at("/login/closed").body)
}
