// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// verify verifies a document as a tree and as a text, which have to agree.
func verify(t *testing.T, doc string, keys []crypto.PublicKey, o xmlsig.Options) error {
	t.Helper()
	root, err := xmlsig.Verify(parse(t, doc), keys, o)
	large, _ := xmlsig.Read(doc, xmlsig.Metadata())
	if err == nil {
		if err := large.Verify(keys, o); err != nil {
			t.Errorf("verified as a tree, and as a text: %v", err)
		}
		if xmlsig.Signed(root) {
			t.Error("the signature is part of what was verified")
		}
	}
	return err
}

// kinds are the messages whose roots services sign.
var kinds = map[string]string{
	"AuthnRequest":  authnRequest,
	"LogoutRequest": logoutRequest,
	"LogoutResponse": strings.NewReplacer("LogoutRequest", "LogoutResponse", ` NotOnOrAfter="2026-11-22T10:05:00Z"`, "",
		"<saml:NameID>alice</saml:NameID><samlp:SessionIndex>one</samlp:SessionIndex>", "<samlp:Status/>").Replace(logoutRequest),
	"EntityDescriptor": metadata,
}

const metadata = `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_m1" entityID="https://sp.example/">` +
	`<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService index="0" ` +
	`Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs"/></md:SPSSODescriptor></md:EntityDescriptor>`

// TestSignatureWrapping: the signature is good each time, and over something
// else than what would be read.
func TestSignatureWrapping(t *testing.T) {
	for kind, message := range kinds {
		t.Run(kind, func(t *testing.T) {
			signed := sign(t, message, service())
			if err := verify(t, signed, service().public(), xmlsig.Options{}); err != nil {
				t.Fatal(err)
			}
			forged := strings.NewReplacer("sp.example", "evil.example", `ID="_`, `ID="_evil`, "alice", "bob").Replace(message)
			for _, attack := range xmlsigtest.Wrap(signed, forged) {
				wrapped(t, attack)
			}
		})
	}
}

// wrapped fails the test if an attack is believed, either as a tree, or as a
// text, of which what stands outside the root's own signature is read too.
func wrapped(t *testing.T, attack xmlsigtest.Attack) {
	t.Helper()
	if root, err := xmlsig.Verify(parse(t, attack.Document), service().public(), xmlsig.Options{}); err == nil {
		t.Errorf("%s: believed to be\n%s", attack.Name, write(t, root))
	}
	doc, err := xmlsig.Read(attack.Document, xmlsig.Metadata())
	if err == nil && doc.Verify(service().public(), xmlsig.Options{}) == nil {
		t.Errorf("%s: believed as a text", attack.Name)
	}
}

