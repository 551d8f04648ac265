// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"bytes"
	"crypto"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// full says everything that can be said.
func full(t testing.TB) Own {
	k := keysOf(t)
	return Own{
		EntityID: "https://id.example.coop/saml/metadata",
		SSO:      "https://id.example.coop/saml/sso",
		SLO:      "https://id.example.coop/saml/slo",
		SOAP:     "https://id.example.coop/saml/soap",

		Certificates: [][]byte{k.first.der, k.second.der},
		Signer:       k.first.key,
		Encryption:   [][]byte{k.third.der},
		Scopes:       []string{"id.example.coop", "example.coop"},

		WantAuthnRequestsSigned: true,
		Texts: []Text{
			{Language: "ca", DisplayName: "Clau & companyia", Description: "Una clau per a tot",
				Information: "https://id.example.coop/", Privacy: "https://id.example.coop/privacy",
				Organization: "example", OrganizationDisplayName: "Cooperativa Exemple", OrganizationURL: "https://example.coop/"},
			{Language: "en", DisplayName: "Clau", Privacy: "https://id.example.coop/privacy"},
		},
		Logos:    []Logo{{URL: "https://id.example.coop/logo.png", Width: 80, Height: 60}},
		ErrorURL: "https://id.example.coop/error",
		Contacts: []Contact{
			{Type: "technical", Company: "Example", Given: "Maria", Surname: "Puig", Mails: []string{"admin@example.coop"}},
			{Type: Security, Given: "Incidents", Mails: []string{"mailto:security@example.coop"}},
		},
		EntityAttributes: map[string][]string{EntityCategorySupport: {"http://refeds.org/category/research-and-scholarship"}},
		Now:              noon,
	}
}

// bare says only what must be said.
func bare(t testing.TB) Own {
	k := keysOf(t)
	return Own{
		EntityID: "https://id.example.coop/saml/metadata", SSO: "https://id.example.coop/saml/sso",
		Certificates: [][]byte{k.first.der}, Signer: k.first.key, Now: noon,
	}
}

func described(t testing.TB, o Own) []byte {
	t.Helper()
	raw, err := Describe(o)
	must(t, err)
	return raw
}

