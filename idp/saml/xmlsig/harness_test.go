// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

const (
	samlp = "urn:oasis:names:tc:SAML:2.0:protocol"
	saml  = "urn:oasis:names:tc:SAML:2.0:assertion"
)

// party is somebody with a key and a certificate of their own making.
type party struct {
	key *rsa.PrivateKey
	der []byte
}

func (p party) public() []crypto.PublicKey { return []crypto.PublicKey{&p.key.PublicKey} }

var newParty = func(bits int) func() party {
	return sync.OnceValue(func() party {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sp.example"},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			panic(err)
		}
		return party{key, der}
	})
}

// The people of these tests: a service, a stranger to it, and one whose key is
// as short as keys were once.
var service, stranger, weak = newParty(2048), newParty(2048), newParty(1024)

// authnRequest is what a service sends.
const authnRequest = `<samlp:AuthnRequest xmlns:samlp="` + samlp + `" xmlns:saml="` + saml + `" ID="_r1" Version="2.0" ` +
	`IssueInstant="2026-11-22T10:00:00Z" Destination="https://id.example.coop/saml/sso">` +
	`<saml:Issuer>https://sp.example/</saml:Issuer>` +
	`<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" AllowCreate="true"/>` +
	`</samlp:AuthnRequest>`

// logoutRequest is another.
const logoutRequest = `<samlp:LogoutRequest xmlns:samlp="` + samlp + `" xmlns:saml="` + saml + `" ID="_l1" Version="2.0" ` +
	`IssueInstant="2026-11-22T10:00:00Z" NotOnOrAfter="2026-11-22T10:05:00Z">` +
	`<saml:Issuer>https://sp.example/</saml:Issuer><saml:NameID>alice</saml:NameID>` +
	`<samlp:SessionIndex>one</samlp:SessionIndex></samlp:LogoutRequest>`

// response is what Clau answers, before it is signed.
const response = `<samlp:Response xmlns:samlp="` + samlp + `" xmlns:saml="` + saml + `" ID="_p1" Version="2.0" ` +
	`IssueInstant="2026-11-22T10:00:00Z" InResponseTo="_r1"><saml:Issuer>https://id.example.coop/saml/metadata</saml:Issuer>` +
	`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
	`<saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
	`ID="_a1" Version="2.0" IssueInstant="2026-11-22T10:00:00Z"><saml:Issuer>https://id.example.coop/saml/metadata</saml:Issuer>` +
	`<saml:Subject><saml:NameID>q2w3e4r5t6y7u2i3o4p5a6s7d2f3g4h5</saml:NameID></saml:Subject>` +
	`<saml:AttributeStatement><saml:Attribute Name="displayName"><saml:AttributeValue xsi:type="xs:string">Núria &lt;i&gt; &amp; 'co' "x"` +
	"\r\n\ttab" + `</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`

func parse(t testing.TB, doc string) *etree.Element {
	t.Helper()
	root, err := xmlsig.Parse([]byte(doc), xmlsig.Metadata())
	if err != nil {
		t.Fatalf("parse: %v\n%.1000s", err, doc)
	}
	return root
}

func sign(t testing.TB, doc string, by party) string {
	t.Helper()
	el, err := xmlsig.Sign(parse(t, doc), by.key, by.der)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	return write(t, el)
}

func write(t testing.TB, el *etree.Element) string {
	t.Helper()
	octets, err := xmlsig.Bytes(el)
	if err != nil {
		t.Fatalf("bytes: %v", err)
	}
	return string(octets)
}

// refused fails the test unless err is of that kind.
func refused(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want: %v", err, kind)
	}
}

// tool skips the test by name if a program is not installed.
func tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

// run runs a program over files, and returns what it wrote.
func run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if err != nil {
		t.Logf("%s %s: %v\n%s", name, strings.Join(args, " "), err, complaint.String())
	}
	return out.String(), err
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (p party) certFile(t *testing.T) string {
	t.Helper()
	return file(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.der})))
}

func (p party) keyFile(t *testing.T) string {
	t.Helper()
	der := x509.MarshalPKCS1PrivateKey(p.key)
	return file(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})))
}
