// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/session"
)

// Namespaces of messages and assertions (saml-core-2.0-os section 1.1).
const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsXS        = "http://www.w3.org/2001/XMLSchema"
	nsXSI       = "http://www.w3.org/2001/XMLSchema-instance"
)

// nameFormats are the formats of a NameID that are answered, by the word that a
// record has for them.
var nameFormats = map[string]string{
	"persistent":   metadata.NameIDPersistent,
	"transient":    metadata.NameIDTransient,
	"emailAddress": metadata.NameIDEmailAddress,
	"unspecified":  metadata.NameIDUnspecified,
}

// entityFormat is the only Format that an Issuer may have (saml-core-2.0-os
// section 8.3.6).
const entityFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"

// Status codes (saml-core-2.0-os section 3.2.2.2).
const (
	statusSuccess   = "urn:oasis:names:tc:SAML:2.0:status:Success"
	statusRequester = "urn:oasis:names:tc:SAML:2.0:status:Requester"
	statusResponder = "urn:oasis:names:tc:SAML:2.0:status:Responder"

	statusAuthnFailed         = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
	statusInvalidNameIDPolicy = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy"
	statusNoAuthnContext      = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext"
	statusNoPassive           = "urn:oasis:names:tc:SAML:2.0:status:NoPassive"
	statusNoSupportedIDP      = "urn:oasis:names:tc:SAML:2.0:status:NoSupportedIDP"
	statusRequestDenied       = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
	statusRequestUnsupported  = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported"
	statusUnknownPrincipal    = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"
)

// bearer says that whoever brings the assertion is who it is about
// (saml-profiles-2.0-os section 4.1.4.2).
const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

// Authentication context classes (saml-authn-context-2.0-os section 3.4).
const (
	classUnspecified = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
	classPassword    = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
	classProtected   = session.ACRPassword
)
