// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// TestStrangersSignature: an aggregate as a federation's own tools sign it.
func TestStrangersSignature(t *testing.T) {
	k := keysOf(t)
	raw := string(signedElsewhere(t, federationOf(t, 50, nil), k.fed))
	doc, err := xmlsig.Read(raw, xmlsig.Aggregate())
	must(t, err)
	must(t, doc.Verify([]crypto.PublicKey{k.first.key.Public(), k.fed.key.Public()}, xmlsig.Options{}))
	doc, err = xmlsig.Read(strings.Replace(raw, "/slo", "/sloe", 1), xmlsig.Aggregate())
	must(t, err)
	if doc.Verify([]crypto.PublicKey{k.fed.key.Public()}, xmlsig.Options{}) == nil {
		t.Error("it verifies after a change")
	}
}

// federationOf writes an aggregate of n entities as large as real ones are.
func federationOf(t testing.TB, n int, broken map[int]sp) string {
	k := keysOf(t)
	entities := make([]string, n)
	for i := range n {
		provider, odd := broken[i]
		if !odd {
			provider = sp{entityID: fmt.Sprintf("https://sp%d.example/saml", i)}
			provider.extensions = uiInfo(fmt.Sprintf(`<mdui:DisplayName xml:lang="en">Service %d</mdui:DisplayName><mdui:Description xml:lang="en">%s</mdui:Description>`, i, long(120)))
			provider.keys = keyDescriptor("", k.first.text(), xmlsig.AES128GCM, xmlsig.OAEP)
			provider.slo = `<md:SingleLogoutService Binding="` + BindingRedirect + `" Location="https://` + provider.host() + `/slo"/>`
			provider.formats = `<md:NameIDFormat>` + NameIDPersistent + `</md:NameIDFormat>`
		}
		entities[i] = provider.text()
	}
	return aggregate(until(noon.AddDate(0, 0, 14))+` cacheDuration="PT6H"`, entities...)
}

// threeBroken are entities that are no good, each in another way.
func threeBroken(t testing.TB) map[int]sp {
	return map[int]sp{
		7:    {entityID: "https://sp7.example/saml", role: `cacheDuration="one hour"`},
		1000: {entityID: "https://sp1000.example/saml", keys: keyDescriptor("encryption", "")},
		4999: {entityID: "https://sp4999.example/saml", acs: acs(0, "http://sp4999.example/acs")},
	}
}

// TestP24: of five thousand entities three are broken, and nobody else notices.
func TestP24(t *testing.T) {
	raw := []byte(federationOf(t, 5000, threeBroken(t)))
	usable, broken := 0, map[string][]string{}
	for e, err := range Split(raw, noon, Options{}) {
		var b *Broken
		switch {
		case err == nil:
			usable++
			same(t, "the federation's end is everybody's", e.ValidUntil, noon.AddDate(0, 0, 14))
		case errors.As(err, &b):
			broken[b.EntityID] = codes(t, err)
		default:
			t.Fatal(err)
		}
	}
	same(t, "usable", usable, 4997)
	same(t, "broken", len(broken), 3)
	sameAll(t, "role", broken["https://sp7.example/saml"], []string{"duration"})
	sameAll(t, "key", broken["https://sp1000.example/saml"], []string{"key-unreadable"})
	sameAll(t, "consumer", broken["https://sp4999.example/saml"], []string{"address-https"})
}

// TestSplitOff: what is taken out of an aggregate stands alone, with the
// namespaces and the end of what it was in, and no more than that.
func TestSplitOff(t *testing.T) {
	entity := strings.Replace(wiki().text(), ` xmlns:md="`+nsMD+`"`, "", 1)
	entity = strings.Replace(entity, ">", `><ds:Signature><ds:SignedInfo/></ds:Signature>`, 1)
	document := `<md:EntitiesDescriptor xmlns:md="` + nsMD + `" ` + until(noon.Add(2*time.Hour)) + ` cacheDuration="PT1H">
		<md:EntitiesDescriptor ` + until(noon.Add(time.Hour)) + `>` + entity + `</md:EntitiesDescriptor></md:EntitiesDescriptor>`
	for e, err := range Split([]byte(document), noon, Options{}) {
		must(t, err)
		alone, err := e.XML()
		must(t, err)
		if strings.Contains(string(alone), "Signature") {
			t.Error("a signature over something else stayed")
		}
		p := parsed(t, alone)
		same(t, "entity", p.EntityID, "https://wiki.example/saml")
		same(t, "until", p.ValidUntil, noon.Add(time.Hour))
		same(t, "duration", p.CacheDuration, time.Hour)
		_, err = Parse(alone, noon.Add(time.Hour), Options{})
		sameAll(t, "later", codes(t, err), []string{"expired"})
	}
}

// TestSplitStops when the reader has what they wanted.
func TestSplitStops(t *testing.T) {
	times := 0
	for range Split([]byte(federationOf(t, 5, nil)), noon, Options{}) {
		times++
		break
	}
	same(t, "times", times, 1)
}

