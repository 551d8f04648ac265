// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// cost is what a step took: of the directory by method, and of the store in
// round trips. Time tells nothing that these do not, and is no test.
type cost struct {
	directory map[string]int
	trips     int
}

func (c *town) costOf(step func()) cost {
	c.work.since()
	c.trips.Reset()
	step()
	return cost{c.work.since(), c.trips.Trips()}
}

func (c cost) same(as cost) bool { return c.trips == as.trips && maps.Equal(c.directory, as.directory) }

// shown is all that a browser got, without what was typed and what is random.
func (n *newcomer) shown(typed ...string) string {
	hops := make([]string, 0, len(n.Answers)+1)
	for _, a := range n.Answers {
		hops = append(hops, fmt.Sprint(a.StatusCode, " ", a.Header.Get("Cache-Control"), " ", a.Header.Get("Location")))
	}
	all := fmt.Sprint(strings.Join(hops, "\n"), "\n", n.Status, "\n", n.Body)
	for _, s := range typed {
		all = strings.ReplaceAll(strings.ReplaceAll(all, url.QueryEscape(s), "TYPED"), s, "TYPED")
	}
	all = regexp.MustCompile(`name="(t|token|at|code)" value="[^"]*"`).ReplaceAllString(all, `name="$1"`)
	all = regexp.MustCompile(`([?&;]t=)[^&"\s]*`).ReplaceAllString(all, "$1")
	return regexp.MustCompile(`id="(paper-code|error-reference)">[^<]*<`).ReplaceAllString(all, `id="$1"><`)
}

// first shows where two pages part.
func first(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			return fmt.Sprintf("%q\nand\n%q", left[i], right[i])
		}
	}
	return fmt.Sprintf("%d lines and %d", len(left), len(right))
}

// warm lets the process know what it always knows.
func (c *town) warm() {
	n := c.newcomer("en")
	n.applies("warm", "warm@correu.example")
	n.Press("#send-again")
	n.Open(c.Issuer + "/join/return")
}

// An address that has an account, and one that has none: the same answers with
// the same work, all the way to where only the owner of the address can go on.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	c := build(t)
	c.warm()
	known, unknown := c.newcomer("en"), c.newcomer("en")
	const has, hasNot = "bernat@exemple.coop", "ningu@exemple.coop"
	steps := []struct {
		name string
		take func(n *newcomer, handle, address string)
	}{
		{"applying", func(n *newcomer, handle, address string) { n.applies(handle, address) }},
		{"looking", func(n *newcomer, _, _ string) { n.Open(n.Plain.Address()) }},
		{"a wrong code", func(n *newcomer, _, _ string) { n.Fill("#code", "12345678"); n.Press("#prove-code") }},
		{"asking again", func(n *newcomer, _, _ string) { n.Press("#send-again") }},
		{"asking too often", func(n *newcomer, _, _ string) {
			for range 4 {
				n.Press("#send-again")
			}
		}},
		{"taking it back", func(n *newcomer, _, _ string) { n.Tick("#confirm"); n.Press("#withdraw") }},
	}
	letters := func() (int, int) { return len(c.Mail.To(has)), len(c.Mail.To(hasNot)) }
	defer func() {
		if n, _ := letters(); n == 0 {
			t.Error("who has the address was not told")
		}
		for _, m := range c.Mail.To(has) {
			if strings.Contains(m.Text, "/join/prove") {
				t.Error("an account's address is to be proven once more")
			}
		}
	}()
	for _, step := range steps {
		beforeHas, beforeNot := letters()
		costHas := c.costOf(func() { step.take(known, "coneguda", has) })
		costNot := c.costOf(func() { step.take(unknown, "estranya", hasNot) })
		if a, b := known.shown("coneguda", has), unknown.shown("estranya", hasNot); a != b {
			t.Errorf("%s differs: %s", step.name, first(a, b))
		}
		if !costHas.same(costNot) {
			t.Errorf("%s costs %v with an account, %v without", step.name, costHas, costNot)
		}
		afterHas, afterNot := letters()
		if afterHas-beforeHas != afterNot-beforeNot {
			t.Errorf("%s: %d letters with an account, %d without", step.name, afterHas-beforeHas, afterNot-beforeNot)
		}
	}
}

// One search and one round trip are what an application costs, and one letter.
func TestAnApplicationCostsLittle(t *testing.T) {
	c := build(t)
	c.warm()
	n := c.newcomer("en")
	n.Open(c.Issuer + "/join/ateneu")
	n.fill(map[string]string{"handle": "marta", "mail": martas, "answer": "gat"})
	c.Clock.Advance(20 * time.Second)
	n.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	spent := c.costOf(func() { n.posts("/join/ateneu", n.typed()) })
	if want := map[string]int{"taken": 1, "register": 1}; !maps.Equal(spent.directory, want) || spent.trips > 1 {
		t.Errorf("it cost %v", spent)
	}
	if got := len(c.Mail.To(martas)); got != 1 {
		t.Errorf("%d letters", got)
	}
}

// typed is what the form of the Ateneu would send.
func (n *newcomer) typed() url.Values { return n.form("/join/ateneu") }

