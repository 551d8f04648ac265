// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// noon is when the stories of this package happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pair is a key in a self-signed certificate.
type pair struct {
	key crypto.Signer
	der []byte
}

func (p pair) text() string { return base64.StdEncoding.EncodeToString(p.der) }

// pairs are made once for all tests: RSA keys are slow to make.
type pairs struct {
	once                      sync.Once
	first, second, third, fed pair
	short                     pair // RSA of 1024 bits
	curve                     pair
	renewed                   pair // another certificate of first's key, long expired
}

func keysOf(t testing.TB) *pairs {
	t.Helper()
	made.once.Do(func() {
		for _, p := range []*pair{&made.first, &made.second, &made.third, &made.fed} {
			*p = newPair(t, generate(t, 2048), noon)
		}
		made.short = newPair(t, generate(t, 1024), noon)
		curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		made.curve = newPair(t, curve, noon)
		made.renewed = newPair(t, made.first.key, noon.AddDate(-20, 0, 0))
	})
	return &made
}

var made pairs

func generate(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	must(t, err)
	return key
}

func newPair(t testing.TB, key crypto.Signer, from time.Time) pair {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(from.Unix()),
		Subject:      pkix.Name{CommonName: "test"},
		NotBefore:    from.AddDate(-1, 0, 0),
		NotAfter:     from.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	return pair{key, der}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sp writes the metadata of a service provider; tests replace parts of it.
type sp struct {
	entityID   string
	attributes string // of the EntityDescriptor
	role       string // attributes of the SPSSODescriptor
	extensions string
	keys       string
	slo        string
	formats    string
	acs        string
	sets       string
	more       string // after the role
}

func (s sp) xml() []byte { return []byte(s.text()) }

func (s sp) text() string {
	if s.acs == "" {
		s.acs = acs(0, "https://"+s.host()+"/acs")
	}
	return `<md:EntityDescriptor xmlns:md="` + nsMD + `" xmlns:ds="` + xmlsig.Dsig + `" entityID="` + s.entityID + `" ` + s.attributes + `>
  <md:SPSSODescriptor protocolSupportEnumeration="` + protocolSAML2 + `" ` + s.role + `>` +
		s.extensions + s.keys + s.slo + s.formats + s.acs + s.sets + `
  </md:SPSSODescriptor>` + s.more + `
</md:EntityDescriptor>`
}

func (s sp) host() string {
	host := strings.TrimPrefix(s.entityID, "https://")
	host, _, _ = strings.Cut(host, "/")
	return host
}

// wiki is a service provider with nothing special about it.
func wiki() sp { return sp{entityID: "https://wiki.example/saml"} }

func acs(index int, location string) string {
	return fmt.Sprintf(`
    <md:AssertionConsumerService Binding="%s" Location="%s" index="%d"/>`, BindingPOST, location, index)
}

func keyDescriptor(use, certificate string, methods ...string) string {
	attribute := ""
	if use != "" {
		attribute = ` use="` + use + `"`
	}
	text := `
    <md:KeyDescriptor` + attribute + `><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + certificate + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
	for _, m := range methods {
		text += `<md:EncryptionMethod Algorithm="` + m + `"/>`
	}
	return text + `</md:KeyDescriptor>`
}

// aggregate is an EntitiesDescriptor around entities.
func aggregate(attributes string, entities ...string) string {
	return `<md:EntitiesDescriptor xmlns:md="` + nsMD + `" Name="federation" ` + attributes + `>` +
		strings.Join(entities, "\n") + `</md:EntitiesDescriptor>`
}

// until is a validUntil attribute.
func until(t time.Time) string { return `validUntil="` + t.Format(time.RFC3339) + `"` }

// signed signs a document with the key of a federation.
func signed(t testing.TB, document string, by pair) []byte {
	t.Helper()
	doc := etree.NewDocument()
	must(t, doc.ReadFromString(document))
	root := doc.Root()
	root.CreateAttr("ID", "_signed")
	root, err := xmlsig.Sign(root, by.key, by.der)
	must(t, err)
	raw, err := xmlsig.Bytes(root)
	must(t, err)
	return raw
}

// parsed is the provider that a document describes.
func parsed(t testing.TB, raw []byte) Provider {
	t.Helper()
	p, err := Parse(raw, noon, Options{})
	must(t, err)
	return p
}

// codes are the codes of all faults, sorted.
func codes(t testing.TB, err error) []string {
	t.Helper()
	var faults Faults
	if !errors.As(err, &faults) || !errors.Is(err, ErrFaulty) {
		t.Fatalf("%v is no list of faults", err)
	}
	var found []string
	for _, f := range faults {
		if strings.Contains(f.Error(), "%!") {
			t.Errorf("the sentence of %q is broken: %s", f.Code, f.Error())
		}
		found = append(found, f.Code)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// program finds a checker that is not ours, or skips by its name.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// run runs a checker over a document, and returns what it said.
func run(t testing.TB, document []byte, name string, args ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "metadata.xml")
	must(t, os.WriteFile(file, document, 0o600))
	cmd := exec.CommandContext(t.Context(), program(t, name), append(args, file)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}
