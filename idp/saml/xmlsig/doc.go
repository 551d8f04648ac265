// SPDX-License-Identifier: AGPL-3.0-or-later

// Package xmlsig is everything between bytes from the network and XML that may
// be believed, and the way back: it inflates, reads, verifies and decrypts what
// service providers send, and signs, encrypts and writes what Clau answers.
//
//	query ──ReadQuery──► octets ──Query.Verify───────────────┐
//	              └─► Inflate ──► Parse ──► *etree.Element ──┴─► read
//	form ──────────────────────► Parse ──► Verify ──► *etree.Element, read this one
//	metadata ──► Read ──► Document.Verify ──► Document.Each ──► *etree.Element
//	*etree.Element ──► Sign ──► Encrypt ──► Bytes ──► the answer
//
// One scanner of its own reads every byte: the same tokens are checked, digested
// and made into the tree that callers see, so there is no second parser that
// could see another document than the one that was signed. It knows no DTD, no
// entity but the five of XML, no encoding but UTF-8, and it counts before it
// allocates.
//
// Three things hold whatever a message says: the key is that of the service's
// own record and never one that came with the message; the algorithms are those
// of a short list; and what was signed is the root of the document and nothing
// else, so that a signature over one element never vouches for another (signature
// wrapping).
//
// The libraries that everybody uses for this (encoding/xml, goxmldsig,
// xml-roundtrip-validator) are what the tests hold it against, with xmlsec1 and
// libxml2. What it does not take is ECDSA, inclusive canonicalization and DTDs.
//
// It never decides who a message is from, whether it may be unsigned, or what an
// element of SAML means, and it never fetches anything.
package xmlsig
