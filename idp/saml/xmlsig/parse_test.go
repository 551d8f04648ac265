// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// TestParseRefusesWhatIsBroken: no document type, no entity, no second way of
// reading, and nothing that is large.
func TestParseRefusesWhatIsBroken(t *testing.T) {
	for _, message := range []string{authnRequest, logoutRequest, response} {
		parse(t, message)
		for _, attack := range xmlsigtest.Broken(message) {
			if _, err := xmlsig.Parse([]byte(attack.Document), xmlsig.Message()); err == nil {
				t.Errorf("%s is taken", attack.Name)
			}
			if _, err := xmlsig.Read(attack.Document, xmlsig.Message()); err == nil {
				t.Errorf("%s is taken as a document", attack.Name)
			}
		}
	}
}

// TestParseRefusesMore: what is no well-formed XML with namespaces, one rule each.
func TestParseRefusesMore(t *testing.T) {
	for name, doc := range map[string]string{
		"no name":                      `<>`,
		"an element left open":         `<a>`,
		"an element left open inside":  `<a><b></a>`,
		"text and an open element":     `<a>x`,
		"a name that is a number":      `<1/>`,
		"a value without quotes":       `<a b=c/>`,
		"a value without an end":       `<a b="c/>`,
		"a value with a tag":           `<a b="<"/>`,
		"an attribute without a value": `<a b/>`,
		"attributes without a space":   `<a b=""c=""/>`,
		"ends crosswise":               `<a><b></a></b>`,
		"an end that is longer":        `<a></ab>`,
		"an end with an attribute":     `<a></a b="">`,
		"the end of a section":         `<a>]]></a>`,
		"a section without an end":     `<a><![CDATA[</a>`,
		"a section outside":            `<![CDATA[]]><a/>`,
		"an ampersand":                 `<a>&</a>`,
		"a reference without an end":   `<a>&amp</a>`,
		"a reference to a surrogate":   `<a>&#xD800;</a>`,
		"a reference too far":          `<a>&#x110000;</a>`,
		"a reference with a sign":      `<a>&#+38;</a>`,
		"a reference that is empty":    `<a>&;</a>`,
		"a number without its sign":    `<a>&38;</a>`,
		"an undeclared prefix":         `<p:a/>`,
		"an undeclared attribute":      `<a p:b=""/>`,
		"a prefix undone":              `<a xmlns:p="u"><b xmlns:p=""/></a>`,
		"xml as another":               `<a xmlns:xml="urn:evil"/>`,
		"another as xml":               `<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`,
		"xmlns declared":               `<a xmlns:xmlns="urn:evil"/>`,
		"another as xmlns":             `<a xmlns:p="http://www.w3.org/2000/xmlns/"/>`,
		"xmlns as a prefix of tags":    `<xmlns:a/>`,
		"a declaration too late":       ` <?xml version="1.0"?><a/>`,
		"a declaration of nothing":     `<?xml?><a/>`,
		"a declaration that goes on":   `<?xml version="1.0"?evil?><a/>`,
		"a document type inside":       `<a><!DOCTYPE b></a>`,
		"an empty declaration":         `<!><a/>`,
		"a comment that is badly made": `<a><!-- -- --></a>`,
		"what is no character":         "<a>\uffff</a>",
		"a name with two prefixes":     `<a:b:c xmlns:a="u"/>`,
		"letters that look alike":      `<sаml/>`,
	} {
		for _, limits := range []xmlsig.Limits{xmlsig.Message(), xmlsig.Metadata(), xmlsig.Aggregate()} {
			if _, err := xmlsig.Parse([]byte(doc), limits); err == nil {
				t.Errorf("%s is taken: %s", name, doc)
			}
		}
	}
}

// roundTrip is what Go's XML reader and writer are known not to agree upon.
var roundTrip = []string{
	`<x::Root/>`, `<Root><x::Element></::Element></Root>`, `<Root><Element ::attr="foo"></Element></Root>`,
	`<Root></x::Element></Root>`, `<x:>`, `</x:>`, `<Root :="value"/>`, `<Root x:="value"/>`,
	`<Root xmlns="x" xmlns:="y"></Root>`, `<Root><! <<!-- -->!-->"--> " ><! ">" <X/>></Root>`,
	`<Root><! <<!-- -->!-- x --> y></Root>`, `<Root><!--`, `<Root>]]></Root>`, `<Root ::attr="x">]]><x::Element/></Root>`,
	`<:Root/>`, `<Root xmlns:x="a" x:y:z="b"/>`, `<a:b:c xmlns:a="u" xmlns:b="v"/>`, `<Root/:>`, `<Root xmlns::x="y"/>`,
}

// TestRoundTripCorpus: the scanner itself refuses all of it, since large
// documents are asked nothing else.
func TestRoundTripCorpus(t *testing.T) {
	for _, doc := range roundTrip {
		if _, err := xmlsig.Read(doc, xmlsig.Aggregate()); err == nil {
			t.Errorf("taken: %s", doc)
		}
	}
}

