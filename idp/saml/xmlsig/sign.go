// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"

	"github.com/beevik/etree"
)

// Sign puts an enveloped signature into el, which has an ID, and returns el. It
// goes after the saml:Issuer if that is the first child, where the schemas of
// messages and assertions want it, and else before all children, where that of
// metadata does. cert (DER) is shown in KeyInfo, for readers that ask for one;
// nil shows none.
//
// The signature is RSA-SHA256 over the exclusive canonical form. Nothing in el
// may change afterwards, and [Bytes] of it, or of what it is put into, are to go
// on the wire.
func Sign(el *etree.Element, key crypto.Signer, cert []byte) (*etree.Element, error) {
	id, _ := Attr(el, "ID")
	if id == "" {
		return nil, malformed("an element without an ID cannot be signed")
	}
	octets, err := canonical(el, nil, &canon{})
	if err != nil {
		return nil, err
	}
	signature := template(id, digest(crypto.SHA256, octets))
	el.InsertChildAt(place(el), signature)
	info, err := canonical(Child(signature, Dsig, "SignedInfo"), nil, &canon{})
	if err != nil {
		return nil, err
	}
	value, err := sign(key, info)
	if err != nil {
		return nil, err
	}
	finish(signature, value, cert)
	return el, nil
}

// sign makes an RSA-SHA256 signature over octets: PKCS #1 v1.5, which has no
// randomness in it.
func sign(key crypto.Signer, octets []byte) ([]byte, error) {
	public, ok := key.Public().(*rsa.PublicKey)
	if !ok || !sound(public) {
		return nil, malformed("not a key that SAML messages are signed with")
	}
	return key.Sign(nil, digest(crypto.SHA256, octets), crypto.SHA256)
}

// place is where in el its signature goes.
func place(el *etree.Element) int {
	for child := range el.ChildElementsSeq() {
		if Is(child, nsAssertion, "Issuer") {
			return child.Index() + 1
		}
		break
	}
	return 0
}

// template is a ds:Signature over the element called id, without its value.
func template(id string, digest []byte) *etree.Element {
	signature := etree.NewElement("ds:Signature")
	signature.CreateAttr("xmlns:ds", Dsig)
	info := signature.CreateElement("ds:SignedInfo")
	algorithm(info, "ds:CanonicalizationMethod", ExcC14N)
	algorithm(info, "ds:SignatureMethod", RSASHA256)
	ref := info.CreateElement("ds:Reference")
	ref.CreateAttr("URI", "#"+id)
	transforms := ref.CreateElement("ds:Transforms")
	algorithm(transforms, "ds:Transform", Enveloped)
	algorithm(transforms, "ds:Transform", ExcC14N)
	algorithm(ref, "ds:DigestMethod", SHA256)
	ref.CreateElement("ds:DigestValue").CreateText(encode(digest))
	return signature
}

// finish adds what is known once the signature has been made.
func finish(signature *etree.Element, value, cert []byte) {
	signature.CreateElement("ds:SignatureValue").CreateText(encode(value))
	if cert == nil {
		return
	}
	signature.CreateElement("ds:KeyInfo").CreateElement("ds:X509Data").
		CreateElement("ds:X509Certificate").CreateText(encode(cert))
}

// algorithm adds to parent an element that names one.
func algorithm(parent *etree.Element, tag, uri string) *etree.Element {
	el := parent.CreateElement(tag)
	el.CreateAttr("Algorithm", uri)
	return el
}

func encode(octets []byte) string { return base64.StdEncoding.EncodeToString(octets) }
