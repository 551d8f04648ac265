// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

var ciphers = []string{xmlsig.AES128GCM, xmlsig.AES256GCM}

const nameID = `<saml:NameID xmlns:saml="` + saml + `" SPNameQualifier="https://sp.example/">alice</saml:NameID>`

// encryptedID is nameID for the service.
func encryptedID(t testing.TB, algorithm string) string {
	t.Helper()
	data, err := xmlsig.Encrypt(parse(t, nameID), &service().key.PublicKey, algorithm, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	holder := etree.NewElement("saml:EncryptedID")
	holder.CreateAttr("xmlns:saml", saml)
	holder.AddChild(data)
	return write(t, holder)
}

func decrypt(t testing.TB, doc string, keys ...crypto.Decrypter) (*etree.Element, error) {
	t.Helper()
	return xmlsig.Decrypt(parse(t, doc), keys, rand.Reader)
}

// TestDecryptWhatWasEncrypted, by the key that it is for, whichever of several.
func TestDecryptWhatWasEncrypted(t *testing.T) {
	for _, algorithm := range ciphers {
		el, err := decrypt(t, encryptedID(t, algorithm), stranger().key, service().key)
		if err != nil || write(t, el) != nameID {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

// TestKeyBesideTheData is how some services write it (SAML Core 2.2.4).
func TestKeyBesideTheData(t *testing.T) {
	doc := encryptedID(t, xmlsig.AES128GCM)
	from, to := strings.Index(doc, "<xenc:EncryptedKey>"), strings.Index(doc, "</ds:KeyInfo>")
	key := strings.Replace(doc[from:to], "<xenc:EncryptedKey>", `<xenc:EncryptedKey xmlns:xenc="`+xmlsig.Xenc+`">`, 1)
	key = strings.Replace(key, "<ds:DigestMethod", `<ds:DigestMethod xmlns:ds="`+xmlsig.Dsig+`"`, 1)
	beside := strings.Replace(doc[:from]+doc[to:], "</saml:EncryptedID>", key+"</saml:EncryptedID>", 1)
	if _, err := decrypt(t, beside, service().key); err != nil {
		t.Error(err)
	}
	both := strings.Replace(doc, "</saml:EncryptedID>", key+"</saml:EncryptedID>", 1)
	_, err := decrypt(t, both, service().key)
	only(t, "two keys", err)
}

// only fails the test unless err is ErrDecrypt and says nothing else.
func only(t *testing.T, name string, err error) {
	t.Helper()
	if err != xmlsig.ErrDecrypt { //nolint:errorlint // it must not even be wrapped
		t.Errorf("%s: %v", name, err)
	}
}

// TestDecryptSaysOneThing: whatever is wrong, and wherever, it reads the same.
func TestDecryptSaysOneThing(t *testing.T) {
	for _, algorithm := range ciphers {
		good := encryptedID(t, algorithm)
		wrapped, sealed := values(good)
		_, err := decrypt(t, good, stranger().key)
		only(t, "another's key", err)
		_, err = decrypt(t, good)
		only(t, "no key", err)
		for name, octets := range map[string][]byte{
			"the last byte":  flipped(sealed, len(sealed)-1),
			"the first byte": flipped(sealed, 0),
			"the padding":    flipped(sealed, len(sealed)-17),
			"17 bytes":       sealed[:17],
			"16 bytes":       sealed[:16],
			"11 bytes":       sealed[:11],
			"a byte":         sealed[:1],
			"nothing":        {},
		} {
			_, err := decrypt(t, strings.Replace(good, encode(sealed), encode(octets), 1), service().key)
			only(t, algorithm+": "+name, err)
		}
		for _, octets := range [][]byte{flipped(wrapped, 3), wrapped[:100], append(wrapped, 0), {0}, {}} {
			_, err := decrypt(t, strings.Replace(good, encode(wrapped), encode(octets), 1), service().key)
			only(t, algorithm+": a key that is none", err)
		}
	}
}

// TestEncryptionThatIsNotTaken: other algorithms, or nothing that can be read.
func TestEncryptionThatIsNotTaken(t *testing.T) {
	good := encryptedID(t, xmlsig.AES256GCM)
	for name, change := range map[string][2]string{
		"RSA 1.5":            {xmlsig.OAEP, "http://www.w3.org/2001/04/xmlenc#rsa-1_5"},
		"OAEP otherwise":     {xmlsig.OAEP, "http://www.w3.org/2009/xmlenc11#rsa-oaep"},
		"OAEP by SHA-512":    {xmlsig.SHA1, xmlsig.SHA512},
		"OAEP by SHA-256":    {xmlsig.SHA1, xmlsig.SHA256},
		"3DES":               {xmlsig.AES256GCM, xmlsig.Xenc + "tripledes-cbc"},
		"a shorter key":      {xmlsig.AES256GCM, xmlsig.AES128GCM},
		"no cipher":          {` Algorithm="` + xmlsig.AES256GCM + `"`, ""},
		"parameters":         {"<ds:DigestMethod", "<xenc:OAEPparams>AA==</xenc:OAEPparams><ds:DigestMethod"},
		"not base64":         {"<xenc:CipherValue>", "<xenc:CipherValue>!"},
		"no value":           {"xenc:CipherValue>", "xenc:CipherReference>"},
		"a foreign envelope": {`xmlns:xenc="` + xmlsig.Xenc, `xmlns:xenc="urn:evil`},
	} {
		changed := strings.ReplaceAll(good, change[0], change[1])
		if name == "parameters" || name == "not base64" {
			changed = strings.Replace(good, change[0], change[1], 1)
		}
		_, err := decrypt(t, changed, service().key)
		only(t, name, err)
	}
	_, err := xmlsig.Decrypt(nil, []crypto.Decrypter{service().key}, rand.Reader)
	only(t, "nothing", err)
}

// TestEncryptRefuses what nobody should be sent.
func TestEncryptRefuses(t *testing.T) {
	el := parse(t, nameID)
	if _, err := xmlsig.Encrypt(el, &weak().key.PublicKey, xmlsig.AES128GCM, rand.Reader); err == nil {
		t.Error("encrypted for a short key")
	}
	if _, err := xmlsig.Encrypt(el, &service().key.PublicKey, xmlsig.Xenc+"tripledes-cbc", rand.Reader); err == nil {
		t.Error("encrypted by 3DES")
	}
	if _, err := xmlsig.Encrypt(el, &service().key.PublicKey, xmlsig.AES128GCM, strings.NewReader("x")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("encrypted without randomness: %v", err)
	}
}

// TestEncryptedStandsAlone: what is hidden takes its namespaces with it, those
// that only values use too.
func TestEncryptedStandsAlone(t *testing.T) {
	root := parse(t, response)
	assertion := xmlsig.Child(root, saml, "Assertion")
	data, err := xmlsig.Encrypt(assertion, &service().key.PublicKey, xmlsig.AES256GCM, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	holder := etree.NewElement("x")
	holder.AddChild(data)
	got, err := decrypt(t, write(t, holder), service().key)
	if err != nil || !strings.Contains(write(t, got), `xmlns:xs="http://www.w3.org/2001/XMLSchema"`) {
		t.Errorf("%v: %s", err, write(t, got))
	}
}

// TestCBCIsNotTaken, though it is written for services that know no better.
func TestCBCIsNotTaken(t *testing.T) {
	for _, algorithm := range []string{xmlsig.AES128CBC, xmlsig.AES256CBC} {
		_, err := decrypt(t, encryptedID(t, algorithm), service().key)
		only(t, algorithm, err)
	}
}

// values are the two that an encrypted element holds: its key and its content.
func values(doc string) (wrapped, sealed []byte) {
	parts := strings.Split(doc, "CipherValue>")
	wrapped, _ = base64.StdEncoding.DecodeString(strings.TrimSuffix(parts[1], "</xenc:"))
	sealed, _ = base64.StdEncoding.DecodeString(strings.TrimSuffix(parts[3], "</xenc:"))
	return wrapped, sealed
}

func flipped(octets []byte, i int) []byte {
	changed := append([]byte{}, octets...)
	changed[i] ^= 0x10
	return changed
}

func encode(octets []byte) string { return base64.StdEncoding.EncodeToString(octets) }