// TestP22 is Clau's own metadata, read by strangers' tools.
func TestP22(t *testing.T) {
	t.Run("the schema of OASIS holds", func(t *testing.T) {
		for name, own := range map[string]Own{"full": full(t), "bare": bare(t)} {
			if said, err := validated(t, described(t, own)); err != nil {
				t.Errorf("%s: %s", name, said)
			}
		}
		wrong := bytes.Replace(described(t, bare(t)), []byte("<md:NameIDFormat>"), []byte("<md:SingleSignOnService/><md:NameIDFormat>"), 1)
		if _, err := validated(t, wrong); err == nil {
			t.Error("the check passes anything")
		}
	})
	t.Run("xmlsec1 verifies the signature", func(t *testing.T) {
		raw := described(t, full(t))
		if said, err := verified(t, raw, keysOf(t).first.der); err != nil {
			t.Errorf("%v: %s", err, said)
		}
		if _, err := verified(t, raw, keysOf(t).second.der); err == nil {
			t.Error("it verifies with a key that did not sign")
		}
		if _, err := verified(t, bytes.Replace(raw, []byte("/saml/sso"), []byte("/evil/sso"), 1), keysOf(t).first.der); err == nil {
			t.Error("it verifies after a change")
		}
	})
	t.Run("what it says", func(t *testing.T) {
		root := readBack(t, described(t, full(t)))
		same(t, "validUntil", attr(root, "validUntil"), "2026-03-15T12:00:00Z")
		same(t, "cacheDuration", attr(root, "cacheDuration"), "PT21600S")
		same(t, "first child", root.ChildElements()[0].Tag, "Signature")
		role := xmlsig.Child(root, nsMD, "IDPSSODescriptor")
		same(t, "errorURL", attr(role, "errorURL"), "https://id.example.coop/error")
		same(t, "WantAuthnRequestsSigned", attr(role, "WantAuthnRequestsSigned"), "true")
		same(t, "formats", texts(role, nsMD, "NameIDFormat"), NameIDPersistent+" "+NameIDTransient+" "+NameIDEmailAddress)
		same(t, "certificates", uses(role), "signing signing encryption")
		extensions := xmlsig.Child(role, nsMD, "Extensions")
		same(t, "scopes", texts(extensions, nsShibMD, "Scope"), "id.example.coop example.coop")
		same(t, "regexp", attr(xmlsig.Children(extensions, nsShibMD, "Scope")[0], "regexp"), "false")
		info := xmlsig.Child(extensions, nsUI, "UIInfo")
		same(t, "name", texts(info, nsUI, "DisplayName"), "Clau & companyia Clau")
		same(t, "logouts", bindings(role, "SingleLogoutService"), "HTTP-Redirect HTTP-POST SOAP")
		same(t, "sign-ons", bindings(role, "SingleSignOnService"), "HTTP-Redirect HTTP-POST")
		contacts := xmlsig.Children(root, nsMD, "ContactPerson")
		same(t, "mail", texts(contacts[1], nsMD, "EmailAddress"), "mailto:security@example.coop")
		kind, _ := xmlsig.AttrNS(contacts[1], nsREMD, "contactType")
		same(t, "security contact", attr(contacts[1], "contactType")+" "+kind, "other http://refeds.org/metadata/contactType/security")
	})
	t.Run("what is not there is not said", func(t *testing.T) {
		raw := string(described(t, bare(t)))
		for _, word := range []string{"WantAuthnRequestsSigned", "SingleLogoutService", "UIInfo", "Scope", "Organization", "ContactPerson", "encryption", "errorURL"} {
			if strings.Contains(raw, "<md:"+word) || strings.Contains(raw, word+"=") || strings.Contains(raw, `"`+word+`"`) {
				t.Errorf("it speaks of %s", word)
			}
		}
	})
	t.Run("equal input gives equal bytes", func(t *testing.T) {
		if !bytes.Equal(described(t, full(t)), described(t, full(t))) {
			t.Error("it differs")
		}
	})
	t.Run("SimpleSAMLphp imports it", func(t *testing.T) {
		said := imported(t, described(t, full(t)))
		for _, want := range []string{
			`signing 2, encryption 1`, `scopes id.example.coop example.coop`, `requests signed`,
			`sign-on https://id.example.coop/saml/sso`, `log-out https://id.example.coop/saml/slo`,
			`first format ` + NameIDPersistent, `name Clau & companyia`, `until 2026-03-15T12:00:00+00:00`,
			`signature holds`, `other key does not`,
		} {
			if !strings.Contains(said, want+"\n") {
				t.Errorf("it does not say %q:\n%s", want, said)
			}
		}
	})
	t.Run("our own reader verifies it too", func(t *testing.T) {
		doc, err := xmlsig.Read(string(described(t, full(t))), xmlsig.Metadata())
		must(t, err)
		must(t, doc.Verify([]crypto.PublicKey{keysOf(t).first.key.Public()}, xmlsig.Options{}))
	})
}

// TestNothingIsDescribedByHalf: without a name, an address or a key there is no
// identity provider, and an empty document would be believed.
func TestNothingIsDescribedByHalf(t *testing.T) {
	for name, spoil := range map[string]func(*Own){
		"name":        func(o *Own) { o.EntityID = "" },
		"address":     func(o *Own) { o.SSO = "" },
		"certificate": func(o *Own) { o.Certificates = nil },
		"key":         func(o *Own) { o.Signer = nil },
	} {
		own := full(t)
		spoil(&own)
		if _, err := Describe(own); err == nil {
			t.Errorf("described without a %s", name)
		}
	}
}

