// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// answer is what a service received, read as a careful one does.
type answer struct {
	t      testing.TB
	action string
	relay  string
	raw    []byte
	root   *etree.Element
	by     *pair // whose signature counts
}

// answered ends the test unless the page hands a response to a service.
func (p *page) answered() *answer {
	p.b.w.t.Helper()
	if !p.form.Has("SAMLResponse") {
		p.b.w.t.Fatalf("no answer at %s (%d): %.600s", p.path, p.status, text(p.body))
	}
	raw, err := base64.StdEncoding.DecodeString(p.form.Get("SAMLResponse"))
	p.b.w.must(err)
	root, err := xmlsig.Parse(raw, xmlsig.Aggregate())
	p.b.w.must(err)
	return &answer{p.b.w.t, p.action, p.form.Get("RelayState"), raw, root, p.b.w.certs}
}

// refused ends the test unless the answer is a signed refusal with these codes.
func (p *page) refused(codes ...string) *answer {
	p.b.w.t.Helper()
	a := p.answered()
	a.verified(a.root)
	if got := a.status(); strings.Join(got, " ") != strings.Join(codes, " ") {
		a.t.Fatalf("status %q, want %q", got, codes)
	}
	if strings.Contains(string(a.raw), "Assertion ") {
		a.t.Fatal("a refusal with an assertion")
	}
	return a
}

// granted ends the test unless the answer is a signed success.
func (p *page) granted() *answer {
	p.b.w.t.Helper()
	a := p.answered()
	a.verified(a.root)
	if got := a.status(); len(got) != 1 || got[0] != statusSuccess {
		a.t.Fatalf("status %q", got)
	}
	return a
}

// status are the codes from the outermost in.
func (a *answer) status() []string {
	var codes []string
	for el := xmlsig.Child(a.root, nsProtocol, "Status"); ; {
		if el = xmlsig.Child(el, nsProtocol, "StatusCode"); el == nil {
			return codes
		}
		value, _ := xmlsig.Attr(el, "Value")
		codes = append(codes, value)
	}
}

// verified returns an element as its signature vouches for it, to a library that
// service providers use. Other signatures may stand within.
func (a *answer) verified(el *etree.Element) *etree.Element {
	a.t.Helper()
	raw, err := xmlsig.Bytes(el)
	a.must(err)
	doc := etree.NewDocument()
	a.must(doc.ReadFromBytes(raw))
	cert := certificateOf(a.t, a.by.der)
	context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{cert}})
	context.Clock = dsig.NewFakeClockAt(cert.NotBefore)
	proven, err := context.Validate(doc.Root())
	if err != nil {
		a.t.Fatalf("%v: %s", err, raw)
	}
	return proven
}

func (a *answer) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// assertion is the only one, unverified and in clear.
func (a *answer) assertion() *etree.Element {
	a.t.Helper()
	el := xmlsig.Child(a.root, nsAssertion, "Assertion")
	if el == nil {
		a.t.Fatalf("no assertion in %s", a.raw)
	}
	return el
}

// opened decrypts the assertion with a service's key.
func (a *answer) opened(by *pair) *answer {
	a.t.Helper()
	hidden := xmlsig.Child(a.root, nsAssertion, "EncryptedAssertion")
	if hidden == nil {
		a.t.Fatalf("nothing is encrypted in %s", a.raw)
	}
	el, err := xmlsigtest.Open(hidden, by.key)
	a.must(err)
	clear := *a
	clear.root = etree.NewElement("clear")
	clear.root.AddChild(el)
	return &clear
}

// at follows names of assertion elements down from the assertion.
func (a *answer) at(names ...string) *etree.Element {
	a.t.Helper()
	el := a.assertion()
	for _, name := range names {
		if el = xmlsig.Child(el, nsAssertion, name); el == nil {
			a.t.Fatalf("no %s in %s", strings.Join(names, "/"), a.raw)
		}
	}
	return el
}

func (a *answer) nameID() nameID { return readNameID(a.at("Subject", "NameID")) }

func (a *answer) class() string {
	return xmlsig.Text(a.at("AuthnStatement", "AuthnContext", "AuthnContextClassRef"))
}

// attributes are the values by name. One that stands twice ends the test.
func (a *answer) attributes() map[string][]string {
	a.t.Helper()
	out := map[string][]string{}
	statement := xmlsig.Child(a.assertion(), nsAssertion, "AttributeStatement")
	for _, el := range xmlsig.Children(statement, nsAssertion, "Attribute") {
		name, _ := xmlsig.Attr(el, "Name")
		if _, twice := out[name]; twice {
			a.t.Fatalf("%s stands twice", name)
		}
		out[name] = []string{}
		for _, v := range xmlsig.Children(el, nsAssertion, "AttributeValue") {
			out[name] = append(out[name], xmlsig.Text(v))
		}
	}
	return out
}

func (a *answer) has(want map[string]string) {
	a.t.Helper()
	got := a.attributes()
	for name, values := range want {
		if strings.Join(got[name], "|") != values {
			a.t.Errorf("%s is %q, want %q", name, got[name], values)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		a.t.Errorf("and nobody asked for %v", got)
	}
}

func attrOf(el *etree.Element, name string) string {
	value, _ := xmlsig.Attr(el, name)
	return value
}

func (a *answer) moment(el *etree.Element, name string) time.Time {
	a.t.Helper()
	at, err := time.Parse(time.RFC3339, attrOf(el, name))
	if err != nil {
		a.t.Fatalf("%s: %v", name, err)
	}
	return at
}

// valid holds the answer against the schema of the standard, and its signatures
// against the tool that most service providers use.
func (a *answer) valid(signed ...string) *answer {
	a.t.Helper()
	schema := filepath.Join("..", "..", "testdata", "saml", "schema", "saml-schema-protocol-2.0.xsd")
	a.tool("xmllint", "--nonet", "--noout", "--schema", schema)
	cert := filepath.Join(a.dir(), "cert.pem")
	a.must(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.by.der}), 0o600))
	for _, el := range signed {
		space := nsProtocol
		if el == "Assertion" {
			space = nsAssertion
		}
		a.tool("xmlsec1", "--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem", cert,
			"--id-attr:ID", nsProtocol+":Response", "--id-attr:ID", nsAssertion+":Assertion",
			"--node-xpath", "//*[local-name()='"+el+"' and namespace-uri()='"+space+"']/*[local-name()='Signature']")
	}
	return a
}

func (a *answer) tool(name string, args ...string) {
	a.t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		a.t.Skipf("%s is not installed", name)
	}
	file := filepath.Join(a.dir(), "answer.xml")
	a.must(os.WriteFile(file, a.raw, 0o600))
	said, err := exec.Command(name, append(args, file)...).CombinedOutput()
	if err != nil {
		a.t.Fatalf("%s: %v: %s\n%s", name, err, said, a.raw)
	}
}

// certificateOf is for reading what Clau publishes.
func certificateOf(t testing.TB, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dir is for files that tools read. Its name is plain: a comma means something
// to xmlsec1.
func (a *answer) dir() string {
	a.t.Helper()
	dir, err := os.MkdirTemp("", "saml-answer")
	a.must(err)
	a.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
