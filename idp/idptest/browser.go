// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"slices"
	"strings"
	"testing"
)

// Browser is somebody before a screen. What to press or fill is named either by
// "#id" or by the words on it. A step that cannot be taken ends the test.
type Browser interface {
	// Open goes to an address, as if typed.
	Open(address string)

	// Fill writes into the field of an id, over what was there.
	Fill(id, text string)

	// Tick clicks on a box or a radio button of an id: a box that was ticked no
	// longer is.
	Tick(id string)

	// Press presses a button or follows a link, and waits for the page after it.
	Press(what string)

	// Address is where the browser is.
	Address() string

	// Text is what can be read on the page, with single spaces.
	Text() string

	// Has reports whether the page has an element of that id.
	Has(id string) bool

	// Value is what the element of that id says: a field's value, or its words.
	Value(id string) string
}

// Person tells a story with a browser: what somebody does, and what they see.
//
// Asked for consent, they agree, as people do who have nothing else in mind;
// somebody who [Person.Reads] stops at the screen.
type Person struct {
	Browser
	t     testing.TB
	reads bool
}

// Sits puts a person before a browser.
func Sits(t testing.TB, b Browser) Person { return Person{Browser: b, t: t} }

// Reads is the same person, who reads what they are asked to agree to.
func (p Person) Reads() Person {
	p.reads = true
	return p
}

// Open goes to an address, as if typed.
func (p Person) Open(address string) {
	p.t.Helper()
	p.Browser.Open(address)
	p.agree()
}

// Press presses a button or follows a link.
func (p Person) Press(what string) {
	p.t.Helper()
	p.Browser.Press(what)
	p.agree()
}

func (p Person) agree() {
	p.t.Helper()
	if !p.reads && p.Has("#consent-allow") {
		p.Browser.Press("#consent-allow")
	}
}

// LogsIn fills in the login page and sends it.
func (p Person) LogsIn(name, password string) {
	p.t.Helper()
	p.SeesElement("#username")
	p.Fill("#username", name)
	p.Fill("#password", password)
	p.Press("#login")
}

// Sees ends the test unless all of the words can be read on the page.
func (p Person) Sees(words ...string) {
	p.t.Helper()
	text := p.Text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.t.Fatalf("%q is not to be read at %s:\n%s", w, p.Address(), text)
		}
	}
}

// SeesNot ends the test if any of the words can be read on the page.
func (p Person) SeesNot(words ...string) {
	p.t.Helper()
	text := p.Text()
	if i := slices.IndexFunc(words, func(w string) bool { return strings.Contains(text, w) }); i >= 0 {
		p.t.Fatalf("%q is to be read at %s:\n%s", words[i], p.Address(), text)
	}
}

// SeesElement ends the test unless the page has the elements.
func (p Person) SeesElement(ids ...string) {
	p.t.Helper()
	for _, id := range ids {
		if !p.Has(id) {
			p.t.Fatalf("no %s at %s:\n%s", id, p.Address(), p.Text())
		}
	}
}

// IsAt ends the test unless the browser is at an address that begins so.
func (p Person) IsAt(prefix string) {
	p.t.Helper()
	if !strings.HasPrefix(p.Address(), prefix) {
		p.t.Fatalf("at %s and not at %s:\n%s", p.Address(), prefix, p.Text())
	}
}
