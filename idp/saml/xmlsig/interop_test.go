// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// idAttributes tell xmlsec1, which reads no schema, what the IDs are.
func idAttributes(names ...string) []string {
	var args []string
	for _, name := range names {
		ns := samlp
		if name == "Assertion" {
			ns = saml
		}
		args = append(args, "--id-attr:ID", ns+":"+name)
	}
	return args
}

// TestXmlsecVerifiesWhatWeSign: both signatures of an answer, by a program that
// has nothing in common with this one.
func TestXmlsecVerifiesWhatWeSign(t *testing.T) {
	tool(t, "xmlsec1")
	root := parse(t, response)
	assertion := xmlsig.Child(root, saml, "Assertion")
	if _, err := xmlsig.Sign(assertion, service().key, service().der); err != nil {
		t.Fatal(err)
	}
	if _, err := xmlsig.Sign(root, service().key, nil); err != nil {
		t.Fatal(err)
	}
	doc := file(t, "response.xml", write(t, root))
	for _, node := range []string{"Response", "Assertion"} {
		args := append([]string{"--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem", service().certFile(t)}, idAttributes("Response", "Assertion")...)
		args = append(args, "--node-xpath", fmt.Sprintf("//*[local-name()='%s']/*[local-name()='Signature']", node), doc)
		if _, err := run(t, "xmlsec1", args...); err != nil {
			t.Errorf("the signature of the %s: %v", node, err)
		}
	}
}

// signTemplate is what xmlsec1 fills in: the signature of a service that has its
// own tastes in prefixes, white space and inclusive namespaces.
func signTemplate(signature, digest, c14n, inclusive string) string {
	return `
  <Signature xmlns="` + xmlsig.Dsig + `">
    <SignedInfo>
      <CanonicalizationMethod Algorithm="` + c14n + `"/>
      <SignatureMethod Algorithm="` + signature + `"/>
      <Reference URI="#_r1">
        <Transforms>
          <Transform Algorithm="` + xmlsig.Enveloped + `"/>
          <Transform Algorithm="` + c14n + `">` + inclusive + `</Transform>
        </Transforms>
        <DigestMethod Algorithm="` + digest + `"/>
        <DigestValue/>
      </Reference>
    </SignedInfo>
    <SignatureValue/>
  </Signature>`
}

// TestWeVerifyWhatXmlsecSigns: each algorithm that is taken, over a document
// that is written in an awkward way.
func TestWeVerifyWhatXmlsecSigns(t *testing.T) {
	tool(t, "xmlsec1")
	const inclusive = `<i:InclusiveNamespaces xmlns:i="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs #default p"/>`
	for _, test := range []struct {
		name, signature, digest, c14n, inclusive string
		options                                  xmlsig.Options
	}{
		{"RSA-SHA256", xmlsig.RSASHA256, xmlsig.SHA256, xmlsig.ExcC14N, "", xmlsig.Options{}},
		{"RSA-SHA384", xmlsig.RSASHA384, xmlsig.SHA384, xmlsig.ExcC14N, "", xmlsig.Options{}},
		{"RSA-SHA512", xmlsig.RSASHA512, xmlsig.SHA512, xmlsig.ExcC14NComments, "", xmlsig.Options{}},
		{"inclusive prefixes", xmlsig.RSASHA256, xmlsig.SHA256, xmlsig.ExcC14N, inclusive, xmlsig.Options{}},
		{"SHA-1 by exception", xmlsig.RSASHA1, xmlsig.SHA1, xmlsig.ExcC14N, "", xmlsig.Options{SHA1: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := strings.Replace(awkward, "SIGNATURE", signTemplate(test.signature, test.digest, test.c14n, test.inclusive), 1)
			args := append([]string{"--sign", "--privkey-pem", service().keyFile(t)}, idAttributes("AuthnRequest")...)
			signed, err := run(t, "xmlsec1", append(args, file(t, "request.xml", doc))...)
			if err != nil {
				t.Fatal(err)
			}
			root, err := xmlsig.Verify(parse(t, signed), service().public(), test.options)
			if err != nil {
				t.Fatalf("verify: %v\n%s", err, signed)
			}
			if issuer := xmlsig.Text(xmlsig.Child(root, saml, "Issuer")); issuer != "https://sp.example/?a=1&b=2" {
				t.Errorf("issuer %q", issuer)
			}
			_, err = xmlsig.Verify(parse(t, signed), stranger().public(), test.options)
			refused(t, err, xmlsig.ErrSignature)
			if test.options.SHA1 {
				_, err = xmlsig.Verify(parse(t, signed), service().public(), xmlsig.Options{})
				refused(t, err, xmlsig.ErrSignature)
			}
		})
	}
}