// TestForeignNamespacesAreForeign: what somebody else calls ID, Issuer or NameID
// is not SAML's.
func TestForeignNamespacesAreForeign(t *testing.T) {
	root := parse(t, `<p:LogoutRequest xmlns:p="`+samlp+`" xmlns:s="`+saml+`" xmlns:e="urn:evil" xmlns="urn:evil" e:ID="_evil" e:Only="x" ID="_l1">
		<e:Issuer>evil</e:Issuer><s:Issuer> https://sp.example/ </s:Issuer><NameID>bob</NameID><s:NameID>alice</s:NameID>
		<s:NameID>mallory</s:NameID></p:LogoutRequest>`)
	if id, _ := xmlsig.Attr(root, "ID"); id != "_l1" {
		t.Errorf("ID %q", id)
	}
	if only, ok := xmlsig.Attr(root, "Only"); ok {
		t.Errorf("an attribute of a stranger is read: %q", only)
	}
	if evil, _ := xmlsig.AttrNS(root, "urn:evil", "ID"); evil != "_evil" {
		t.Errorf("a stranger's ID is %q", evil)
	}
	if issuer := xmlsig.Text(xmlsig.Child(root, saml, "Issuer")); issuer != "https://sp.example/" {
		t.Errorf("issuer %q", issuer)
	}
	if two := xmlsig.Child(root, saml, "NameID"); two != nil {
		t.Errorf("of two names one is taken: %q", xmlsig.Text(two))
	}
	if n := len(xmlsig.Children(root, saml, "NameID")); n != 2 {
		t.Errorf("%d names of SAML", n)
	}
}

// TestNothingIsReadFromNothing: readers can be chained without asking.
func TestNothingIsReadFromNothing(t *testing.T) {
	if _, ok := xmlsig.Attr(xmlsig.Child(nil, saml, "Issuer"), "Format"); ok || xmlsig.Text(nil) != "" || xmlsig.Is(nil, "", "") {
		t.Error("something")
	}
}

// TestTextIsWhole: however it was written, and with all that stands around a
// comment: a reader that stopped there would read admin@coop of
// admin@coop<!---->.evil.example.
func TestTextIsWhole(t *testing.T) {
	root := parse(t, "<a>admin@coop<!-- -->.evil<![CDATA[&.]]>exa&#109;ple&#xD;\r\nx\ry</a>")
	if text := xmlsig.Text(root); text != "admin@coop.evil&.example\r\nx\ny" {
		t.Errorf("text %q", text)
	}
	if root.Text() != "admin@coop.evil&.example\r\nx\ny" || len(root.Child) != 1 {
		t.Errorf("another reader reads %q in %d pieces", root.Text(), len(root.Child))
	}
	value, _ := xmlsig.Attr(parse(t, "<a b=\"1\t2\r\n3&#10;4\"/>"), "b")
	if value != "1 2 3\n4" {
		t.Errorf("value %q", value)
	}
}

// TestDeclarationsThatAreTaken: of what is read here and nothing else.
func TestDeclarationsThatAreTaken(t *testing.T) {
	for _, prolog := range []string{
		"", "\ufeff", `<?xml version="1.0"?>`, `<?xml version='1.0' encoding='utf-8'?>` + "\n",
		"\ufeff" + `<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>`,
	} {
		if _, err := xmlsig.Parse([]byte(prolog+authnRequest), xmlsig.Message()); err != nil {
			t.Errorf("%q: %v", prolog, err)
		}
	}
}

// TestLimits: one more is too many, and is told apart from what is malformed.
func TestLimits(t *testing.T) {
	l := xmlsig.Limits{Bytes: 100, Elements: 3, Depth: 2, Attributes: 2}
	for doc, want := range map[string]error{
		`<a><b/><b/></a>`:                        nil,
		`<a><b/><b/><b/></a>`:                    xmlsig.ErrTooLarge,
		`<a><b><c/></b></a>`:                     xmlsig.ErrTooLarge,
		`<a b="" c=""/>`:                         nil,
		`<a b="" c="" d=""/>`:                    xmlsig.ErrTooLarge,
		`<a>` + strings.Repeat(" ", 93) + `</a>`: nil,
		`<a>` + strings.Repeat(" ", 94) + `</a>`: xmlsig.ErrTooLarge,
		`<a>` + strings.Repeat("x", 50) + `<!--`: xmlsig.ErrMalformed,
	} {
		_, err := xmlsig.Parse([]byte(doc), l)
		if want == nil && err != nil {
			t.Errorf("%s: %v", doc, err)
		}
		if want != nil {
			refused(t, err, want)
		}
	}
}

// TestNamespacesAreBounded: every name is looked up among them.
func TestNamespacesAreBounded(t *testing.T) {
	var doc strings.Builder
	for i := range 10 {
		doc.WriteString("<a")
		for j := range 10 {
			doc.WriteString(" xmlns:n" + strings.Repeat("x", i) + strings.Repeat("y", j) + `="u"`)
		}
		doc.WriteString(">")
	}
	doc.WriteString(strings.Repeat("</a>", 10))
	_, err := xmlsig.Parse([]byte(doc.String()), xmlsig.Message())
	refused(t, err, xmlsig.ErrTooLarge)
}
