// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

// Namespaces of the elements that this package reads and writes.
const (
	nsXML   = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS = "http://www.w3.org/2000/xmlns/"

	// Dsig is the namespace of XML signatures.
	Dsig = "http://www.w3.org/2000/09/xmldsig#"
	// Xenc is the namespace of XML encryption.
	Xenc = "http://www.w3.org/2001/04/xmlenc#"

	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
)

// The algorithms by the names they have in messages and metadata (RFC 9231; XML
// Signature 1.1 and XML Encryption 1.1, section 5 and 6).
const (
	RSASHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	RSASHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
	RSASHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
	RSASHA1   = "http://www.w3.org/2000/09/xmldsig#rsa-sha1" // for [Options].SHA1 alone

	SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
	SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
	SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
	SHA1   = "http://www.w3.org/2000/09/xmldsig#sha1"

	Enveloped       = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	ExcC14N         = "http://www.w3.org/2001/10/xml-exc-c14n#"
	ExcC14NComments = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"

	AES128GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
	AES256GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	AES128CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
	AES256CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"

	OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
)