// TestSplitRefuses what is not XML as a whole: nothing of it is read.
func TestSplitRefuses(t *testing.T) {
	for _, document := range []string{"", "x", `<!DOCTYPE x>` + aggregate("", wiki().text()), aggregate("", wiki().text()) + "x", `<a><b></a>`} {
		times := 0
		for _, err := range Split([]byte(document), noon, Options{}) {
			times++
			sameAll(t, clip(document), codes(t, err), []string{"xml"})
		}
		same(t, "answers", times, 1)
	}
	for range Split([]byte(`<html/>`), noon, Options{}) {
		t.Error("an entity in a page")
	}
}

// TestSelected: an admin hands in a file and says which entity is meant.
func TestSelected(t *testing.T) {
	bad := sp{entityID: "https://bad.example/saml", keys: keyDescriptor("", "x")}
	many := []byte(aggregate(fortnight(), wiki().text(), bad.text(), shop().text()))
	c, err := Select(many, "https://shop.example/saml", noon, Options{})
	must(t, err)
	same(t, "one of many", parsed(t, c.Metadata).EntityID, "https://shop.example/saml")
	c, err = Select(wiki().xml(), "", noon, Options{})
	must(t, err)
	same(t, "the only one", c.Provider.EntityID, "https://wiki.example/saml")
	_, err = Select(many, "https://bad.example/saml", noon, Options{})
	sameAll(t, "a broken one", codes(t, err), []string{"key-unreadable"})
	_, err = Select(many, "", noon, Options{})
	sameAll(t, "which one?", codes(t, err), []string{"aggregate"})
	_, err = Select(many, "https://shop.example/saml", noon.AddDate(0, 0, 14), Options{})
	sameAll(t, "too late", codes(t, err), []string{"expired"})
	_, err = Select(many, "https://nobody.example/", noon, Options{})
	is(t, err, ErrEntity)
	_, err = Select([]byte("<html/>"), "", noon, Options{})
	sameAll(t, "a page", codes(t, err), []string{"not-metadata"})
	_, err = Select([]byte("x"), "", noon, Options{})
	sameAll(t, "no XML", codes(t, err), []string{"xml"})
}

// TestOthersAreNotEntities: only what stands in groups of metadata is one.
func TestOthersAreNotEntities(t *testing.T) {
	document := aggregate("", wiki().text(),
		`<md:Extensions>`+sp{entityID: "https://evil.example/"}.text()+`</md:Extensions>`,
		`<e:EntitiesDescriptor xmlns:e="urn:evil">`+sp{entityID: "https://evil.example/"}.text()+`</e:EntitiesDescriptor>`)
	var found []string
	for e, err := range Split([]byte(document), noon, Options{}) {
		must(t, err)
		found = append(found, e.EntityID)
	}
	sameAll(t, "entities", slices.Compact(found), []string{"https://wiki.example/saml"})
}

// BenchmarkAggregate loads a signed federation: verified, split, and every entity
// parsed. The bound is 3 s and 150 MB.
func BenchmarkAggregate(b *testing.B) {
	raw := string(signedElsewhere(b, federationOf(b, 5000, threeBroken(b)), keysOf(b).fed))
	keys := []crypto.PublicKey{keysOf(b).fed.key.Public()}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := xmlsig.Read(raw, xmlsig.Aggregate())
		must(b, err)
		must(b, doc.Verify(keys, xmlsig.Options{}))
		all := make([]Provider, 0, 5000)
		for el := range doc.Each(nsMD, "EntitiesDescriptor", "EntityDescriptor") {
			p, err := parseEntity(el, noon, Options{})
			if err == nil {
				all = append(all, p)
			}
		}
		if len(all) != 4997 {
			b.Fatal(len(all))
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapSys)/(1<<20), "MB-heap")
	}
}

// signedElsewhere has xmlsec1 sign an aggregate, as a federation's tools do: Clau
// itself signs nothing of that size.
func signedElsewhere(t testing.TB, document string, by pair) []byte {
	t.Helper()
	template := ` ID="_fed"><ds:Signature xmlns:ds="` + xmlsig.Dsig + `"><ds:SignedInfo>` +
		`<ds:CanonicalizationMethod Algorithm="` + xmlsig.ExcC14N + `"/><ds:SignatureMethod Algorithm="` + xmlsig.RSASHA256 + `"/>` +
		`<ds:Reference URI="#_fed"><ds:Transforms><ds:Transform Algorithm="` + xmlsig.Enveloped + `"/><ds:Transform Algorithm="` + xmlsig.ExcC14N + `"/></ds:Transforms>` +
		`<ds:DigestMethod Algorithm="` + xmlsig.SHA256 + `"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>`
	der, err := x509.MarshalPKCS8PrivateKey(by.key)
	must(t, err)
	key := filepath.Join(t.TempDir(), "key.pem")
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	out := filepath.Join(t.TempDir(), "signed.xml")
	said, err := run(t, []byte(strings.Replace(document, ">", template, 1)), "xmlsec1", "--sign",
		"--id-attr:ID", nsMD+":EntitiesDescriptor", "--privkey-pem", key, "--output", out)
	if err != nil {
		t.Fatal(said)
	}
	raw, err := os.ReadFile(out)
	must(t, err)
	return raw
}

// BenchmarkParse is the metadata of one service.
func BenchmarkParse(b *testing.B) {
	provider := wiki()
	provider.keys = keyDescriptor("", keysOf(b).first.text())
	raw := provider.xml()
	b.ReportAllocs()
	for b.Loop() {
		_, err := Parse(raw, noon, Options{})
		must(b, err)
	}
}
