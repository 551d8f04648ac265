// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"fmt"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

const md = "urn:oasis:names:tc:SAML:2.0:metadata"

// aggregate is a federation of n entities, every tenth in a group of its own, with
// namespaces that only the root declares.
func aggregate(n int) string {
	var doc strings.Builder
	doc.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<!-- made by hand -->\n" + `<md:EntitiesDescriptor xmlns:md="` + md +
		`" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:ds="` + xmlsig.Dsig + `" ID="_all" validUntil="2026-11-29T00:00:00Z">` +
		`<md:Extensions><md:EntityDescriptor entityID="https://not.one/"/></md:Extensions>`)
	for i := range n {
		if i%10 == 9 {
			fmt.Fprintf(&doc, `<md:EntitiesDescriptor Name="g%d">%s</md:EntitiesDescriptor>`, i, entity(i))
			continue
		}
		doc.WriteString(entity(i))
	}
	doc.WriteString("</md:EntitiesDescriptor>\n<!-- the end -->\n")
	return doc.String()
}

// entity is of a usual size: about 10 KB and 40 elements.
func entity(i int) string {
	var roles strings.Builder
	for _, use := range []string{"signing", "encryption"} {
		fmt.Fprintf(&roles, `<md:KeyDescriptor use=%q><ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`+"\n",
			use, strings.Repeat("MIIDdzCCAl+gAwIBAgIEbF3tLTANBgkqhkiG9w0BAQsFADBsMRAwDgYDVQQGEwdV\n", 55))
	}
	for j := range 6 {
		fmt.Fprintf(&roles, `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp%d.example/acs/%d" index="%d"/>`+"\n", i, j, j)
	}
	for j := range 10 {
		fmt.Fprintf(&roles, `<md:NameIDFormat><!-- %d -->urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>`+"\n", j)
	}
	return fmt.Sprintf(`<md:EntityDescriptor entityID="https://sp%d.example/"><md:SPSSODescriptor protocolSupportEnumeration="%s">`+
		`<md:Extensions><mdui:UIInfo><mdui:DisplayName xml:lang="ca">Cooperativa n&#xFA;m. %d &amp; co</mdui:DisplayName>`+
		`<mdui:Description xml:lang="en">%s</mdui:Description></mdui:UIInfo></md:Extensions>%s</md:SPSSODescriptor></md:EntityDescriptor>`+"\n",
		i, samlp, i, strings.Repeat("What this is about. ", 60), roles.String())
}

func readDocument(t testing.TB, text string) *xmlsig.Document {
	t.Helper()
	doc, err := xmlsig.Read(text, xmlsig.Aggregate())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestAggregate: signed as a tree, verified as a text, and read one by one.
func TestAggregate(t *testing.T) {
	text := sign(t, aggregate(25), service())
	doc := readDocument(t, text)
	if err := doc.Verify(service().public(), xmlsig.Options{}); err != nil {
		t.Fatal(err)
	}
	refused(t, doc.Verify(stranger().public(), xmlsig.Options{}), xmlsig.ErrSignature)
	var kept [][]byte
	for el := range doc.Each(md, "EntitiesDescriptor", "EntityDescriptor") {
		i := len(kept)
		if id, _ := xmlsig.Attr(el, "entityID"); id != fmt.Sprintf("https://sp%d.example/", i) {
			t.Errorf("entity %d is %s", i, id)
		}
		validUntil, groups := "", 0
		for group := el.Parent(); group != nil; group = group.Parent() {
			validUntil, _ = xmlsig.Attr(group, "validUntil")
			groups++
		}
		if want := 1 + (i%10)/9; validUntil != "2026-11-29T00:00:00Z" || groups != want {
			t.Errorf("entity %d is in %d groups, valid until %q", i, groups, validUntil)
		}
		octets, err := xmlsig.Bytes(el)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, octets)
	}
	if len(kept) != 25 {
		t.Fatalf("%d entities", len(kept))
	}
	alone := parse(t, string(kept[3]))
	role := xmlsig.Child(alone, md, "SPSSODescriptor")
	name := xmlsig.Child(xmlsig.Child(xmlsig.Child(role, md, "Extensions"), "urn:oasis:names:tc:SAML:metadata:ui", "UIInfo"), "urn:oasis:names:tc:SAML:metadata:ui", "DisplayName")
	if text := xmlsig.Text(name); text != "Cooperativa núm. 3 & co" {
		t.Errorf("an entity on its own says %q", text)
	}
}

