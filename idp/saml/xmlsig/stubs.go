// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"io"
	"iter"

	"github.com/beevik/etree"
)

var errNotBuilt = errors.New("xmlsig: not built yet")

// Parse reads one small document and returns its root. The root's text may share
// memory with raw's copy; nothing of it is verified.
func Parse(raw []byte, l Limits) (*etree.Element, error) { return nil, errNotBuilt }

// Options are what a service's record may ask of verification.
type Options struct {
	// SHA1 also takes RSA-SHA1 and SHA-1 digests: for services that cannot do
	// better, until the date in their record, and for nothing that ends a
	// session or releases a fact by itself.
	SHA1 bool
}

// Verify takes the root that [Parse] gave, verifies its enveloped signature, and
// returns the element again as read from the verified octets (without its
// signature): the only thing that callers may read afterwards. Errors wrap
// [ErrUnsigned] or [ErrSignature].
func Verify(root *etree.Element, keys []crypto.PublicKey, o Options) (*etree.Element, error) {
	return nil, errNotBuilt
}

// Signed reports whether root has a ds:Signature child at all.
func Signed(root *etree.Element) bool { return Child(root, Dsig, "Signature") != nil }

// Sign puts an enveloped signature into el: after its saml:Issuer if that is the
// first child, else before all children. el is changed in place and returned.
// cert (DER) goes into KeyInfo; nil leaves KeyInfo out.
func Sign(el *etree.Element, key crypto.Signer, cert []byte) (*etree.Element, error) {
	return nil, errNotBuilt
}

// Bytes writes el as a document of its own: with all namespaces that are in scope.
// It is what goes on the wire; etree's own writer does not keep signatures intact.
func Bytes(el *etree.Element) ([]byte, error) { return nil, errNotBuilt }

// Query is the query of an HTTP-Redirect binding, read from the raw query string.
type Query struct {
	Parameter  string // SAMLRequest or SAMLResponse
	Message    []byte // inflated XML
	RelayState string // decoded, at most 4 KiB
	SigAlg     string // "" if unsigned
	octets     string
	signature  string
}

// ReadQuery reads it: each parameter at most once, exactly one message.
func ReadQuery(raw string) (*Query, error) { return nil, errNotBuilt }

// Signed reports whether it claims a signature.
func (q *Query) Signed() bool { return q.SigAlg != "" }

// Verify verifies the query's signature over its octets as received.
func (q *Query) Verify(keys []crypto.PublicKey, o Options) error {
	return VerifyQuery(q.octets, q.SigAlg, q.signature, keys, o)
}

// VerifyQuery verifies signature (base64) over octets, which are as received:
// SAMLRequest=…[&RelayState=…]&SigAlg=…, still percent-encoded.
func VerifyQuery(octets, sigAlg, signature string, keys []crypto.PublicKey, o Options) error {
	return errNotBuilt
}

// SignQuery returns the query (parameter is SAMLRequest or SAMLResponse) for
// message, deflated and signed with RSA-SHA256.
func SignQuery(key crypto.Signer, parameter string, message []byte, relayState string) (string, error) {
	return "", errNotBuilt
}

// Encrypt returns el as xenc:EncryptedData, the content of a
// saml:EncryptedAssertion.
func Encrypt(el *etree.Element, to *rsa.PublicKey, cipher string, rand io.Reader) (*etree.Element, error) {
	return nil, errNotBuilt
}

// Decrypt returns the element that an EncryptedID (or other element with one
// xenc:EncryptedData child) holds. Every failure is [ErrDecrypt].
func Decrypt(el *etree.Element, keys []crypto.Decrypter, rand io.Reader) (*etree.Element, error) {
	return nil, ErrDecrypt
}

// Document is a large document (a metadata aggregate) that has been checked
// from end to end but not made into a tree, which would cost many times its size.
type Document struct{ root *etree.Element }

// Read checks text within l, as Parse does.
func Read(text string, l Limits) (*Document, error) { return nil, errNotBuilt }

// Root is the root's tag alone: its name and attributes, without children.
func (d *Document) Root() *etree.Element { return d.root }

// Signed reports whether the root has a signature.
func (d *Document) Signed() bool { return false }

// Verify verifies the root's enveloped signature over the whole document.
func (d *Document) Verify(keys []crypto.PublicKey, o Options) error { return errNotBuilt }

// Each yields every element {ns}item that is the root or whose ancestors are all
// {ns}group, one tree at a time. Its Parent() are the tags of the groups it is in
// (attributes without children), innermost first, while it is being yielded; afterwards it is
// detached, so keep [Bytes] of it if it has to outlive that.
func (d *Document) Each(ns, group, item string) iter.Seq[*etree.Element] {
	return func(func(*etree.Element) bool) {}
}
