// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"commonscloud.coop/clau/cmd/clau/demo"
)

// The walk that the demonstration invites to: one login opens both services,
// each of which knows the person by another identifier, and logging out at one
// ends the other.
func TestDemoWalk(t *testing.T) {
	d := startDemo(t)
	forum, nuvol := d.Services[0].URL, d.Services[1].URL
	nuria := newVisitor(t)

	nuria.open(forum)
	nuria.has("#login-with-clau")
	nuria.follow("#login-with-clau")
	nuria.isAt(d.Issuer)
	nuria.logsIn("nuria", "not her password")
	nuria.isAt(d.Issuer)
	nuria.logsIn("nuria", demo.Password)
	nuria.isAt(forum)
	nuria.reads("#greeting", "Núria Serra i Pons")
	nuria.reads("#claim-name", "Núria Serra i Pons")
	nuria.reads("#claim-email", "nuria@ateneu.example")
	nuria.reads("#claim-groups", "ateneu")
	atForum := nuria.text("#claim-sub")

	nuria.open(nuvol)
	nuria.follow("#login-with-clau")
	nuria.isAt(nuvol) // no password was asked
	if atNuvol := nuria.text("#claim-sub"); atNuvol == atForum || atNuvol == "" {
		t.Errorf("the services can compare whom they know: %q and %q", atForum, atNuvol)
	}
	if sid := nuria.text("#token-sid"); sid == "" {
		t.Error("the id_token has no sid")
	}

	nuria.press("#refresh")
	nuria.isAt(nuvol)
	nuria.reads("#refreshed", "1 time")
	nuria.reads("#greeting", "Núria Serra i Pons")

	nuria.press("#logout")
	nuria.isAt(nuvol)
	nuria.reads("#notice", "logged out")
	nuria.eventually("the forum is told too", func() bool {
		nuria.open(forum)
		return nuria.find("#login-with-clau") != nil
	})
	nuria.follow("#login-with-clau")
	nuria.has("#password") // Clau's own session ended as well
}

// A service that is private to a collective is told that others may not enter,
// and who only has a nickname gives nothing else away.
func TestDemoWhoMayEnter(t *testing.T) {
	d := startDemo(t)
	forum, nuvol := d.Services[0].URL, d.Services[1].URL

	fatima := newVisitor(t)
	fatima.open(nuvol + "/login")
	fatima.logsIn("fatima", demo.Password)
	fatima.follow("#closed-back")
	fatima.isAt(nuvol)
	fatima.reads("#error", "access_denied")

	jordi := newVisitor(t) // is of both collectives
	jordi.open(nuvol + "/login")
	jordi.logsIn("jordi@ateneu.example", demo.Password)
	jordi.isAt(nuvol)
	jordi.reads("#greeting", "Jordi Ferrer")

	falciot := newVisitor(t)
	falciot.open(forum + "/login")
	falciot.logsIn("falciot", demo.Password)
	falciot.reads("#claim-email", "@anon.invalid")
	if name := falciot.text("#claim-name"); name == "" || strings.Contains(strings.ToLower(name), "falciot") {
		t.Errorf("an anonymous person is called %q: another service hears the same", name)
	}
	for _, claim := range []string{"#claim-given_name", "#claim-family_name"} {
		if falciot.find(claim) != nil {
			t.Errorf("an anonymous person's %s was given away", claim)
		}
	}
}

// A kept demonstration comes back with what was changed in it, and with its
// services where they are now.
func TestDemoIsKept(t *testing.T) {
	dir := t.TempDir()
	first := startDemoIn(t, dir, "localhost:0")
	first.stop()
	second := startDemoIn(t, dir, "localhost:0")
	if second.Config == "" || second.Issuer == first.Issuer {
		t.Fatalf("a new port was wanted: %s, then %s", first.Issuer, second.Issuer)
	}
	pau := newVisitor(t)
	pau.open(second.Services[1].URL + "/login")
	pau.logsIn("pau", demo.Password)
	pau.reads("#greeting", "Pau Vidal")
}

func TestDemoIsForThisMachineAlone(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "localhost"} {
		a := &app{in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now, rand: rand.Reader}
		if status := a.run(t.Context(), []string{"demo", "--listen", address}); status == 0 {
			t.Errorf("%q was listened on", address)
		}
	}
}

// runningDemo is a demonstration in this process.
type runningDemo struct {
	demonstration
	stop func()
}

func startDemo(t *testing.T) runningDemo { return startDemoIn(t, "", "localhost:0") }