func validated(t *testing.T, raw []byte) (string, error) {
	t.Helper()
	schema := filepath.Join("..", "..", "..", "testdata", "saml", "schema", "saml-schema-metadata-2.0.xsd")
	return run(t, raw, "xmllint", "--nonet", "--noout", "--schema", schema)
}

func verified(t *testing.T, raw, der []byte) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cert.pem")
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	said, err := run(t, raw, "xmlsec1", "--verify", "--enabled-key-data", "rsa",
		"--id-attr:ID", nsMD+":EntityDescriptor", "--pubkey-cert-pem", file)
	if err == nil && !strings.Contains(said, "OK") {
		err = errors.New("it did not say OK")
	}
	return said, err
}

// imported is what SimpleSAMLphp makes of a document.
func imported(t *testing.T, raw []byte) string {
	t.Helper()
	const library = "/usr/share/simplesamlphp/lib/_autoload.php"
	if _, err := os.Stat(library); err != nil {
		t.Skip("simplesamlphp is not installed")
	}
	dir := t.TempDir()
	for name, p := range map[string]pair{"first.crt": keysOf(t).first, "second.crt": keysOf(t).second} {
		must(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.der}), 0o600))
	}
	script := filepath.Join(dir, "import.php")
	must(t, os.WriteFile(script, []byte(`<?php
		require '`+library+`';
		\SimpleSAML\Configuration::loadFromArray(['certdir' => __DIR__ . '/'], '', 'simplesaml');
		$parser = \SimpleSAML\Metadata\SAMLParser::parseString(file_get_contents($argv[1]));
		$idp = $parser->getMetadata20IdP();
		$count = fn($use) => count(array_filter($idp['keys'], fn($key) => $key[$use]));
		echo "signing {$count('signing')}, encryption {$count('encryption')}\n";
		echo 'scopes ', implode(' ', $idp['scope']), "\n";
		echo $idp['sign.authnrequest'] ? "requests signed\n" : '';
		echo 'sign-on ', $idp['SingleSignOnService'][0]['Location'], "\n";
		echo 'log-out ', $idp['SingleLogoutService'][0]['Location'], "\n";
		echo 'first format ', $idp['NameIDFormats'][0], "\n";
		echo 'name ', $idp['UIInfo']['DisplayName']['ca'], "\n";
		echo 'until ', date('c', $idp['expire']), "\n";
		echo $parser->validateSignature(['first.crt']) ? "signature holds\n" : "signature does not hold\n";
		echo $parser->validateSignature(['second.crt']) ? "other key, too\n" : "other key does not\n";
	`), 0o600))
	said, err := run(t, raw, "php", "-d", "date.timezone=UTC", script)
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return said
}

func readBack(t *testing.T, raw []byte) *etree.Element {
	t.Helper()
	root, err := xmlsig.Parse(raw, xmlsig.Metadata())
	must(t, err)
	return root
}

func attr(el *etree.Element, name string) string {
	value, _ := xmlsig.Attr(el, name)
	return value
}

func texts(el *etree.Element, ns, name string) string {
	var found []string
	for _, child := range xmlsig.Children(el, ns, name) {
		found = append(found, xmlsig.Text(child))
	}
	return strings.Join(found, " ")
}

func uses(role *etree.Element) string {
	var found []string
	for _, key := range xmlsig.Children(role, nsMD, "KeyDescriptor") {
		found = append(found, attr(key, "use"))
	}
	return strings.Join(found, " ")
}

func bindings(role *etree.Element, name string) string {
	var found []string
	for _, el := range xmlsig.Children(role, nsMD, name) {
		binding := attr(el, "Binding")
		found = append(found, binding[strings.LastIndex(binding, ":")+1:])
	}
	return strings.Join(found, " ")
}

func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, not %v", what, got, want)
	}
}

func sameAll(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, not %v", what, got, want)
	}
}
