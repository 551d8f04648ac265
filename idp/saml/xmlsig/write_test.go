// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"strings"
	"testing"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// TestSignatureStandsWhereSchemasWantIt: after the Issuer, or first.
func TestSignatureStandsWhereSchemasWantIt(t *testing.T) {
	for message, before := range map[string]string{authnRequest: "</saml:Issuer>", metadata: `entityID="https://sp.example/">`} {
		signed := sign(t, message, service())
		if !strings.Contains(signed, before+`<ds:Signature xmlns:ds="`) {
			t.Errorf("the signature is elsewhere: %s", signed)
		}
	}
	late := strings.Replace(authnRequest, "<saml:Issuer>", "<samlp:Extensions/><saml:Issuer>", 1)
	if signed := sign(t, late, service()); !strings.Contains(signed, "</ds:Signature><samlp:Extensions>") {
		t.Errorf("the signature is elsewhere: %s", signed)
	}
}

// TestCertificateIsShownOrNot, as the caller wants.
func TestCertificateIsShownOrNot(t *testing.T) {
	if signed := sign(t, authnRequest, service()); !strings.Contains(signed, "<ds:X509Certificate>"+encode(service().der)+"<") {
		t.Error("no certificate")
	}
	if signed := sign(t, authnRequest, party{key: service().key}); strings.Contains(signed, "KeyInfo") {
		t.Error("a KeyInfo of nothing")
	}
}

// TestSignedTwiceAndMoved: an assertion that was signed on its own is still good
// within the response, which is signed too, and when it is taken out again.
func TestSignedTwiceAndMoved(t *testing.T) {
	answer := parse(t, response)
	assertion := xmlsig.Child(answer, saml, "Assertion")
	answer.RemoveChild(assertion)
	alone := parse(t, write(t, withNamespace(assertion)))
	if _, err := xmlsig.Sign(alone, service().key, nil); err != nil {
		t.Fatal(err)
	}
	answer.AddChild(alone)
	whole, err := xmlsig.Sign(answer, stranger().key, nil)
	if err != nil {
		t.Fatal(err)
	}
	received := parse(t, write(t, whole))
	inner := parse(t, write(t, xmlsig.Child(received, saml, "Assertion")))
	if _, err := xmlsig.Verify(inner, service().public(), xmlsig.Options{}); err != nil {
		t.Errorf("the assertion: %v", err)
	}
	if _, err := xmlsig.Verify(received, stranger().public(), xmlsig.Options{}); err == nil {
		t.Error("a message with two signatures is taken")
	}
}

func withNamespace(assertion *etree.Element) *etree.Element {
	assertion.CreateAttr("xmlns:saml", saml)
	return assertion
}

// TestTreesThatXMLCannotSay are not written, however they came about.
func TestTreesThatXMLCannotSay(t *testing.T) {
	for name, spoil := range map[string]func(*etree.Element){
		"an undeclared prefix":    func(el *etree.Element) { el.CreateElement("nobody:x") },
		"an undeclared attribute": func(el *etree.Element) { el.CreateAttr("nobody:x", "") },
		"a control character":     func(el *etree.Element) { el.CreateElement("x").SetText("a\x01b") },
		"a NUL in a value":        func(el *etree.Element) { el.CreateAttr("x", "\x00") },
		"what is not UTF-8":       func(el *etree.Element) { el.CreateElement("x").SetText("\xff") },
		"a comment":               func(el *etree.Element) { el.CreateComment("x") },
		"a prefix undone":         func(el *etree.Element) { el.CreateElement("x").CreateAttr("xmlns:saml", "") },
		"xml as another":          func(el *etree.Element) { el.CreateAttr("xmlns:xml", "urn:x") },
	} {
		el := parse(t, authnRequest)
		spoil(el)
		if octets, err := xmlsig.Bytes(el); err == nil {
			t.Errorf("%s is written: %s", name, octets)
		}
		if _, err := xmlsig.Sign(el, service().key, nil); err == nil {
			t.Errorf("%s is signed", name)
		}
	}
	anonymous := parse(t, strings.Replace(authnRequest, ` ID="_r1"`, "", 1))
	if _, err := xmlsig.Sign(anonymous, service().key, nil); err == nil {
		t.Error("what has no ID is signed")
	}
}

// TestPartsAreWrittenWhole: with what they take from around them.
func TestPartsAreWrittenWhole(t *testing.T) {
	root := parse(t, `<p:a xmlns:p="urn:p" xmlns="urn:d" xmlns:q="urn:q"><b xml:lang="ca" q:c="1"><d xmlns=""/></b></p:a>`)
	part := xmlsig.Child(root, "urn:d", "b")
	if lang, _ := xmlsig.AttrNS(part, "http://www.w3.org/XML/1998/namespace", "lang"); lang != "ca" {
		t.Errorf("language %q", lang)
	}
	if _, ok := xmlsig.AttrNS(part, "urn:nobody", "c"); ok {
		t.Error("an attribute of another namespace")
	}
	want := `<b xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q" xml:lang="ca" q:c="1"><d xmlns=""></d></b>`
	if got := write(t, part); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
