// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsigtest

import (
	"cmp"
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// Taste is how somebody signs. What is left empty is as everybody does it.
type Taste struct {
	Signature  string   // algorithm; RSA-SHA256
	Digest     string   // algorithm; SHA-256
	C14N       string   // algorithm; exclusive
	Transforms []string // enveloped, exclusive
	URI        string   // of the reference; that of the root. "-" is the empty one
	References int      // how many times the reference is there; once
	KeyInfo    string   // XML inside ds:KeyInfo; no KeyInfo
	Last       bool     // the signature is the last child, not after the Issuer
	Method     string   // XML inside ds:SignatureMethod
	Inside     string   // XML inside what names a canonicalization
}

const (
	nsDsig    = "http://www.w3.org/2000/09/xmldsig#"
	excC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
	enveloped = nsDsig + "enveloped-signature"
	rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	sha256URI = "http://www.w3.org/2001/04/xmlenc#sha256"
)

// Sign returns document with an enveloped signature of its root by key, as taste
// has it. The signature is true: whatever refuses it, refuses the taste.
func Sign(document string, key *rsa.PrivateKey, taste Taste) string {
	root := read(document)
	sum := digest(cmp.Or(taste.Digest, sha256URI), canonical(root.Copy()))
	info := taste.info(root.SelectAttrValue("ID", ""), base64.StdEncoding.EncodeToString(sum))
	value := value(cmp.Or(taste.Signature, rsaSHA256), key, canonical(read(info)))
	signature := `<ds:Signature xmlns:ds="` + nsDsig + `">` + info + `<ds:SignatureValue>` +
		base64.StdEncoding.EncodeToString(value) + `</ds:SignatureValue>`
	if taste.KeyInfo != "" {
		signature += `<ds:KeyInfo>` + taste.KeyInfo + `</ds:KeyInfo>`
	}
	root.InsertChildAt(taste.place(root), read(signature+`</ds:Signature>`))
	return text(root)
}

// place is where the signature goes: after an Issuer, or first.
func (t Taste) place(root *etree.Element) int {
	if t.Last {
		return len(root.Child)
	}
	if children := root.ChildElements(); len(children) > 0 && children[0].Tag == "Issuer" {
		return children[0].Index() + 1
	}
	return 0
}

// info is the ds:SignedInfo.
func (t Taste) info(id, digest string) string {
	uri := cmp.Or(t.URI, "#"+id)
	if t.URI == "-" {
		uri = ""
	}
	transforms := t.Transforms
	if transforms == nil {
		transforms = []string{enveloped, excC14N}
	}
	reference := `<ds:Reference URI="` + uri + `"><ds:Transforms>`
	for _, algorithm := range transforms {
		reference += `<ds:Transform Algorithm="` + algorithm + `">` + t.within(algorithm) + `</ds:Transform>`
	}
	reference += `</ds:Transforms><ds:DigestMethod Algorithm="` + cmp.Or(t.Digest, sha256URI) +
		`"></ds:DigestMethod><ds:DigestValue>` + digest + `</ds:DigestValue></ds:Reference>`
	return `<ds:SignedInfo xmlns:ds="` + nsDsig + `"><ds:CanonicalizationMethod Algorithm="` + cmp.Or(t.C14N, excC14N) +
		`">` + t.Inside + `</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="` + cmp.Or(t.Signature, rsaSHA256) +
		`">` + t.Method + `</ds:SignatureMethod>` + strings.Repeat(reference, max(t.References, 1)) + `</ds:SignedInfo>`
}

// within is what stands in a transform that canonicalizes.
func (t Taste) within(algorithm string) string {
	if algorithm == enveloped {
		return ""
	}
	return t.Inside
}

// canonical is the exclusive canonical form, by other code than Clau's.
func canonical(el *etree.Element) []byte {
	octets, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(el)
	if err != nil {
		panic("xmlsigtest: " + err.Error())
	}
	return octets
}

// value signs octets: by HMAC with the public key as its secret if the algorithm
// is one of those, as an attacker would who hopes that the reader confuses them.
func value(algorithm string, key *rsa.PrivateKey, octets []byte) []byte {
	if strings.Contains(algorithm, "hmac") {
		mac := hmac.New(sha1.New, key.PublicKey.N.Bytes())
		mac.Write(octets)
		return mac.Sum(nil)
	}
	hash := hashOf(algorithm)
	signed, err := rsa.SignPKCS1v15(rand.Reader, key, hash, digest(algorithm, octets))
	if err != nil {
		panic(fmt.Sprintf("xmlsigtest: %s: %v", algorithm, err))
	}
	return signed
}

// hashOf is the hash that the name of an algorithm ends in.
func hashOf(algorithm string) crypto.Hash {
	for suffix, hash := range map[string]crypto.Hash{
		"md5": crypto.MD5, "sha1": crypto.SHA1, "sha384": crypto.SHA384, "sha512": crypto.SHA512,
	} {
		if strings.HasSuffix(algorithm, suffix) {
			return hash
		}
	}
	return crypto.SHA256
}

func digest(algorithm string, octets []byte) []byte {
	switch hashOf(algorithm) {
	case crypto.MD5:
		sum := md5.Sum(octets)
		return sum[:]
	case crypto.SHA1:
		sum := sha1.Sum(octets)
		return sum[:]
	case crypto.SHA384:
		sum := sha512.Sum384(octets)
		return sum[:]
	case crypto.SHA512:
		sum := sha512.Sum512(octets)
		return sum[:]
	}
	sum := sha256.Sum256(octets)
	return sum[:]
}
