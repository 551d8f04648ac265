// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
)

// stamped is a form for a ticket, as the page of that ticket would have it.
func (c *town) stamped(ticket string, fields ...string) url.Values {
	form := url.Values{"t": {ticket}, "token": {web.FormToken(c.formKey, "ticket\x00"+ticket)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

func ticketIn(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get("t")
}

// forged is a ticket with another last letter.
func forged(ticket string) string {
	if rest, found := strings.CutSuffix(ticket, "A"); found {
		return rest + "B"
	}
	return ticket[:len(ticket)-1] + "A"
}

// doors are the pages that a ticket opens, and what their form sends.
func doors() map[string][]string {
	return map[string][]string{
		"/join/prove":                nil,
		"/join/application":          nil,
		"/join/password":             {"password", password, "password-again", password},
		"/invitation":                nil,
		"/join/application/reply":    {"reply", "Hola."},
		"/join/application/again":    nil,
		"/join/application/withdraw": {"confirm", "yes"},
	}
}

// tries opens a door with a ticket in each way there is, and returns what came.
func (n *newcomer) tries(door, ticket string) []string {
	n.c.t.Helper()
	var got []string
	if door == "/invitation" || door == "/join/prove" || door == "/join/application" || door == "/join/password" {
		n.Open(n.c.Issuer + door + "?t=" + url.QueryEscape(ticket))
		n.answers(http.StatusGone)
		got = append(got, n.shown())
	}
	if door != "/invitation" && door != "/join/application" {
		n.posts(door, n.c.stamped(ticket, doors()[door]...))
		n.answers(http.StatusGone)
		got = append(got, n.shown())
	}
	return got
}

// Whatever is wrong with a ticket, the page is the same: it says that the link
// is old, and how to get a new one. Nothing happens.
func TestTicketsThatOpenNothing(t *testing.T) {
	c := build(t)
	marta, pere := c.newcomer("en"), c.newcomer("en")
	marta.applies("marta", martas)
	pere.applies("pere", "pere@correu.example")
	prove, application := ticketIn(c.link(c.last(martas), "/join/prove")), marta.ticket()
	invitation := ticketIn(c.invites("dolors", idptest.Horta, "", 5))
	id, other := c.person("marta").ID, c.person("pere").ID
	soon, past := c.Clock.Now().Add(time.Hour), c.Clock.Now().Add(-time.Second)
	bound := map[ticket.Purpose]string{ticket.ProveAddress: martas, ticket.Application: "", ticket.FirstPassword: "0"}
	opens := map[string]ticket.Purpose{"/join/prove": ticket.ProveAddress, "/join/password": ticket.FirstPassword, "/invitation": ticket.Invitation}
	n := c.newcomer("en")
	for door := range doors() {
		purpose, named := opens[door]
		if !named {
			purpose = ticket.Application
		}
		bad := map[string]string{
			"none":         "",
			"nonsense":     "x",
			"long":         strings.Repeat("x.", 5000),
			"expired":      c.tickets.Issue(purpose, id, bound[purpose], past),
			"of nobody":    c.tickets.Issue(purpose, "00000000-0000-4000-8000-000000000000", bound[purpose], soon),
			"overtaken":    c.tickets.Issue(purpose, id, "something else", soon),
			"of an unborn": c.tickets.Issue(ticket.FirstPassword, other, "0", soon), // not accepted yet
		}
		for kind, one := range map[ticket.Purpose]string{ticket.ProveAddress: prove, ticket.Application: application, ticket.Invitation: invitation} {
			bad[string(kind)+", forged"] = forged(one)
			bad[string(kind)+", of another person"] = string(other) + one[strings.Index(one, "."):]
			if kind != purpose {
				bad["for "+string(kind)] = one
			}
		}
		var want []string
		for _, what := range slices.Sorted(maps.Keys(bad)) {
			got := n.tries(door, bad[what])
			if want == nil {
				want = got
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%s, %s: %s", door, what, first(got[i], want[i]))
				}
			}
		}
	}
	for _, handle := range []directory.Handle{"marta", "pere"} {
		if p := c.person(string(handle)); p.State != directory.PendingConfirmation {
			t.Errorf("%s is %s", handle, p.State)
		}
	}
}

// What a letter leads to is looked at by programs, as often as they like; then
// its owner uses it, and then it is used.
func TestLookingChangesNothing(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	looks := func(links ...string) {
		t.Helper()
		c.work.since()
		for _, link := range links {
			c.scanned(link)
			c.scanned(link + "&confirm=yes&code=1&reply=x&token=" + web.FormToken(c.formKey, "ticket\x00"+ticketIn(link)))
		}
		if written := changes(c.work.since()); len(written) > 0 {
			t.Errorf("looking has written %v", written)
		}
	}
	prove := c.link(c.last(martas), "/join/prove")
	looks(prove, marta.Plain.Address())
	marta.Open(prove)
	marta.Press("#prove")
	application := marta.Plain.Address()
	looks(prove, application)
	c.accepts()
	accepted := c.link(c.last(martas), "/join/password")
	invitation := c.invites("dolors", idptest.Horta, "", 1)
	looks(prove, application, accepted, invitation)
	marta.Open(accepted)
	form := marta.form("/join/password")
	form.Set("password", password)
	form.Set("password-again", password)
	marta.posts("/join/password", form)
	marta.posts("/join/password", form) // pressed twice
	marta.answers(http.StatusGone)
	looks(prove, application, accepted, invitation)
}

// Forms are of those whom they were drawn for, and of our own pages.
func TestFormsOfOthersChangeNothing(t *testing.T) {
	c := build(t)
	marta, pere := c.newcomer("en"), c.newcomer("en")
	marta.applies("marta", martas)
	pere.applies("pere", "pere@correu.example")
	his := pere.form("/join/application/withdraw").Get("token")
	c.work.since()
	for door, fields := range doors() {
		if door == "/invitation" || door == "/join/application" {
			continue
		}
		right := c.stamped(marta.ticket(), fields...)
		for what, token := range map[string][]string{"none": nil, "a guess": {"AAAA"}, "another's": {his}, "two": {right.Get("token"), his}} {
			form := maps.Clone(right)
			form["token"] = token
			marta.Keep(func() {
				if marta.posts(door, form); marta.Status < 400 || marta.Status == http.StatusGone {
					t.Errorf("%s with the token of %s: %d", door, what, marta.Status)
				}
			})
		}
		marta.Keep(func() {
			r, err := http.NewRequest(http.MethodPost, c.Issuer+door, strings.NewReader(right.Encode()))
			c.must(err)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			marta.Send(r)
			marta.answers(http.StatusForbidden)
		})
	}
	if written := changes(c.work.since()); len(written) > 0 {
		t.Errorf("a forged form has written %v", written)
	}
}

// The form to join is of one collective and one day.
func TestTheFormToJoinIsSealed(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	n.Open(c.Issuer + "/join/ateneu")
	form := n.typed()
	form.Set("handle", "marta")
	form.Set("mail", martas)
	form.Set("answer", "gat")
	c.Clock.Advance(time.Minute)
	for what, change := range map[string][2]string{
		"another moment": {"at", "m0"}, "no moment": {"at", ""}, "a guess": {"token", "AAAA"}, "none": {"token", ""},
	} {
		bad := maps.Clone(form)
		bad.Set(change[0], change[1])
		if n.posts("/join/ateneu", bad); n.Status != http.StatusForbidden {
			t.Errorf("%s: %d", what, n.Status)
		}
	}
	n.posts("/join/horta", form)
	n.answers(http.StatusForbidden)
	c.Clock.Advance(25 * time.Hour)
	n.posts("/join/ateneu", form)
	n.answers(http.StatusUnprocessableEntity)
	n.Sees("This page was open for too long")
	if len(c.listed(idptest.Ateneu)) > 0 {
		t.Fatal("somebody has applied")
	}
	n.Press("#join") // at once, with what was typed
	n.Sees("Confirm your address")
	if len(c.listed(idptest.Ateneu)) != 1 {
		t.Error("nobody has applied")
	}
}

// Steps with tickets are counted for each network.
func TestStepsAreBraked(t *testing.T) {
	c := build(t)
	n, other := c.newcomer("en"), c.newcomer("en")
	for _, one := range []*newcomer{n, other} {
		one.Open(c.Issuer + "/join/ateneu")
		one.fill(map[string]string{"handle": "programa", "mail": "p@correu.example", "answer": "gat"})
		one.Fill("#homepage", "https://spam.example")
		one.sends() // a decoy costs nobody anything
	}
	form := n.form("/join/application/again")
	for range 120 {
		c.Clock.Advance(time.Second) // slow enough for the brake of all pages
		n.posts("/join/application/again", form)
		n.answers(http.StatusOK)
	}
	n.posts("/join/application/again", form)
	n.answers(http.StatusTooManyRequests)
	other.posts("/join/application/again", form)
	other.answers(http.StatusOK)
}

// Tickets stand in addresses: they are told to nobody, and kept by nobody.
func TestPagesWithTicketsAreNeitherToldNorKept(t *testing.T) {
	c := build(t)
	marta := c.newcomer("en")
	marta.applies("marta", martas)
	prove := c.link(c.last(martas), "/join/prove")
	for _, link := range []string{prove, marta.Plain.Address(), c.invites("dolors", idptest.Horta, "", 1), c.Issuer + "/join/password?t=x"} {
		marta.Open(link)
		if got := marta.Header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("%s: Referrer-Policy %q", link, got)
		}
		if got := marta.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", link, got)
		}
		c.Logs.Hides(t, map[string]string{"a ticket": ticketIn(link) + "."})
	}
}
