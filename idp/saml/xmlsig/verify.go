// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto"

	"github.com/beevik/etree"
)

// Signed reports whether the document below root claims to be signed: whether it
// has a ds:Signature, wherever it is. What is signed has to verify, even if it
// need not have been signed, or an attacker would only have to break a signature
// to be rid of it.
func Signed(root *etree.Element) bool {
	c := census{}
	c.count(root)
	return c.signatures > 0
}

// Verify verifies the enveloped signature of the document whose root [Parse]
// gave, with any of keys, and returns the root again as it was read from the
// octets that were verified, without the signature. That element is the only
// thing to read afterwards. Errors wrap [ErrUnsigned] or [ErrSignature].
//
// It holds the message against the whole of the signature profile of SAML Core
// 5.4: one signature in the document, a child of the root, with one reference,
// to the root, whose ID nothing else has.
func Verify(root *etree.Element, keys []crypto.PublicKey, o Options) (*etree.Element, error) {
	signature, id, err := enveloped(root)
	if err != nil {
		return nil, err
	}
	ref, err := verifyInfo(signature, id, keys, o)
	if err != nil {
		return nil, err
	}
	octets, err := canonical(root, signature, &canon{inclusive: ref.inclusive, max: maxCanonical})
	if err != nil {
		return nil, badSignature("the document has no canonical form: %v", err)
	}
	if err := ref.matches(digest(ref.hash, octets)); err != nil {
		return nil, err
	}
	return parse(string(octets), reread)
}

// reread are the limits of canonical octets. Their elements were counted when
// the document was read, which has no more than they.
var reread = Limits{Bytes: maxCanonical, Elements: maxCanonical, Depth: 1000, Attributes: 1000}

// enveloped finds the signature of root, and root's ID.
func enveloped(root *etree.Element) (signature *etree.Element, id string, err error) {
	if root == nil {
		return nil, "", ErrUnsigned
	}
	id, _ = Attr(root, "ID")
	c := census{id: id}
	c.count(root)
	switch signature = Child(root, Dsig, "Signature"); {
	case c.signatures == 0:
		return nil, "", ErrUnsigned
	case c.signatures > 1 || signature == nil:
		return nil, "", badSignature("%d signatures, or one elsewhere than in the root", c.signatures)
	case id == "" || c.bearers > 1:
		return nil, "", badSignature("the root has no ID of its own")
	}
	return signature, id, nil
}

// census counts what must not be there twice.
type census struct {
	id         string
	signatures int
	bearers    int // of the root's ID
}

func (c *census) count(el *etree.Element) {
	if el == nil {
		return
	}
	if el.Tag == "Signature" && el.NamespaceURI() == Dsig {
		c.signatures++
	}
	for i := range el.Attr {
		if identifies(&el.Attr[i], c.id) {
			c.bearers++
		}
	}
	for child := range el.ChildElementsSeq() {
		c.count(child)
	}
}

// identifies reports whether an attribute may make its element the one called
// id, by the custom of any vocabulary: SAML's ID, XML Signature's Id, xml:id.
func identifies(a *etree.Attr, id string) bool {
	switch a.Key {
	case "ID", "Id", "id":
		return a.Value == id && !isDeclaration(a)
	}
	return false
}