// TestDocumentOfOneEntity, and one that is none.
func TestDocumentOfOneEntity(t *testing.T) {
	for text, want := range map[string]int{metadata: 1, authnRequest: 0} {
		n := 0
		for range readDocument(t, text).Each(md, "EntitiesDescriptor", "EntityDescriptor") {
			n++
		}
		if n != want {
			t.Errorf("%d entities", n)
		}
	}
}

// TestEachStops where its reader has had enough.
func TestEachStops(t *testing.T) {
	n := 0
	for range readDocument(t, aggregate(25)).Each(md, "EntitiesDescriptor", "EntityDescriptor") {
		if n++; n == 10 {
			break
		}
	}
	if n != 10 {
		t.Errorf("%d", n)
	}
}

// TestDocumentRoot is the tag alone, whoever changes it.
func TestDocumentRoot(t *testing.T) {
	doc := readDocument(t, sign(t, aggregate(1), service()))
	doc.Root().RemoveAttr("ID")
	if id, _ := xmlsig.Attr(doc.Root(), "ID"); id != "_all" || len(doc.Root().Child) != 0 || !doc.Signed() {
		t.Errorf("root %q with %d children", id, len(doc.Root().Child))
	}
}

// TestAggregateThatIsNotWhatWasSigned: changed in one place, or in none but by
// another, or not at all signed.
func TestAggregateThatIsNotWhatWasSigned(t *testing.T) {
	signed := sign(t, aggregate(3), service())
	for name, text := range map[string]string{
		"an entity":         strings.Replace(signed, "https://sp1.example/", "https://evil.example/", 1),
		"its validity":      strings.Replace(signed, "2026-11-29", "2036-11-29", 1),
		"text":              strings.Replace(signed, "Cooperativa", "Co", 1),
		"an entity less":    strings.Replace(signed, strings.TrimSpace(bytesOf(t, signed, 2)), "", 1),
		"two signatures":    strings.Replace(signed, "<ds:Signature", "<ds:Signature></ds:Signature><ds:Signature", 1),
		"another's ID":      strings.Replace(signed, `entityID="https://sp1`, `ID="_all" entityID="https://sp1`, 1),
		"SHA-1":             xmlsigtest.Sign(uncommented(t, aggregate(3)), service().key, xmlsigtest.Taste{Digest: xmlsig.SHA1}),
		"another reference": xmlsigtest.Sign(uncommented(t, aggregate(3)), service().key, xmlsigtest.Taste{URI: "#_other"}),
	} {
		if text == signed {
			t.Fatalf("%s: nothing changed", name)
		}
		err := readDocument(t, text).Verify(service().public(), xmlsig.Options{})
		if err == nil {
			t.Errorf("%s: believed", name)
		}
		refused(t, err, xmlsig.ErrSignature)
	}
	refused(t, readDocument(t, aggregate(1)).Verify(service().public(), xmlsig.Options{}), xmlsig.ErrUnsigned)
}

// TestAggregateSignedByOthers: with signatures of entities inside, and its own
// at the end.
func TestAggregateSignedByOthers(t *testing.T) {
	inner := sign(t, metadata, stranger())
	all := `<md:EntitiesDescriptor xmlns:md="` + md + `" ID="_all">` + inner + inner + `</md:EntitiesDescriptor>`
	for _, taste := range []xmlsigtest.Taste{{}, {Last: true}} {
		doc := readDocument(t, xmlsigtest.Sign(all, service().key, taste))
		if err := doc.Verify(service().public(), xmlsig.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// TestSignatureOfADocumentIsSmall: it alone is made into a tree.
func TestSignatureOfADocumentIsSmall(t *testing.T) {
	text := strings.Replace(sign(t, metadata, service()), "<ds:SignedInfo>", strings.Repeat("<a/>", 600)+"<ds:SignedInfo>", 1)
	_, err := xmlsig.Read(text, xmlsig.Aggregate())
	refused(t, err, xmlsig.ErrTooLarge)
}

// bytesOf is an entity of text, as it stands there.
func bytesOf(t *testing.T, text string, i int) string {
	t.Helper()
	_, rest, _ := strings.Cut(text, fmt.Sprintf(`<md:EntityDescriptor entityID="https://sp%d.example/">`, i))
	content, _, _ := strings.Cut(rest, "</md:EntityDescriptor>")
	return content
}

func uncommented(t *testing.T, text string) string {
	t.Helper()
	return write(t, parse(t, text))
}