// A handle has to be told as taken: but no more than that, and to no greater
// cost than one that is free.
func TestATakenHandleIsTold(t *testing.T) {
	c := build(t)
	c.warm()
	n := c.newcomer("en")
	for _, handle := range []string{"bernat", "dolors", "admin"} {
		before := len(c.Mail.To(martas))
		spent := c.costOf(func() { n.applies(handle, martas) })
		n.answers(http.StatusUnprocessableEntity)
		n.Sees("Somebody else has this account name.")
		n.SeesNot("Bernat", "Soler", "Horta")
		if n.Value("#mail") != martas || n.Value("#handle") != handle {
			t.Error("what was typed is lost")
		}
		if spent.directory["taken"] > 1 || len(changes(spent.directory)) > 0 || spent.trips > 1 {
			t.Errorf("%s: it cost %v", handle, spent)
		}
		if len(c.Mail.To(martas)) != before {
			t.Error("a letter was written")
		}
	}
}

// A handle that nobody has, somebody's who has no code, and a wrong code.
func TestComingBackTellsNothing(t *testing.T) {
	c := build(t)
	someone := c.newcomer("en")
	someone.Open(c.Issuer + "/join/ateneu?as=anonymous")
	someone.fill(map[string]string{"handle": "oliba", "answer": "gat"})
	someone.sends()
	c.warm()

	tries := func(handle string) (string, cost) {
		n := c.newcomer("en")
		n.Open(c.Issuer + "/join/return")
		n.fill(map[string]string{"handle": handle, "code": "0000-1111-2222-3333"})
		spent := c.costOf(func() { n.Press("#return") })
		n.answers(http.StatusUnprocessableEntity)
		return n.shown(handle), spent
	}
	page, spent := tries("ningu")
	for what, handle := range map[string]string{"of an applicant": "oliba", "of a member": "anna", "no handle": "--"} {
		got, cost := tries(handle)
		if got != page {
			t.Errorf("%s: %s", what, first(got, page))
		}
		if !cost.same(spent) {
			t.Errorf("%s: %v, else %v", what, cost, spent)
		}
	}
}

// Programs are answered like everybody, and nothing is done: neither on the form
// nor with what they are given.
func TestProgramsAreAnsweredAndNothingIsDone(t *testing.T) {
	c := build(t)
	c.warm()
	person := c.newcomer("en")
	person.applies("persones", "persones@correu.example")
	real := person.shown("persones", "persones@correu.example")
	ways := map[string]func(n *newcomer){
		"at once": func(n *newcomer) { n.Press("#join") },
		"slowly":  func(n *newcomer) { n.sends() },
	}
	for way, sends := range ways {
		t.Run(way, func(t *testing.T) {
			n := c.newcomer("en")
			n.Open(c.Issuer + "/join/ateneu")
			n.fill(map[string]string{"handle": "programa", "mail": "programa@correu.example", "answer": "gat", "homepage": "https://spam.example"})
			spent := c.costOf(func() { sends(n) })
			if got := n.shown("programa", "programa@correu.example"); got != real {
				t.Errorf("it is told apart: %s", first(got, real))
			}
			if strings.Contains(n.Plain.Address(), "programa") || len(n.ticket()) != len(person.ticket()) {
				t.Errorf("its address tells: %s", n.Plain.Address())
			}
			if len(spent.directory) > 0 || spent.trips > 0 || len(c.Mail.To("programa@correu.example")) > 0 {
				t.Errorf("something was done: %v", spent)
			}
			n.Fill("#code", "12345678")
			n.Press("#prove-code")
			n.answers(http.StatusUnprocessableEntity)
			n.Press("#send-again")
			n.Sees("we wrote to it again")
			n.Tick("#confirm")
			n.Press("#withdraw")
			n.Sees("You took your request back")
			if len(c.Mail.To("programa@correu.example")) > 0 {
				t.Error("a letter was written")
			}
		})
	}
	found, err := c.Directory.Taken(context.Background(), "programa", "programa@correu.example")
	c.must(err)
	if len(found) > 0 {
		t.Error("a program has applied")
	}
}

// The same without a name: the code that a program is shown opens nothing.
func TestProgramsAreGivenACodeThatOpensNothing(t *testing.T) {
	c := build(t)
	page := func(handle, homepage string) *newcomer {
		n := c.newcomer("en")
		n.Open(c.Issuer + "/join/ateneu?as=anonymous")
		n.fill(map[string]string{"handle": handle, "answer": "gat", "homepage": homepage})
		n.sends()
		return n
	}
	person, program := page("persones", ""), page("programa", "https://spam.example")
	if a, b := person.shown("persones"), program.shown("programa"); a != b {
		t.Errorf("it is told apart: %s", first(a, b))
	}
	code := program.Value("#paper-code")
	if len(code) != len(person.Value("#paper-code")) {
		t.Errorf("the code is %q", code)
	}
	for _, n := range []*newcomer{person, program} {
		n.Tick("#noted")
		n.Press("#go-on")
	}
	if a, b := person.shown("persones"), program.shown("programa"); a != b {
		t.Errorf("the application is told apart: %s", first(a, b))
	}
	program.Open(c.Issuer + "/join/return")
	program.fill(map[string]string{"handle": "programa", "code": code})
	program.Press("#return")
	program.answers(http.StatusUnprocessableEntity)
	if n := len(c.listed(idptest.Ateneu)); n != 1 {
		t.Errorf("%d cases wait", n)
	}
}

func (c *town) listed(name directory.CollectiveName) []directory.Case {
	c.t.Helper()
	var found []directory.Case
	for one, err := range c.Directory.ListCases(context.Background(), directory.CaseFilter{Collective: name}) {
		c.must(err)
		found = append(found, one)
	}
	return found
}
