// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"io"
	"runtime"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// BenchmarkRSA is the one thing in a sign-on that cannot be had for less: one
// signature by RSA-2048. The others are to be read beside it.
func BenchmarkRSA(b *testing.B) {
	sum := sha256.Sum256([]byte(response))
	for b.Loop() {
		if _, err := rsa.SignPKCS1v15(rand.Reader, service().key, crypto.SHA256, sum[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSign is an answer with two signatures: the assertion's and its own.
func BenchmarkSign(b *testing.B) { benchmarkAnswer(b, service().key) }

// BenchmarkSignWithoutRSA is what the two signatures cost beyond RSA.
func BenchmarkSignWithoutRSA(b *testing.B) { benchmarkAnswer(b, idle{service().key}) }

// idle signs without doing anything.
type idle struct{ crypto.Signer }

func (idle) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, 256), nil
}

func benchmarkAnswer(b *testing.B, key crypto.Signer) {
	root := parse(b, response)
	b.ReportAllocs()
	for b.Loop() {
		answer := root.Copy()
		if _, err := xmlsig.Sign(xmlsig.Child(answer, saml, "Assertion"), key, service().der); err != nil {
			b.Fatal(err)
		}
		if _, err := xmlsig.Sign(answer, key, service().der); err != nil {
			b.Fatal(err)
		}
		write(b, answer)
	}
}

// BenchmarkEncrypt is what hiding the assertion adds.
func BenchmarkEncrypt(b *testing.B) {
	assertion := xmlsig.Child(parse(b, response), saml, "Assertion")
	for b.Loop() {
		if _, err := xmlsig.Encrypt(assertion, &service().key.PublicKey, xmlsig.AES256GCM, rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRequest is the way in: inflate, read, verify.
func BenchmarkRequest(b *testing.B) {
	message := xmlsig.Deflate([]byte(sign(b, authnRequest, service())))
	b.ReportAllocs()
	for b.Loop() {
		raw, err := xmlsig.Inflate(message)
		if err != nil {
			b.Fatal(err)
		}
		root, err := xmlsig.Parse(raw, xmlsig.Message())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := xmlsig.Verify(root, service().public(), xmlsig.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// bombs are what 10 KB by an unknown sender can be, at worst.
var bombs = map[string][]byte{
	"elements":     xmlsig.Deflate([]byte(strings.Repeat("<b/>", 7<<20/4))),
	"elements fit": xmlsig.Deflate([]byte("<a>" + strings.Repeat("<b/>", 16<<10-10) + "</a>")),
	"spaces":       xmlsig.Deflate([]byte("<a>" + strings.Repeat(" ", 64<<10-10) + "</a>")),
	"depth":        xmlsig.Deflate([]byte(strings.Repeat("<b>", 20<<10))),
	"an attribute": xmlsig.Deflate([]byte(`<a b="` + strings.Repeat("&amp;", 13000) + `"/>`)),
	"attributes":   xmlsig.Deflate([]byte("<a " + strings.Repeat(`b="" `, 13000) + "/>")),
	"namespaces":   xmlsig.Deflate([]byte(namespaces())),
	"one name":     xmlsig.Deflate([]byte(oneName())),
	"sections":     xmlsig.Deflate([]byte("<a>" + strings.Repeat("<![CDATA[a]]>", 5000) + "</a>")),
}

// namespaces has as many names to look up, among as many, as the limits allow.
func namespaces() string {
	var doc strings.Builder
	doc.WriteString("<a>")
	for i := range 4 {
		doc.WriteString("<a")
		for j := range 5 {
			doc.WriteString(" xmlns:" + string(rune('a'+i)) + strings.Repeat("n", j%26+1) + string(rune('a'+j/26)) + `="u"`)
		}
		doc.WriteString(">")
	}
	for range 400 {
		doc.WriteString("<an")
		doc.WriteString("a:x/>")
	}
	doc.WriteString("</a></a></a></a></a>")
	return doc.String()
}

// oneName has one name in as many namespaces at as many elements.
func oneName() string {
	var doc, attributes strings.Builder
	doc.WriteString("<a>")
	doc.WriteString("<a")
	for i := range 23 {
		name := "n" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		doc.WriteString(" xmlns:" + name + `="u` + name + `"`)
		attributes.WriteString(" " + name + `:x=""`)
	}
	doc.WriteString(">")
	doc.WriteString(strings.Repeat("<b"+attributes.String()+"/>", 270))
	doc.WriteString("</a></a>")
	return doc.String()
}

func read(bomb []byte) {
	raw, err := xmlsig.Inflate(bomb)
	if err == nil {
		_, _ = xmlsig.Parse(raw, xmlsig.Message())
	}
}

// BenchmarkBomb: none may cost more than 2 ms.
func BenchmarkBomb(b *testing.B) {
	for name, bomb := range bombs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read(bomb)
			}
		})
	}
}

// TestBombsAllocateLittle: ten kilobytes of anything make no megabyte of garbage.
func TestBombsAllocateLittle(t *testing.T) {
	for name, bomb := range bombs {
		if len(bomb) > 12<<10 {
			t.Errorf("%s: %d bytes are no bomb", name, len(bomb))
		}
		if n := allocated(func() { read(bomb) }); n > 1<<20 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// TestAggregatesAreNotHeldTwice: what is made of an aggregate, in all and not only
// at once, is no more than its own length.
func TestAggregatesAreNotHeldTwice(t *testing.T) {
	text := signedAggregate(t, 300)
	if n := allocated(func() { load(t, text) }); n > uint64(len(text)) {
		t.Errorf("%d bytes for %d", n, len(text))
	}
}

// allocated is how many bytes a function allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	do() // what is made once is made
	runtime.GC()
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkAggregate is a federation of 5000 entities: read, verified, and each
// made into a tree.
func BenchmarkAggregate(b *testing.B) {
	text := signedAggregate(b, 5000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if n := load(b, text); n != 5000 {
			b.Fatal(n)
		}
	}
}

func signedAggregate(b testing.TB, n int) string {
	root, err := xmlsig.Parse([]byte(aggregate(n)), xmlsig.Aggregate())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := xmlsig.Sign(root, service().key, nil); err != nil {
		b.Fatal(err)
	}
	return write(b, root)
}

func load(b testing.TB, text string) (n int) {
	doc := readDocument(b, text)
	if err := doc.Verify(service().public(), xmlsig.Options{}); err != nil {
		b.Fatal(err)
	}
	for range doc.Each(md, "EntitiesDescriptor", "EntityDescriptor") {
		n++
	}
	return n
}