// TestVerifiedIsReadFromTheOctets: of a verified message, everything that was
// signed is there, and nothing else.
func TestVerifiedIsReadFromTheOctets(t *testing.T) {
	root, err := xmlsig.Verify(parse(t, sign(t, response, service())), service().public(), xmlsig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := xmlsig.Canonical(root)
	want, _ := xmlsig.Canonical(parse(t, response))
	if string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestTastesThatAreTaken: how services sign that are not wrong.
func TestTastesThatAreTaken(t *testing.T) {
	other := `<ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(stranger().der) + `</ds:X509Certificate></ds:X509Data>`
	for name, taste := range map[string]xmlsigtest.Taste{
		"as everybody":              {},
		"SHA-384":                   {Signature: xmlsig.RSASHA384, Digest: xmlsig.SHA384},
		"SHA-512":                   {Signature: xmlsig.RSASHA512, Digest: xmlsig.SHA512},
		"with comments":             {C14N: xmlsig.ExcC14NComments, Transforms: []string{xmlsig.Enveloped, xmlsig.ExcC14NComments}},
		"the signature last":        {Last: true},
		"a stranger's cert in it":   {KeyInfo: other},
		"a KeyInfo that is nothing": {KeyInfo: "<ds:KeyName>x</ds:KeyName>"},
	} {
		signed := xmlsigtest.Sign(authnRequest, service().key, taste)
		keys := append(stranger().public(), service().public()...)
		if err := verify(t, signed, keys, xmlsig.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTastesThatAreNot: signatures that are true, and worth nothing.
func TestTastesThatAreNot(t *testing.T) {
	const more = "http://www.w3.org/2001/04/xmldsig-more#"
	for name, taste := range map[string]xmlsigtest.Taste{
		"SHA-1":                {Signature: xmlsig.RSASHA1},
		"a digest by SHA-1":    {Digest: xmlsig.SHA1},
		"MD5":                  {Signature: more + "rsa-md5"},
		"a digest by MD5":      {Digest: more + "md5"},
		"HMAC with the key":    {Signature: xmlsig.Dsig + "hmac-sha1"},
		"no algorithm":         {Signature: "none"},
		"two references":       {References: 2},
		"an empty reference":   {URI: "-"},
		"another's reference":  {URI: "#_other"},
		"a reference outside":  {URI: "https://evil.example/#_r1"},
		"XPath":                {Transforms: []string{xmlsig.Enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116", xmlsig.ExcC14N}},
		"XSLT":                 {Transforms: []string{xmlsig.Enveloped, "http://www.w3.org/TR/1999/REC-xslt-19991116"}},
		"base64":               {Transforms: []string{xmlsig.Enveloped, xmlsig.Dsig + "base64"}},
		"not enveloped":        {Transforms: []string{xmlsig.ExcC14N}},
		"enveloped alone":      {Transforms: []string{xmlsig.Enveloped}},
		"no transforms":        {Transforms: []string{}},
		"enveloped twice":      {Transforms: []string{xmlsig.Enveloped, xmlsig.Enveloped, xmlsig.ExcC14N}},
		"the other way round":  {Transforms: []string{xmlsig.ExcC14N, xmlsig.Enveloped}},
		"canonical otherwise":  {Transforms: []string{xmlsig.Enveloped, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}},
		"canonical twice":      {Transforms: []string{xmlsig.ExcC14N, xmlsig.ExcC14N}},
		"a short HMAC":         {Method: "<ds:HMACOutputLength>1</ds:HMACOutputLength>"},
		"a transform with XML": {Inside: `<x:Inclusive xmlns:x="urn:x"></x:Inclusive>`},
		"many prefixes":        {Inside: `<c:InclusiveNamespaces xmlns:c="` + xmlsig.ExcC14N + `" PrefixList="` + strings.Repeat("a ", 33) + `"></c:InclusiveNamespaces>`},
		"canonical SignedInfo": {C14N: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"},
	} {
		signed := xmlsigtest.Sign(authnRequest, service().key, taste)
		err := verify(t, signed, service().public(), xmlsig.Options{})
		refused(t, err, xmlsig.ErrSignature)
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestSHA1IsAnExceptionOfTheRecord: for who has it, and for nothing weaker.
func TestSHA1IsAnExceptionOfTheRecord(t *testing.T) {
	old := xmlsigtest.Sign(authnRequest, service().key, xmlsigtest.Taste{Signature: xmlsig.RSASHA1, Digest: xmlsig.SHA1})
	if err := verify(t, old, service().public(), xmlsig.Options{SHA1: true}); err != nil {
		t.Error(err)
	}
	md5 := xmlsigtest.Sign(authnRequest, service().key, xmlsigtest.Taste{Signature: "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"})
	refused(t, verify(t, md5, service().public(), xmlsig.Options{SHA1: true}), xmlsig.ErrSignature)
}

// TestKeysThatCount: those of the record, if they are strong and RSA.
func TestKeysThatCount(t *testing.T) {
	elliptic, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed := sign(t, authnRequest, service())
	short := xmlsigtest.Sign(authnRequest, weak().key, xmlsigtest.Taste{})
	refused(t, verify(t, signed, nil, xmlsig.Options{}), xmlsig.ErrSignature)
	refused(t, verify(t, signed, stranger().public(), xmlsig.Options{}), xmlsig.ErrSignature)
	refused(t, verify(t, signed, []crypto.PublicKey{&elliptic.PublicKey, nil}, xmlsig.Options{}), xmlsig.ErrSignature)
	refused(t, verify(t, short, weak().public(), xmlsig.Options{}), xmlsig.ErrSignature)
	if _, err := xmlsig.Sign(parse(t, authnRequest), weak().key, nil); err == nil {
		t.Error("signed by a short key")
	}
}

// TestSignaturesThatAreNone: parts that are missing, doubled or filled with
// something else.
func TestSignaturesThatAreNone(t *testing.T) {
	signed := sign(t, authnRequest, service())
	for name, change := range map[string][2]string{
		"no value":                {"</ds:SignedInfo><ds:SignatureValue>", "</ds:SignedInfo><ds:Other>"},
		"a value that is text":    {"<ds:SignatureValue>", "<ds:SignatureValue>!"},
		"no digest":               {"<ds:DigestValue>", "<ds:DigestValue>!"},
		"a digest that is cut":    {"=</ds:DigestValue>", "</ds:DigestValue>"},
		"parameters":              {`rsa-sha256"></ds:SignatureMethod>`, `rsa-sha256"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>`},
		"another attribute":       {`Version="2.0"`, `Version="2.0" Consent="x"`},
		"another value":           {"https://sp.example/", "https://evil.example/"},
		"an element more":         {"</samlp:AuthnRequest>", "<samlp:Extensions/></samlp:AuthnRequest>"},
		"a space more":            {"</samlp:AuthnRequest>", " </samlp:AuthnRequest>"},
		"another prefix":          {`xmlns:saml="`, `xmlns:x="urn:x" x:y="" xmlns:saml="`},
		"another namespace":       {xmlsig.ExcC14N + `"></ds:Transform>`, xmlsig.ExcC14N + `"><x:InclusiveNamespaces xmlns:x="urn:x"/></ds:Transform>`},
		"an ID that is elsewhere": {"<saml:Issuer>", `<saml:Issuer xml:id="_r1">`},
		"no ID":                   {` ID="_r1"`, ``},
	} {
		changed := strings.Replace(signed, change[0], change[1], 1)
		if name == "no value" {
			changed = strings.Replace(changed, "</ds:SignatureValue>", "</ds:Other>", 1)
		}
		if changed == signed {
			t.Fatalf("%s: nothing changed", name)
		}
		err := verify(t, changed, service().public(), xmlsig.Options{})
		if err == nil {
			t.Errorf("%s: believed", name)
		}
		refused(t, err, xmlsig.ErrSignature)
	}
}

// TestUnsignedIsNotBadlySigned: a door may take the first and never the second.
func TestUnsignedIsNotBadlySigned(t *testing.T) {
	refused(t, verify(t, authnRequest, service().public(), xmlsig.Options{}), xmlsig.ErrUnsigned)
	hidden := strings.Replace(authnRequest, "<samlp:NameIDPolicy", `<x><ds:Signature xmlns:ds="`+xmlsig.Dsig+`"/></x><samlp:NameIDPolicy`, 1)
	refused(t, verify(t, hidden, service().public(), xmlsig.Options{}), xmlsig.ErrSignature)
	if xmlsig.Signed(parse(t, authnRequest)) || !xmlsig.Signed(parse(t, hidden)) {
		t.Error("Signed sees it otherwise")
	}
	if _, err := xmlsig.Verify(nil, service().public(), xmlsig.Options{}); err == nil {
		t.Error("nothing is verified")
	}
}

// TestSignedAndStillRefused: the signature is good and over the root, and there
// is something in it by which another reader could be led astray.
func TestSignedAndStillRefused(t *testing.T) {
	inner := `<ds:Signature xmlns:ds="` + xmlsig.Dsig + `"></ds:Signature>`
	for name, message := range map[string]string{
		"a second signature":        strings.Replace(authnRequest, "</samlp:AuthnRequest>", inner+"</samlp:AuthnRequest>", 1),
		"its ID as xml:id":          strings.Replace(authnRequest, "<saml:Issuer>", `<saml:Issuer xml:id="_r1">`, 1),
		"its ID as somebody's":      strings.Replace(authnRequest, "<samlp:NameIDPolicy", `<samlp:NameIDPolicy Id="_r1"`, 1),
		"its ID as its neighbour's": strings.Replace(authnRequest, "<samlp:NameIDPolicy", `<samlp:NameIDPolicy ID="_r1"`, 1),
	} {
		signed := xmlsigtest.Sign(message, service().key, xmlsigtest.Taste{})
		refused(t, verify(t, signed, service().public(), xmlsig.Options{}), xmlsig.ErrSignature)
		doc, err := xmlsig.Read(signed, xmlsig.Message())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		refused(t, doc.Verify(service().public(), xmlsig.Options{}), xmlsig.ErrSignature)
	}
	deep := strings.Replace(authnRequest, "<samlp:NameIDPolicy", "<samlp:Extensions>"+inner+"</samlp:Extensions><samlp:NameIDPolicy", 1)
	refused(t, verify(t, xmlsigtest.Sign(deep, service().key, xmlsigtest.Taste{}), service().public(), xmlsig.Options{}), xmlsig.ErrSignature)
}

// TestCanonicalFormIsBounded: a long namespace is written again at every element
// that uses it, before the signature is known to be anybody's.
func TestCanonicalFormIsBounded(t *testing.T) {
	signed := strings.Replace(sign(t, authnRequest, service()), "<ds:SignedInfo>",
		`<ds:SignedInfo xmlns:long="urn:`+strings.Repeat("x", 30<<10)+`">`+strings.Repeat("<long:a/>", 200), 1)
	root := parse(t, signed)
	refused(t, func() error { _, err := xmlsig.Verify(root, service().public(), xmlsig.Options{}); return err }(), xmlsig.ErrSignature)
	if n := allocated(func() { _, _ = xmlsig.Verify(root, service().public(), xmlsig.Options{}) }); n > 1<<20 {
		t.Errorf("%d bytes", n)
	}
}