func startDemoIn(t *testing.T, dir, address string) runningDemo {
	t.Helper()
	printed, out := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	a := &app{in: os.Stdin, out: out, err: t.Output(), now: time.Now, rand: rand.Reader}
	go func() {
		defer close(over)
		args := []string{"demo", "--json", "--listen", address}
		if dir != "" {
			args = append(args, "--data", dir)
		}
		if status := a.run(ctx, args); status != 0 {
			t.Errorf("the demonstration ended with %d", status)
		}
		out.Close()
	}()
	d := runningDemo{stop: func() {
		cancel()
		select {
		case <-over:
		case <-time.After(5 * time.Second):
			t.Error("the demonstration does not stop")
		}
	}}
	t.Cleanup(d.stop)
	if err := json.NewDecoder(printed).Decode(&d.demonstration); err != nil {
		t.Fatalf("the demonstration did not begin: %v", err)
	}
	return d
}

// visitor is a browser without scripts, as small as the walk needs.
type visitor struct {
	t      *testing.T
	client *http.Client
	at     *url.URL
	status int
	page   *html.Node
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

func (v *visitor) take(answer *http.Response, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	v.at, v.status = answer.Request.URL, answer.StatusCode
	if v.page, err = html.Parse(answer.Body); err != nil {
		v.t.Fatal(err)
	}
	v.agrees()
}

func (v *visitor) open(address string) { v.t.Helper(); v.take(v.client.Get(address)) }

func (v *visitor) follow(selector string) {
	v.t.Helper()
	where, err := v.at.Parse(attribute(v.has(selector), "href"))
	if err != nil {
		v.t.Fatal(err)
	}
	v.open(where.String())
}

// press submits the form around a button.
func (v *visitor) press(selector string) {
	v.t.Helper()
	v.submit(v.has(selector), url.Values{})
}

func (v *visitor) logsIn(handle, password string) {
	v.t.Helper()
	v.submit(v.has("#login"), url.Values{
		attribute(v.has("#username"), "name"): {handle}, attribute(v.has("#password"), "name"): {password},
	})
}

func (v *visitor) submit(button *html.Node, values url.Values) {
	v.t.Helper()
	form := button
	for form != nil && form.Data != "form" {
		form = form.Parent
	}
	if form == nil {
		v.t.Fatalf("a button without a form at %s", v.at)
	}
	filled := url.Values{}
	walkNodes(form, func(n *html.Node) {
		if name := attribute(n, "name"); n == button && name != "" || n.Data == "input" && sent(n) && !values.Has(name) {
			filled[name] = append(filled[name], attribute(n, "value"))
		}
	})
	maps.Copy(values, filled)
	where, err := v.at.Parse(attribute(form, "action"))
	if err != nil {
		v.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, where.String(), strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", v.at.Scheme+"://"+v.at.Host)
	v.take(v.client.Do(request))
}

// sent reports whether a browser sends the field as it is.
func sent(n *html.Node) bool {
	switch attribute(n, "type") {
	case "checkbox", "radio":
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
	}
	return attribute(n, "name") != ""
}

// agrees is what somebody does before a consent screen who has come for the
// service behind it.
func (v *visitor) agrees() {
	v.t.Helper()
	if v.find("#consent-allow") != nil {
		v.press("#consent-allow")
	}
}

func (v *visitor) find(selector string) *html.Node {
	var found *html.Node
	walkNodes(v.page, func(n *html.Node) {
		if found == nil && attribute(n, "id") == selector[1:] {
			found = n
		}
	})
	return found
}

func (v *visitor) has(selector string) *html.Node {
	v.t.Helper()
	found := v.find(selector)
	if found == nil {
		var page strings.Builder
		_ = html.Render(&page, v.page)
		v.t.Fatalf("no %s at %s (%d):\n%s", selector, v.at, v.status, page.String())
	}
	return found
}

func (v *visitor) text(selector string) string {
	v.t.Helper()
	var text strings.Builder
	walkNodes(v.has(selector), func(n *html.Node) {
		if n.Type == html.TextNode {
			text.WriteString(n.Data)
		}
	})
	return strings.TrimSpace(text.String())
}

func (v *visitor) reads(selector, part string) {
	v.t.Helper()
	if text := v.text(selector); !strings.Contains(text, part) {
		v.t.Fatalf("%s at %s reads %q, not %q", selector, v.at, text, part)
	}
}

func (v *visitor) isAt(address string) {
	v.t.Helper()
	if here := v.at.Scheme + "://" + v.at.Host; here != address {
		v.t.Fatalf("at %s and not at %s", v.at, address)
	}
}

func (v *visitor) eventually(what string, is func() bool) {
	v.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	v.t.Fatalf("never: %s", what)
}

func walkNodes(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for child := range n.ChildNodes() {
		walkNodes(child, visit)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
