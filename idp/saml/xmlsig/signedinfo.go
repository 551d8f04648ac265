// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"bytes"
	"crypto"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// reference is what a verified ds:SignedInfo says about the root.
type reference struct {
	hash      crypto.Hash
	digest    []byte
	inclusive []string // prefixes
}

// verifyInfo verifies the ds:Signature el of the document whose root has id, and
// returns what it is over. The ds:SignedInfo is read from its canonical octets
// only, and only after those were verified.
func verifyInfo(el *etree.Element, id string, keys []crypto.PublicKey, o Options) (reference, error) {
	info, value, err := parts(el)
	if err != nil {
		return reference{}, err
	}
	method := Child(info, Dsig, "CanonicalizationMethod")
	if method == nil {
		return reference{}, badSignature("no canonicalization method")
	}
	inclusive, err := exclusive(method)
	if err != nil {
		return reference{}, err
	}
	octets, err := canonical(info, nil, &canon{inclusive: inclusive, max: maxMessage})
	if err != nil {
		return reference{}, badSignature("what is signed has no canonical form: %v", err)
	}
	read, err := parse(string(octets), Message())
	if err != nil {
		return reference{}, badSignature("what is signed cannot be read: %v", err)
	}
	algorithm, ref, err := infoParts(read)
	if err != nil {
		return reference{}, err
	}
	if err := o.verify(octets, algorithm, value, keys); err != nil {
		return reference{}, err
	}
	return readReference(ref, id, o)
}

// parts are the SignedInfo and the decoded SignatureValue. A KeyInfo is passed
// over and a ds:Object refused: there is nothing that it may hold.
func parts(el *etree.Element) (info *etree.Element, value []byte, err error) {
	children := el.ChildElements()
	if !names(children, "SignedInfo", "SignatureValue") && !names(children, "SignedInfo", "SignatureValue", "KeyInfo") {
		return nil, nil, badSignature("its parts are not those of a signature")
	}
	value, err = decode(Text(children[1]))
	if err != nil {
		return nil, nil, badSignature("its value is not base64")
	}
	return children[0], value, nil
}

// infoParts are the signature algorithm and the one ds:Reference.
func infoParts(info *etree.Element) (algorithm string, ref *etree.Element, err error) {
	children := info.ChildElements()
	if !names(children, "CanonicalizationMethod", "SignatureMethod", "Reference") {
		return "", nil, badSignature("it is not over one reference")
	}
	algorithm, _ = Attr(children[1], "Algorithm")
	if len(children[1].ChildElements()) > 0 {
		return "", nil, badSignature("its algorithm has parameters")
	}
	return algorithm, children[2], nil
}

// names reports whether children are exactly the ds: elements of these names.
func names(children []*etree.Element, names ...string) bool {
	return slices.EqualFunc(children, names, func(el *etree.Element, name string) bool {
		return Is(el, Dsig, name)
	})
}

// readReference reads a reference to the element with id.
func readReference(el *etree.Element, id string, o Options) (reference, error) {
	if uri, _ := Attr(el, "URI"); id == "" || uri != "#"+id {
		return reference{}, badSignature("it is not over the root")
	}
	children := el.ChildElements()
	if !names(children, "Transforms", "DigestMethod", "DigestValue") {
		return reference{}, badSignature("the parts of its reference are others")
	}
	inclusive, err := transforms(children[0])
	if err != nil {
		return reference{}, err
	}
	algorithm, _ := Attr(children[1], "Algorithm")
	hash := o.digestHash(algorithm)
	if hash == 0 {
		return reference{}, badSignature("a digest that is not taken")
	}
	value, err := decode(Text(children[2]))
	if err != nil {
		return reference{}, badSignature("its digest is not base64")
	}
	return reference{hash: hash, digest: value, inclusive: inclusive}, nil
}

// transforms holds the transforms against the only ones that make sense here:
// take the signature out, then write the rest in exclusive canonical form (SAML
// Core 5.4.4). XPath, XSLT and base64 would sign something else than is read.
// Inclusive canonicalization, which a reference means that names none, is not
// done: no service is known that signs so.
func transforms(el *etree.Element) (inclusive []string, err error) {
	children := el.ChildElements()
	if !names(children, "Transform", "Transform") {
		return nil, badSignature("its transforms are not two")
	}
	first, _ := Attr(children[0], "Algorithm")
	if first != Enveloped || len(children[0].ChildElements()) > 0 {
		return nil, badSignature("it is not enveloped")
	}
	return exclusive(children[1])
}

// exclusive reads an element that names exclusive canonicalization, and the
// prefixes that it treats inclusively.
func exclusive(el *etree.Element) (inclusive []string, err error) {
	algorithm, _ := Attr(el, "Algorithm")
	if algorithm != ExcC14N && algorithm != ExcC14NComments {
		return nil, badSignature("a transform that is not taken")
	}
	children := el.ChildElements()
	if len(children) == 0 {
		return nil, nil
	}
	if len(children) > 1 || !Is(children[0], ExcC14N, "InclusiveNamespaces") {
		return nil, badSignature("a transform has parameters")
	}
	list, _ := Attr(children[0], "PrefixList")
	inclusive = strings.Fields(list)
	if len(inclusive) > maxInclusive {
		return nil, badSignature("a transform has %d prefixes", len(inclusive))
	}
	for i, prefix := range inclusive {
		if prefix == "#default" {
			inclusive[i] = ""
		}
	}
	return inclusive, nil
}

// maxInclusive is how many inclusive prefixes a transform may name; each is
// looked up at every element.
const maxInclusive = 32

// matches compares a digest that was made with the one that was signed.
func (r reference) matches(sum []byte) error {
	if !bytes.Equal(sum, r.digest) {
		return badSignature("what it is over was changed")
	}
	return nil
}
