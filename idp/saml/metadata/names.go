// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

// Namespaces, by the prefixes that Clau writes them with.
const (
	nsMD     = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsSAML   = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsUI     = "urn:oasis:names:tc:SAML:metadata:ui"
	nsAttr   = "urn:oasis:names:tc:SAML:metadata:attribute"
	nsAlg    = "urn:oasis:names:tc:SAML:metadata:algsupport"
	nsShibMD = "urn:mace:shibboleth:metadata:1.0"
	nsREMD   = "http://refeds.org/metadata"
	nsXML    = "http://www.w3.org/XML/1998/namespace"
)

// Bindings (saml-bindings-2.0-os).
const (
	BindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	BindingPOST     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
	BindingSOAP     = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
)

// Formats of a NameID (saml-core-2.0-os section 8.3).
const (
	NameIDPersistent   = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	NameIDTransient    = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	NameIDEmailAddress = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	NameIDUnspecified  = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
)

// NameFormatURI and NameFormatBasic say how the Name of an attribute is to be
// read (saml-core-2.0-os section 8.2).
const (
	NameFormatURI   = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
	NameFormatBasic = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
)

// Entity attributes that change what a service is given.
const (
	// SubjectIDRequirement says which subject identifier a service needs
	// (saml-subject-id-attr-v1.0 section 3.3): subject-id, pairwise-id, none or any.
	SubjectIDRequirement = "urn:oasis:names:tc:SAML:profiles:subject-id:req"

	// EntityCategory is the name under which categories stand (RFC 8409).
	EntityCategory = "http://macedir.org/entity-category"

	// EntityCategorySupport is the same, said by an identity provider.
	EntityCategorySupport = "http://macedir.org/entity-category-support"
)

const protocolSAML2 = "urn:oasis:names:tc:SAML:2.0:protocol"

// MediaType is what metadata is served as (saml-metadata-2.0-os appendix A).
const MediaType = "application/samlmetadata+xml"