// awkward has all that a canonical form is about: default namespaces done and
// undone, prefixes that only some use, order, quotes, references, line ends.
const awkward = `<?xml version="1.0" encoding="UTF-8"?>
<p:AuthnRequest xmlns:p="` + samlp + `" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:other" Version='2.0' ID="_r1"
   xmlns:z="urn:z" z:last="&#10;1	2&quot;'" a:first='"&lt;' xmlns:a="urn:a" xml:lang="ca">` + "\r\n" + `
  <Issuer xmlns="` + saml + `">https://sp.example/?a=1&amp;b=2</Issuer>SIGNATURE
  <p:Extensions><plain/><none xmlns=""><z:deep xmlns:z="urn:zz"><a:a/></z:deep><![CDATA[<&>]]>&#13;</none></p:Extensions>
</p:AuthnRequest>
`

// TestXmllintAgreesOnTheCanonicalForm: character by character, for
// whatever fuzzing came up with.
func TestXmllintAgreesOnTheCanonicalForm(t *testing.T) {
	tool(t, "xmllint")
	for _, doc := range append(corpus(t), messages...) {
		root, err := xmlsig.Parse([]byte(doc), xmlsig.Message())
		if err != nil {
			continue
		}
		want, err := run(t, "xmllint", "--exc-c14n", file(t, "doc.xml", doc))
		if err != nil {
			t.Errorf("libxml2 does not read %q", doc)
			continue
		}
		if got, err := xmlsig.Canonical(root); err != nil || string(got) != want {
			t.Errorf("err %v\ngot  %q\nwant %q", err, got, want)
		}
	}
}

// corpus is what fuzzing has found to be worth keeping.
func corpus(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/fuzz/FuzzParse/*")
	if err != nil {
		t.Fatal(err)
	}
	var docs []string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, quoted, _ := strings.Cut(strings.TrimSpace(string(text)), "[]byte(")
		doc, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		docs = append(docs, doc)
	}
	return docs
}

// TestXmlsecDecryptsWhatWeEncrypt, with each cipher.
func TestXmlsecDecryptsWhatWeEncrypt(t *testing.T) {
	tool(t, "xmlsec1")
	for _, algorithm := range []string{xmlsig.AES128GCM, xmlsig.AES256GCM, xmlsig.AES128CBC, xmlsig.AES256CBC} {
		t.Run(algorithm, func(t *testing.T) {
			assertion := xmlsig.Child(parse(t, response), saml, "Assertion")
			data, err := xmlsig.Encrypt(assertion, &service().key.PublicKey, algorithm, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			got, err := run(t, "xmlsec1", "--decrypt", "--privkey-pem", service().keyFile(t), file(t, "data.xml", write(t, data)))
			if err != nil {
				t.Fatal(err)
			}
			if want := write(t, assertion); write(t, parse(t, got)) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestWeDecryptWhatXmlsecEncrypts, with each cipher that we take.
func TestWeDecryptWhatXmlsecEncrypts(t *testing.T) {
	tool(t, "xmlsec1")
	const nameID = `<saml:NameID xmlns:saml="` + saml + `">alice</saml:NameID>`
	for algorithm, session := range map[string]string{
		xmlsig.AES128GCM: "aes-128", xmlsig.AES256GCM: "aes-256",
	} {
		t.Run(algorithm, func(t *testing.T) {
			template := file(t, "template.xml", encryptTemplate(algorithm))
			out, err := run(t, "xmlsec1", "--encrypt", "--pubkey-cert-pem", service().certFile(t), "--session-key", session,
				"--xml-data", file(t, "nameid.xml", nameID), template)
			if err != nil {
				t.Fatal(err)
			}
			holder := parse(t, `<saml:EncryptedID xmlns:saml="`+saml+`">`+withoutDeclaration(out)+`</saml:EncryptedID>`)
			keys := []crypto.Decrypter{stranger().key, service().key}
			got, err := xmlsig.Decrypt(holder, keys, rand.Reader)
			if err != nil || !xmlsig.Is(got, saml, "NameID") || xmlsig.Text(got) != "alice" {
				t.Errorf("decrypt: %v", err)
			}
		})
	}
}

func encryptTemplate(algorithm string) string {
	return `<EncryptedData xmlns="` + xmlsig.Xenc + `" Type="` + xmlsig.Xenc + `Element"><EncryptionMethod Algorithm="` + algorithm + `"/>` +
		`<KeyInfo xmlns="` + xmlsig.Dsig + `"><EncryptedKey xmlns="` + xmlsig.Xenc + `"><EncryptionMethod Algorithm="` + xmlsig.OAEP + `"/>` +
		`<CipherData><CipherValue/></CipherData></EncryptedKey></KeyInfo><CipherData><CipherValue/></CipherData></EncryptedData>`
}

func withoutDeclaration(doc string) string {
	return strings.TrimPrefix(doc, "<?xml version=\"1.0\"?>\n")
}
